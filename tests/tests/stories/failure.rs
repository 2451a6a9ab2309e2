//! A store that fails stops the server, rather than have it say what may not be true.
#![cfg(unix)]

use chat_tests::{PASSWORD, RealServer, Wire, in_time};
use serde_json::json;

/// A file that may not grow is a write error that is no full disk. Here the first to meet it is no send.
#[tokio::test]
async fn a_write_that_fails_stops_the_server() {
    let mut server = RealServer::start_with_files_up_to(256).await;
    let refused = async {
        for number in 0.. {
            let request = json!({"type": "register", "id": "1", "version": 1, "user": format!("u{number}"), "password": PASSWORD});
            // Between two of them it may be a write of the server's own that fails.
            let Ok(mut wire) = Wire::dial_with(server.address(), &[]).await else { return };
            wire.try_types(&request.to_string()).await;
            match wire.hears_or_end().await {
                Some(answer) if answer["type"] == "welcome" => {}
                _ => return,
            }
        }
    };
    in_time("a file to be full", refused).await;
    assert_eq!(server.ends().await.code(), Some(1));
}
