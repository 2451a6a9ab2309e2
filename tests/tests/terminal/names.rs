//! A name can become another's: what was meant for the one who had it before never reaches the other.

use super::*;
use chat_tests::Person;

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_somebody_reaches_nobody_else_of_that_name() {
    let mut server = RealServer::start(&[]).await;
    let (home, bob) = (home(), Person::registers(server.address(), "bob").await);
    let mut alice = registers(server.address(), "alice", &home, (80, 24));
    alice.types(&format!("/msg bob hi{ENTER}"));
    alice.shows("✓ hi");
    server.stops().await;
    alice.shows("✗ offline");
    alice.types(&format!("for you alone{ENTER}"));
    alice.shows("◌ for you alone");
    alice.signal("KILL");
    alice.ends();
    server.crashes_and_restarts().await;
    let mut other = bob.leaves_the_name(server.address()).await;
    let mut alice = opens(server.address(), "alice", &home, (80, 24));
    alice.shows("account deleted");
    alice.shows("✗ for you alone");
    alice.shows("not sent: the other one has deleted their account");
    alice.shows("> this account is deleted: nobody would read it");
    other.has_heard_nothing().await;
    alice.types(&format!("are you there?{ENTER}"));
    alice.shows("✗ this account is deleted: nobody would read it");
    alice.shows("> are you there?");
    alice.types(&format!("\x03/discard{ENTER}"));
    alice.no_longer_shows("for you alone");
}
