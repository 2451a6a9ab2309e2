//! A client that has missed very many entries: how fast the library catches up, and what both sides hold meanwhile.

use crate::progress::Progress;
use crate::provision::fill;
use crate::target::{self, Target};
use anyhow::Context;
use chat_client::{Auth, Command, Config, Event};
use chat_protocol::{ConversationId, Seq};
use chat_tests::proc::resident_kib;
use serde_json::{Value, json};
use std::time::Instant;

#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// Entries that were missed
    #[arg(long, default_value_t = 100_000)]
    entries: u64,
}

pub async fn run(options: &target::Options, missed: Options) -> anyhow::Result<Value> {
    let target = Target::prepare(options, 2).await?;
    let (reader, writer) = (&target.people[0], &target.people[1]);
    let store = target.store().await?;
    let conversation = store.open_direct(reader.id, writer.id, ConversationId::from_bits(1)).await?;
    let (_progress, [filled, read]) = Progress::start("catch-up", ["entries filled", "read"]);
    fill(&*store, conversation, writer.id, missed.entries, &filled).await?;
    store.close().await;
    let (before, own_before) = (target.usage()?, resident_kib(std::process::id())?);
    let began = Instant::now();
    let config = Config {
        server: format!("ws://{}", target.address).parse()?,
        user: reader.name.parse()?,
        auth: Auth::Token(reader.token.clone()),
        device: "load".to_owned(),
        outbox: None,
        tells_arrivals: true,
    };
    let (handle, mut events) = chat_client::connect(config)?;
    let (mut server_most, mut own_most) = (before.resident_kib, own_before);
    while read.now() < missed.entries {
        match events.recv().await.context("the client ended")? {
            Event::Synced => handle.command(Command::Follow { conversation, after: Seq::ZERO })?,
            Event::Newer { entries, .. } => {
                read.add(entries.len() as u64);
                server_most = server_most.max(target.usage()?.resident_kib);
                own_most = own_most.max(resident_kib(std::process::id())?);
            }
            _ => {}
        }
    }
    let count = read.now();
    let (elapsed, after) = (began.elapsed().as_secs_f64(), target.usage()?);
    Ok(json!({
        "scenario": "catch_up", "entries": count, "seconds": elapsed, "per_second": count as f64 / elapsed,
        "server_cpu_s": (after.cpu - before.cpu).as_secs_f64(),
        "server_grown_kib": server_most - before.resident_kib, "client_grown_kib": own_most - own_before,
    }))
}
