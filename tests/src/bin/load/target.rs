//! The server under load: started here, or attached to.

use crate::provision::{self, Somebody};
use crate::relay::Relay;
use anyhow::{Context, bail, ensure};
use chat_server::store::{MongoStore, SqliteStore, Store};
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
    /// Loads a bare relay instead, which is the floor of what a server can take
    #[arg(long, conflicts_with_all = ["server", "mongodb"])]
    relay: bool,
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

    /// The bare relay.
    pub fn relay() -> Self {
        Self { relay: true, ..Self::default() }
    }
}

/// A server and people who may log in.
pub struct Target {
    pub address: SocketAddr,
    pub people: Vec<Somebody>,
    pub mark: String,
    /// From the start of the process to the line that tells its address; none when it was attached to.
    pub start: Option<Duration>,
    host: Host,
    /// The database that the server keeps everything in.
    pub mongodb: Option<ReplicaSet>,
}

/// The process under load.
enum Host {
    /// It ends with this.
    Started(RealServer),
    Relay(Relay),
    /// It ran before, with this process id.
    Attached(u32),
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
                Ok(Self { address, people, mark, start: None, host: Host::Attached(pid), mongodb: None })
            }
            _ if options.relay => Self::start_relay(mark, people).await,
            _ => Self::start(mark, people, options).await,
        }
    }

    async fn start_relay(mark: String, people: usize) -> anyhow::Result<Self> {
        let started = Instant::now();
        let relay = Relay::start().await?;
        let start = Some(started.elapsed());
        let people = provision::names(&mark, people);
        Ok(Self { address: relay.address, people, mark, start, host: Host::Relay(relay), mongodb: None })
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
        let address = server.address();
        Ok(Self { address, people, mark, start, host: Host::Started(server), mongodb })
    }

    /// Where the server that was started here keeps everything.
    pub fn data(&self) -> Option<&Path> {
        self.server().map(RealServer::data)
    }

    fn server(&self) -> Option<&RealServer> {
        if let Host::Started(server) = &self.host { Some(server) } else { None }
    }

    /// Kills the server that was started here, and starts it again at its place.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        let Host::Started(server) = &mut self.host else {
            bail!("only a server that was started here is killed")
        };
        server.crashes_and_restarts().await;
        Ok(())
    }

    fn pid(&self) -> anyhow::Result<u32> {
        match &self.host {
            Host::Started(server) => Ok(server.pid()),
            Host::Relay(relay) => relay.pid(),
            Host::Attached(pid) => Ok(*pid),
        }
    }

    /// The store of the server that was started here. Others may have it open.
    pub async fn store(&self) -> anyhow::Result<Box<dyn Store>> {
        if let Some(set) = &self.mongodb {
            return Ok(Box::new(MongoStore::open(&set.url("chat").parse()?).await?));
        }
        let data = self.data().context("a server that was started here")?;
        Ok(Box::new(SqliteStore::open(&data.join("chat.db"))?))
    }

    /// Reads `/proc`.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let database = self.mongodb.as_ref().map(|set| cpu(set.members[0].pid())).transpose()?;
        Ok(Usage {
            cpu: cpu(&self.pid()?.to_string())?,
            database_cpu: database,
            resident_kib: resident_kib(self.pid()?)?,
        })
    }

    /// Looks at the server's resident memory, in KiB.
    pub fn resident(&self) -> anyhow::Result<impl Fn() -> anyhow::Result<u64> + Send + 'static> {
        let pid = self.pid()?;
        Ok(move || resident_kib(pid))
    }
}

/// What a process holds in memory.
pub fn resident_kib(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(resident.trim().trim_end_matches(" kB").parse()?)
}

/// The CPU time of a process. Linux counts it in hundredths of a second (`getconf CLK_TCK`).
pub fn cpu(pid: &str) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(')').context("a name in brackets")?.1;
    let fields: Vec<_> = fields.split_whitespace().collect();
    // proc(5): fields 14 and 15, counted from 1 and from before the name.
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}
