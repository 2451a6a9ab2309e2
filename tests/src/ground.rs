//! Which store the stories stand on: SQLite, or MongoDB when the test command says so. Every story is told on both.

use crate::http;
use crate::in_time;
use std::net::SocketAddr;
use std::time::Duration;

/// `sqlite` or `mongodb`; set by the test command.
const STORE: &str = "CHAT_TESTS_STORE";

/// The address of an empty store for one server, when it is not the usual file in the data folder.
///
/// # Panics
/// The setting names no store that there is.
pub fn fresh_store() -> Option<String> {
    match std::env::var(STORE).as_deref() {
        Err(_) | Ok("sqlite") => None,
        Ok("mongodb") => Some(chat_test_services::fresh_mongodb()),
        Ok(other) => panic!("{STORE} is sqlite or mongodb, not {other}"),
    }
}

/// Waits until a server that may have to reach its database first serves.
pub async fn until_it_serves(server: SocketAddr) {
    in_time("a server that serves", async {
        while http::request(server, "GET /healthz", &[], "").await.status != 200 {
            // There is nothing to wait on but the port itself.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}
