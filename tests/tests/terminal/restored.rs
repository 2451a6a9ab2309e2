//! An older backup is put back while terminals are open.

use super::*;
use chat_tests::{Backup, RealServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_screen_shows_what_the_server_has_by_then() {
    let mut server = RealServer::start_in(tempfile::tempdir().unwrap(), &[]).await;
    let (home_a, home_b) = (home(), home());
    let mut alice = registers(server.address(), "alice", &home_a, (80, 24));
    let mut bob = registers(server.address(), "bob", &home_b, (80, 24));
    alice.types(&format!("/msg bob one{ENTER}"));
    bob.shows("one");
    alice.shows("✓ one");
    let mut backup = None;
    server.restarts_after(|data| backup = Some(Backup::of(data))).await;
    bob.types(&format!("two{ENTER}"));
    bob.types(&format!("three{ENTER}"));
    alice.shows("three");
    server.restarts_after(|data| backup.expect("it was made").comes_back(data)).await;
    bob.types(&format!("anew{ENTER}"));
    for screen in [&mut alice, &mut bob] {
        screen.waits("what there is", |screen| {
            let shown = screen.contents();
            shown.contains("one") && shown.contains("anew") && !shown.contains("three")
        });
    }
}
