//! The server is killed with -9 again and again in the middle of traffic: nothing acknowledged is lost, nothing is
//! doubled, and every client goes on by itself.

use chat_tests::{RealServer, Traffic};

const KILLS: u64 = 5;
const MESSAGES_BETWEEN: u64 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_doubled() {
    let mut server = RealServer::start(&[]).await;
    let mut traffic = Traffic::begins(server.address(), 3).await;
    for kill in 1..=KILLS {
        traffic.reaches(kill * MESSAGES_BETWEEN).await;
        server.crashes_and_restarts().await;
    }
    traffic.goes_on().await;
    assert_eq!(traffic.ends().await, Vec::<String>::new());
}
