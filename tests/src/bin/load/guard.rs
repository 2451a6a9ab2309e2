//! Whether the server has become dearer since somebody last looked: its CPU per message as so many times a bare relay's in the same
//! run, which much of the machine's speed drops out of, and its memory: empty, for each idle connection, and after these have gone.

mod baseline;

use crate::progress::Progress;
use crate::relay::Writes;
use crate::target::{self, Target};
use crate::{closed, idle, turns};
use anyhow::{Context, ensure};
use baseline::{Measure, Measures, RUNS_MIN, Verdict};
use chat_tests::proc::processor;
use clap::builder::TypedValueParser as _;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(clap::Args, Clone)]
pub struct Options {
    /// What is kept of each build on each kind of processor
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.json"))]
    baseline: PathBuf,
    /// Keeps the medians of five or more measurements as the baseline of this build on this processor, and three times their spread as its tolerance
    #[arg(long)]
    write: bool,
    /// Measurements, each with fresh processes; 1, or 5 with --write. What is worse after them is measured twice more
    #[arg(long)]
    runs: Option<usize>,
    /// Runs of the relay and of the server in a measurement, by turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100).map(usize::from))]
    rounds: usize,
    /// Idle connections that are weighed
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u16).range(1..=20_000).map(usize::from))]
    connections: usize,
}

/// One run of the closed loop: long enough that a hundredth of a second of CPU is about one in a hundred.
const TALK: closed::Options = closed::Options { pairs: 100, window: 8, bytes: 100, seconds: 1 };
/// Until what the logins needed is gone.
const IDLE_SECONDS: u64 = 2;

/// Measurements that are added where something is worse, so that nobody is held up by one bad moment of the machine.
const SECOND_LOOK: usize = 2;

/// What was measured, by the names of the measures.
type Measured = BTreeMap<&'static str, Vec<f64>>;

/// Prints what was measured, and fails when it is worse than what is kept.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let runs = options.runs.unwrap_or(if options.write { RUNS_MIN } else { 1 });
    ensure!(runs >= 1, "nothing is measured");
    ensure!(!options.write || runs >= RUNS_MIN, "a baseline is made of {RUNS_MIN} measurements or more");
    let (build, processor) = (build()?, processor()?);
    let kept = if options.write { None } else { baseline::of(&options.baseline, &build, &processor)? };
    if kept.is_none() && !options.write {
        eprintln!(
            "nothing is judged: no baseline of a {build} build was measured on {processor}; see --write"
        );
    }
    let (began, mut measured) = (Instant::now(), Measured::new());
    measure(&options, runs, &mut measured).await?;
    let mut worse = kept.as_ref().map_or(Vec::new(), |kept| judge(kept, &measured));
    if let Some(kept) = kept.as_ref().filter(|_| !worse.is_empty()) {
        eprintln!("{}; looking again", worse.join("; "));
        measure(&options, SECOND_LOOK, &mut measured).await?;
        worse = judge(kept, &measured);
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{}",
        json!({"scenario": "guard", "build": build, "processor": processor, "seconds": seconds, "runs": measured})
    );
    if options.write {
        let of = |(name, runs): (&&str, &Vec<f64>)| ((*name).to_owned(), Measure::of(runs));
        let measures = measured.iter().map(of).collect();
        baseline::keep(&options.baseline, &build, &processor, measures)?;
    }
    ensure!(worse.is_empty(), "{}", worse.join("; "));
    Ok(())
}

async fn measure(options: &Options, runs: usize, measured: &mut Measured) -> anyhow::Result<()> {
    for _ in 0..runs {
        measured.entry("cpu_of_relay").or_default().push(cpu_of_relay(options.rounds).await?);
        for (name, figure) in memory_of(options.connections).await? {
            measured.entry(name).or_default().push(figure);
        }
    }
    Ok(())
}

/// The folder that the programs were built in, as `release`: each kind of build has figures of its own.
fn build() -> anyhow::Result<String> {
    let program = chat_tests::program("chat-server");
    let folder = program.parent().and_then(Path::file_name).context("a folder of programs")?;
    Ok(folder.to_string_lossy().into_owned())
}

async fn cpu_of_relay(rounds: usize) -> anyhow::Result<f64> {
    let people = TALK.pairs * 2;
    let relay = Target::prepare(&target::Options::relay(Writes::Gathered), people).await?;
    let server = Target::prepare(&target::Options::default(), people).await?;
    Ok(turns::in_turn("guard", &relay, &server, TALK, rounds).await?.ratio_of_least())
}

/// What an empty server holds, what each idle connection adds to it, and what it holds after they have gone.
async fn memory_of(connections: usize) -> anyhow::Result<[(&'static str, f64); 3]> {
    let (_progress, [count]) = Progress::start("guard", ["connections"]);
    let target = Target::prepare(&target::Options::default(), connections).await?;
    let weight = idle::weigh(&target, idle::Options { connections, seconds: IDLE_SECONDS }, &count).await?;
    let (empty, each) = (weight.empty.own_kib, weight.kib_per_connection(|usage| usage.own_kib));
    let (left, _) = weight.left(&target, |usage| usage.own_kib).await?;
    Ok([("own_kib_empty", empty as f64), ("own_kib_per_connection", each), ("own_kib_left", left as f64)])
}

/// What is worse than it was. Tells how the rest stands.
fn judge(kept: &Measures, measured: &Measured) -> Vec<String> {
    let mut worse = Vec::new();
    for (name, runs) in measured {
        let Some(measure) = kept.get(*name) else {
            eprintln!("{name} is not judged: nothing is kept of it; see --write");
            continue;
        };
        match measure.judge(name, turns::median(runs)) {
            Verdict::Worse(told) => worse.push(told),
            Verdict::Fits(told) | Verdict::Better(told) => eprintln!("{told}"),
        }
    }
    worse
}
