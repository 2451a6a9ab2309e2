//! The server under load: started here, or attached to.

use crate::provision::{self, Somebody};
use crate::relay::{Relay, Writes};
use crate::talks;
use anyhow::{Context, bail, ensure};
use chat_server::StoreLocation;
use chat_server::store::Store;
use chat_test_services::ReplicaSet;
use chat_tests::RealServer;
use chat_tests::proc::{cpu, memory_kib, resident_kib};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

#[derive(clap::Args, Default)]
pub struct Options {
    /// Starts the server on a real mongod, a replica set of one; else it keeps an SQLite file
    #[arg(long, conflicts_with = "server")]
    mongodb: bool,
    /// Loads a bare relay instead, which is the floor of what a server can take
    #[arg(
        long,
        value_name = "WRITES",
        num_args = 0..=1,
        default_missing_value = "gathered",
        conflicts_with_all = ["server", "mongodb"]
    )]
    relay: Option<Writes>,
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
    pub fn relay(writes: Writes) -> Self {
        Self { relay: Some(writes), ..Self::default() }
    }
}

/// A process that takes no CPU time for so long has nothing to do.
const REST: Duration = Duration::from_millis(500);
/// Longer than the index needs to catch up with any run.
const REST_MAX: Duration = Duration::from_secs(600);

/// A server and people who may log in.
pub struct Target {
    pub address: SocketAddr,
    pub people: Vec<Somebody>,
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
    /// Of that what is not of files, such as the program: of those as much is resident as the system likes.
    pub own_kib: u64,
}

impl Target {
    pub async fn prepare(options: &Options, people: usize) -> anyhow::Result<Self> {
        let mark = provision::run_mark();
        if let Some(writes) = options.relay {
            return Self::start_relay(mark, people, writes).await;
        }
        match (options.server, options.pid, &options.data) {
            (Some(address), Some(pid), Some(data)) => {
                ensure!(address.ip().is_loopback(), "the load tool loads only servers on the loopback");
                let people =
                    provision::people(&StoreLocation::Sqlite(data.join("chat.db")), &mark, people).await?;
                Ok(Self { address, people, start: None, host: Host::Attached(pid), mongodb: None })
            }
            _ => Self::start(mark, people, options, tempfile::tempdir()?).await,
        }
    }

    /// Starts a server on SQLite in a folder that has a store already.
    pub async fn prepare_in(folder: TempDir, people: usize) -> anyhow::Result<Self> {
        Self::start(provision::run_mark(), people, &Options::default(), folder).await
    }

    async fn start_relay(mark: String, people: usize, writes: Writes) -> anyhow::Result<Self> {
        let started = Instant::now();
        let relay = Relay::start(writes).await?;
        let start = Some(started.elapsed());
        let people = provision::names(&mark, people);
        Ok(Self { address: relay.address, people, start, host: Host::Relay(relay), mongodb: None })
    }

    async fn start(mark: String, people: usize, options: &Options, folder: TempDir) -> anyhow::Result<Self> {
        // The first use may build the program, which is not the server's time.
        chat_tests::program("chat-server");
        let mongodb = if options.mongodb { Some(ReplicaSet::start(1).await) } else { None };
        let url = mongodb.as_ref().map(|set| set.url("chat"));
        let mut args: Vec<_> = options.args.iter().map(String::as_str).collect();
        args.extend(url.iter().flat_map(|url| ["--store", url]));
        let started = Instant::now();
        let server = RealServer::start_in(folder, &args).await;
        let start = Some(started.elapsed());
        let people = provision::people(&server.store_location(), &mark, people).await?;
        let address = server.address();
        Ok(Self { address, people, start, host: Host::Started(server), mongodb })
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

    pub fn pid(&self) -> anyhow::Result<u32> {
        match &self.host {
            Host::Started(server) => Ok(server.pid()),
            Host::Relay(relay) => relay.pid(),
            Host::Attached(pid) => Ok(*pid),
        }
    }

    /// The store of the server that was started here. Others may have it open.
    pub async fn store(&self) -> anyhow::Result<Arc<dyn Store>> {
        let server = self.server().context("a server that was started here")?;
        chat_tests::open_store(&server.store_location()).await
    }

    /// Reads `/proc`.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let database = self.mongodb.as_ref().map(|set| cpu(set.members[0].pid())).transpose()?;
        Ok(Usage {
            cpu: cpu(&self.pid()?.to_string())?,
            database_cpu: database,
            resident_kib: resident_kib(self.pid()?)?,
            own_kib: memory_kib(self.pid()?, "RssAnon")?,
        })
    }

    /// Waits until the process has nothing to do and the index has caught up; what it has taken by then.
    pub async fn rests(&self) -> anyhow::Result<Usage> {
        let began = Instant::now();
        let store = if self.server().is_some() { Some(self.store().await?) } else { None };
        let (mut since, mut usage) = (began, self.usage()?);
        loop {
            tokio::time::sleep(REST / 10).await;
            ensure!(began.elapsed() < REST_MAX, "the server is still busy after {REST_MAX:?}");
            let now = self.usage()?;
            // One hundredth is what a server takes for its own sake now and then.
            if now.cpu > usage.cpu + Duration::from_millis(10) {
                (since, usage) = (Instant::now(), now);
            }
            if since.elapsed() < REST {
                continue;
            }
            // A server that waits for its disk takes no time either, so the index is asked.
            match &store {
                Some(store) if !talks::are_indexed(&**store).await? => since = Instant::now(),
                Some(store) => {
                    store.close().await;
                    return self.usage();
                }
                None => return self.usage(),
            }
        }
    }

    /// Looks at the server's resident memory, in KiB.
    pub fn resident(&self) -> anyhow::Result<impl Fn() -> anyhow::Result<u64> + Send + 'static> {
        let pid = self.pid()?;
        Ok(move || resident_kib(pid))
    }
}
