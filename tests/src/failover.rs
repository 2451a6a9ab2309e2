//! The primary of the database is killed and frozen in the middle of traffic.

use crate::{RealServer, Traffic};
use chat_test_services::ReplicaSet;
use std::time::{Duration, Instant};

/// People who write. Each waits for its ack before its next message goes out.
const SENDERS: usize = 8;
/// Messages between two blows.
const MESSAGES_BETWEEN: u64 = 300;

/// What is done to the primary.
#[derive(Debug, Clone)]
pub struct Blows {
    /// How often it is killed with -9, and started again once another one leads.
    pub kills: usize,
    /// How often it is stopped with SIGSTOP.
    pub freezes: usize,
    /// For how long.
    pub frozen: Duration,
    /// For how long a member must be silent before another one stands for election. MongoDB's own default is 10 s.
    pub election: Duration,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// From each kill to the first ack of a message that was sent after it.
    pub after_kills: Vec<Duration>,
    /// The same from the beginning of each freeze.
    pub after_freezes: Vec<Duration>,
    /// Messages that were acknowledged.
    pub acked: u64,
    /// Acks per second while all members were well.
    pub per_second: f64,
    /// Every broken promise; empty when all were kept.
    pub faults: Vec<String>,
}

/// Three members, one server, and the blows in turn.
pub async fn endure(blows: Blows) -> Report {
    let mut set = ReplicaSet::start_electing(3, blows.election).await;
    let server = RealServer::start(&["--store", &set.url("chat")]).await;
    let mut traffic = Traffic::begins(server.address(), SENDERS).await;
    let (mut after_kills, mut after_freezes) = (Vec::new(), Vec::new());
    let (mut quiet, mut calm) = (0, Duration::ZERO);
    for blow in 0..blows.kills + blows.freezes {
        let (from, since) = (traffic.acked(), Instant::now());
        traffic.reaches(from + MESSAGES_BETWEEN).await;
        (quiet, calm) = (quiet + traffic.acked() - from, calm + since.elapsed());
        let primary = set.primary().await;
        let struck = Instant::now();
        if blow < blows.kills {
            set.members[primary].signal("KILL");
            traffic.goes_on().await;
            after_kills.push(struck.elapsed());
            set.members[primary].restarts();
        } else {
            set.members[primary].signal("STOP");
            traffic.goes_on().await;
            after_freezes.push(struck.elapsed());
            // The old primary wakes up and finds that it leads no more.
            tokio::time::sleep(blows.frozen.saturating_sub(struck.elapsed())).await;
            set.members[primary].signal("CONT");
        }
        set.healthy().await;
    }
    traffic.goes_on().await;
    let acked = traffic.acked();
    let faults = traffic.ends().await;
    Report { after_kills, after_freezes, acked, per_second: quiet as f64 / calm.as_secs_f64(), faults }
}
