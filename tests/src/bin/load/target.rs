//! The server under load: started here, or attached to.

use crate::provision::{self, Somebody};
use anyhow::{Context, ensure};
use chat_test_services::ReplicaSet;
use chat_tests::RealServer;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(clap::Args, Default)]
pub struct Options {
    /// Starts the server on a real mongod, a replica set of one; else it keeps an SQLite file
    #[arg(long, conflicts_with = "server")]
    mongodb: bool,
    /// A server that runs already
    #[arg(long, value_name = "ADDR:PORT", requires_all = ["pid", "data"])]
    server: Option<SocketAddr>,
    /// Its process, to see what it takes
    #[arg(long)]
    pid: Option<u32>,
    /// Its data folder, to make accounts in
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What else the server is started with
    #[arg(skip)]
    pub args: Vec<String>,
}

impl Options {
    /// A server on MongoDB.
    pub fn mongodb() -> Self {
        Self { mongodb: true, ..Self::default() }
    }
}

/// A server and people who may log in.
pub struct Target {
    pub address: SocketAddr,
    pub people: Vec<Somebody>,
    pub mark: String,
    /// From the start of the process to the line that tells its address; none when it was attached to.
    pub start: Option<Duration>,
    pid: u32,
    /// Ends with this.
    server: Option<RealServer>,
    /// The database that the server keeps everything in.
    pub mongodb: Option<ReplicaSet>,
}

/// What a process has taken so far.
#[derive(Clone, Copy)]
pub struct Usage {
    pub cpu: Duration,
    pub database_cpu: Option<Duration>,
    pub resident_kib: u64,
}

impl Target {
    pub async fn prepare(options: &Options, people: usize) -> anyhow::Result<Self> {
        let mark = provision::run_mark();
        match (options.server, options.pid, &options.data) {
            (Some(address), Some(pid), Some(data)) => {
                ensure!(address.ip().is_loopback(), "the load tool loads only servers on the loopback");
                let people = provision::people_in_file(data, &mark, people).await?;
                Ok(Self { address, people, mark, start: None, pid, server: None, mongodb: None })
            }
            _ => Self::start(mark, people, options).await,
        }
    }

    async fn start(mark: String, people: usize, options: &Options) -> anyhow::Result<Self> {
        // The first use may build the program, which is not the server's time.
        chat_tests::program("chat-server");
        let mongodb = if options.mongodb { Some(ReplicaSet::start(1).await) } else { None };
        let url = mongodb.as_ref().map(|set| set.url("chat"));
        let mut args: Vec<_> = options.args.iter().map(String::as_str).collect();
        args.extend(url.iter().flat_map(|url| ["--store", url]));
        let started = Instant::now();
        let server = RealServer::start(&args).await;
        let start = Some(started.elapsed());
        let people = match &url {
            Some(url) => provision::people_in_database(url, &mark, people).await?,
            None => provision::people_in_file(server.data(), &mark, people).await?,
        };
        let (address, pid) = (server.address(), server.pid());
        Ok(Self { address, people, mark, start, pid, server: Some(server), mongodb })
    }

    /// Where the server that was started here keeps everything.
    pub fn data(&self) -> Option<&Path> {
        self.server.as_ref().map(RealServer::data)
    }

    /// Reads `/proc`.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let database = self.mongodb.as_ref().map(|set| cpu(set.members[0].pid())).transpose()?;
        Ok(Usage {
            cpu: cpu(&self.pid.to_string())?,
            database_cpu: database,
            resident_kib: resident_kib(self.pid)?,
        })
    }

    /// Looks at the server's resident memory, in KiB.
    pub fn resident(&self) -> impl Fn() -> anyhow::Result<u64> + Send + 'static {
        let pid = self.pid;
        move || resident_kib(pid)
    }
}

fn resident_kib(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(resident.trim().trim_end_matches(" kB").parse()?)
}

/// The CPU time of a process. Linux counts it in hundredths of a second (`getconf CLK_TCK`).
fn cpu(pid: &str) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(')').context("a name in brackets")?.1;
    let fields: Vec<_> = fields.split_whitespace().collect();
    // proc(5): fields 14 and 15, counted from 1 and from before the name.
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}
