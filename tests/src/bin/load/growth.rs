//! What a message costs when there is more of everything: of connections that are silent, and of entries in the store.

use crate::line::Line;
use crate::progress::Progress;
use crate::target::{self, Target};
use crate::{closed, filled, turns};
use anyhow::ensure;
use clap::builder::TypedValueParser as _;
use serde_json::{Value, json};
use tokio::task::JoinSet;

#[derive(clap::Args, Clone)]
pub struct Options {
    /// Only one of the two
    #[arg(long)]
    only: Option<Part>,
    /// Connections, of which all but those of the pairs are silent
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u16).range(1..=20_000).map(usize::from))]
    connections: usize,
    #[command(flatten)]
    filled: filled::Options,
    /// Runs of each
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100).map(usize::from))]
    rounds: usize,
    #[command(flatten)]
    talk: closed::Options,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq)]
enum Part {
    Connections,
    Entries,
}

pub async fn run(options: Options) -> anyhow::Result<Value> {
    let wants = |part| options.only.is_none_or(|only| only == part);
    let connections = if wants(Part::Connections) { Some(by_connections(&options).await?) } else { None };
    let entries = if wants(Part::Entries) { Some(by_entries(&options).await?) } else { None };
    let closed::Options { pairs, window, bytes, seconds } = options.talk;
    Ok(json!({
        "scenario": "growth", "pairs": pairs, "window": window, "bytes": bytes, "seconds": seconds, "connections": connections, "entries": entries,
    }))
}

async fn by_connections(options: &Options) -> anyhow::Result<Value> {
    let talking = options.talk.pairs * 2;
    ensure!(options.connections > talking, "there are {talking} connections that talk");
    let few = Target::prepare(&target::Options::default(), talking).await?;
    let many = Target::prepare(&target::Options::default(), options.connections).await?;
    let silent = Silent::log_in(&many, talking).await?;
    let compared = turns::in_turn("growth", &few, &many, options.talk, options.rounds).await?;
    silent.are_there()?;
    let mut told = compared.json("few", "many");
    (told["few"], told["many"]) = (talking.into(), options.connections.into());
    Ok(told)
}

async fn by_entries(options: &Options) -> anyhow::Result<Value> {
    let talking = options.talk.pairs * 2;
    let (folder, contents) = filled::folder(&options.filled).await?;
    let empty = Target::prepare(&target::Options::default(), talking).await?;
    let filled = Target::prepare_in(folder, talking).await?;
    filled::check(&filled, &contents).await?;
    let compared = turns::in_turn("growth", &empty, &filled, options.talk, options.rounds).await?;
    let mut told = compared.json("empty", "filled");
    told["store"] = contents;
    Ok(told)
}

/// Connections that say nothing, and hear whatever comes until they are dropped.
struct Silent(JoinSet<anyhow::Result<()>>);

impl Silent {
    /// Logs everybody in but the first ones.
    async fn log_in(target: &Target, but: usize) -> anyhow::Result<Self> {
        let (_progress, [connections]) = Progress::start("growth", ["connections"]);
        let lines = Line::of_all(target.address, &target.people[but..], &connections).await?;
        Ok(Self(lines.into_iter().map(Line::hears).collect()))
    }

    fn are_there(mut self) -> anyhow::Result<()> {
        match self.0.try_join_next() {
            None => Ok(()),
            Some(ended) => ended?,
        }
    }
}
