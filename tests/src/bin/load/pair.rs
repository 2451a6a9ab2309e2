//! Two people of whom one sends to the other.

use crate::line::Line;
use crate::progress::Count;
use crate::provision::Somebody;
use std::net::SocketAddr;

pub struct Pair {
    pub sender: Line,
    pub receiver: Line,
    /// Whom the sender writes to, as a frame says it.
    pub to: String,
}

impl Pair {
    /// Logs these people in, each with the next one.
    pub async fn of_all(
        server: SocketAddr,
        people: &[Somebody],
        connections: &Count,
    ) -> anyhow::Result<Vec<Self>> {
        let mut pairs = Vec::with_capacity(people.len() / 2);
        for two in people.chunks_exact(2) {
            let lines = Line::of_all(server, two, connections).await?;
            let [sender, receiver] = <[Line; 2]>::try_from(lines).ok().expect("two people have two lines");
            pairs.push(Self { sender, receiver, to: format!(r#""to":"{}""#, two[1].name) });
        }
        Ok(pairs)
    }
}
