//! One message to a group whose members are all there, beside the same frames written by a bare relay.

use crate::line::{Line, message};
use crate::pace::Pace;
use crate::progress::Progress;
use crate::provision::{Somebody, append, run_mark};
use crate::relay::{EVERYBODY, Writes};
use crate::report::{Cost, Latencies};
use crate::target::{self, Target};
use anyhow::Context;
use chat_protocol::{ClientId, ConversationId, MemberChange, Past};
use chat_server::store::{NewBody, NewEntry, NewGroup, Store};
use clap::builder::TypedValueParser as _;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// Members who are there, and of whom one sends
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(2..=2000).map(usize::from))]
    pub members: usize,
    /// Messages per second
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: u32,
    /// Messages
    #[arg(long, default_value_t = 100)]
    messages: u32,
    /// Bytes of a text
    #[arg(long, default_value_t = 100)]
    bytes: usize,
}

/// Members that one entry brings in.
const ADDED: usize = 100;

/// The server, and then the relay with frames as long as the server's were.
pub async fn run(options: &target::Options, group: Options) -> anyhow::Result<Value> {
    let target = Target::prepare(options, group.members).await?;
    let conversation = make(&*target.store().await?, &target.people, &run_mark()).await?;
    let (server, frame_bytes) = talk(&target, group, &format!(r#""conversation":"{conversation}""#)).await?;
    drop(target);
    let relay = Target::prepare(&target::Options::relay(Writes::Gathered), group.members).await?;
    let (_, bare_bytes) =
        talk(&relay, Options { messages: 1, ..group }, &format!(r#""to":"{EVERYBODY}""#)).await?;
    let longer = Options { bytes: (group.bytes + frame_bytes).saturating_sub(bare_bytes), ..group };
    let (relay, _) = talk(&relay, longer, &format!(r#""to":"{EVERYBODY}""#)).await?;
    let cpu = |run: &Value| run["server"]["cpu_s_per_10000"].as_f64().context("a cost");
    Ok(json!({
        "scenario": "group", "members": group.members, "rate": group.rate, "bytes": group.bytes, "frame_bytes": frame_bytes,
        "cpu_of_relay": cpu(&server)? / cpu(&relay)?, "server": server, "relay": relay,
    }))
}

/// A private group of all of them, of whom the first has made it.
async fn make(store: &dyn Store, people: &[Somebody], mark: &str) -> anyhow::Result<ConversationId> {
    let id = ConversationId::from_bits(0x0067_726f_7570);
    let client_id = |number: usize| -> anyhow::Result<ClientId> { Ok(format!("g{mark}-{number}").parse()?) };
    let (maker, others) = people.split_first().context("somebody")?;
    let group = NewGroup {
        id,
        maker: maker.id,
        client_id: client_id(0)?,
        second_id: client_id(1)?,
        name: "load".parse()?,
        topic: String::new(),
        public: false,
        past: Past::All,
        members: Vec::new(),
        at: 1,
    };
    store.create_group(group).await?.map_err(|error| anyhow::anyhow!("no group: {error:?}"))?;
    for (number, added) in others.chunks(ADDED).enumerate() {
        let users = added.iter().map(|somebody| somebody.id).collect();
        let body = NewBody::Members { change: MemberChange::Added, users };
        let (sender, client_id) = (maker.id, client_id(number + 2)?);
        let entry = NewEntry { conversation: id, sender, client_id, at: 1, body };
        append(store, vec![entry]).await?;
    }
    store.close().await;
    Ok(id)
}

/// Sends at the fixed rate until everybody has everything; also how long a frame was.
async fn talk(target: &Target, options: Options, to: &str) -> anyhow::Result<(Value, usize)> {
    let (_progress, [connections, messages]) = Progress::start("group", ["connections", "messages"]);
    let mut lines = Line::of_all(target.address, &target.people, &connections).await?;
    let sender = lines.swap_remove(0);
    let (before, began) = (target.usage()?, Instant::now());
    let mut members = JoinSet::new();
    for line in lines {
        members.spawn(listen(line, began, options.messages));
    }
    let Line { mut out, mut back } = sender;
    let pace = Pace { began, rate: options.rate, senders: 1, count: options.messages };
    let mut moments = pace.start().pop().context("one sender")?;
    for _ in 0..options.messages {
        let due = moments.recv().await.context("a moment for each message")?;
        out.send(message(to, due, options.bytes)).await?;
        back.ack().await?;
        messages.add(1);
    }
    let (mut each, mut last) = (Latencies::new(), vec![Duration::ZERO; usize::try_from(options.messages)?]);
    let (mut frame_bytes, mut heard) = (0, Vec::new());
    while let Some(done) = members.join_next().await {
        let (line, latencies, bytes) = done??;
        for (last, latency) in last.iter_mut().zip(latencies) {
            each.note(latency);
            *last = (*last).max(latency);
        }
        frame_bytes = frame_bytes.max(bytes);
        heard.push(line);
    }
    let mut to_last = Latencies::new();
    last.into_iter().for_each(|latency| to_last.note(latency));
    let cost = Cost::since(target, before, options.messages.into())?.json(target);
    Ok((
        json!({"server": cost, "delivery_ms": each.summary(), "delivery_to_last_ms": to_last.summary()}),
        frame_bytes,
    ))
}

async fn listen(line: Line, began: Instant, messages: u32) -> anyhow::Result<(Line, Vec<Duration>, usize)> {
    let Line { out, mut back } = line;
    let (mut latencies, mut bytes) = (Vec::new(), 0);
    for _ in 0..messages {
        let (sent_at, length) = back.entry_and_length(began).await?;
        latencies.push(sent_at.elapsed());
        bytes = length;
    }
    Ok((Line { out, back }, latencies, bytes))
}
