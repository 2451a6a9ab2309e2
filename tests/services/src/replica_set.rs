//! A MongoDB replica set.

use crate::Mongod;
use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, ReadPreference, SelectionCriteria};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What makes a `mongod` a member.
const REPLICA: &[&str] = &["--replSet", "rs0"];
/// How long a member is silent until another one stands for election.
const ELECTION: Duration = Duration::from_secs(2);
/// For an election, generously: it is only ever used up by a failure.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at the set's state.
const LOOK: Duration = Duration::from_millis(50);

/// The members of a running set.
pub struct ReplicaSet {
    /// Each member; any of them may be the primary.
    pub members: Vec<Mongod>,
    #[expect(dead_code, reason = "kept for as long as the members read it")]
    keys: Option<TempDir>,
}

impl ReplicaSet {
    /// Starts a set that elects quickly, and waits for its primary.
    pub async fn start(members: usize) -> Self {
        Self::start_electing(members, ELECTION).await
    }

    /// The same with this election timeout.
    pub async fn start_electing(members: usize, election: Duration) -> Self {
        Self::made_of_electing((0..members).map(|_| Mongod::start(REPLICA)).collect(), election).await
    }

    /// One member that lets in only this user, who may do everything.
    pub async fn start_locked(user: &str, password: &str) -> Self {
        // Members know each other by a key that only their user may read.
        let keys = tempfile::tempdir().unwrap();
        let key = keys.path().join("key");
        std::fs::write(&key, "0123456789abcdef0123456789abcdef").unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let args = [REPLICA, &["--auth", "--keyFile", key.to_str().unwrap()]].concat();
        let set = Self::made_of(vec![Mongod::start(&args)]).await;
        let boss = doc! {"createUser": user, "pwd": password, "roles": ["root"]};
        ask(&set.members[0], boss).await.expect("the first user can be made from here");
        Self { keys: Some(keys), ..set }
    }

    /// A set of members that were started with `--replSet rs0` and were never in one.
    pub async fn made_of(members: Vec<Mongod>) -> Self {
        Self::made_of_electing(members, ELECTION).await
    }

    async fn made_of_electing(members: Vec<Mongod>, election: Duration) -> Self {
        let hosts: Vec<_> =
            (0_i32..).zip(&members).map(|(id, member)| doc! {"_id": id, "host": member.address()}).collect();
        let settings = doc! {
            "electionTimeoutMillis": i64::try_from(election.as_millis()).unwrap(),
            "heartbeatIntervalMillis": i64::try_from(election.as_millis() / 4).unwrap(),
        };
        let config = doc! {"_id": "rs0", "members": hosts, "settings": settings};
        let set = Self { members, keys: None };
        ask(&set.members[0], doc! {"replSetInitiate": config})
            .await
            .expect("a set can be made of new members");
        set.primary().await;
        set
    }

    /// The address of a database in it.
    pub fn url(&self, database: &str) -> String {
        let hosts: Vec<_> = self.members.iter().map(Mongod::address).collect();
        format!("mongodb://{}/{database}?replicaSet=rs0", hosts.join(","))
    }

    /// Waits until there is a primary and all others follow it.
    pub async fn healthy(&self) {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let primary = &self.members[self.primary().await];
            let asked =
                tokio::time::timeout(Duration::from_secs(1), ask(primary, doc! {"replSetGetStatus": 1}));
            if let Ok(Ok(status)) = asked.await
                && let Ok(members) = status.get_array("members")
                && members.iter().all(|member| {
                    let state = member.as_document().and_then(|member| member.get_i32("state").ok());
                    state.is_some_and(|state| WELL.contains(&state))
                })
            {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("the set did not heal within {PATIENCE:?}")
    }

    /// Waits until some member takes writes; tells which.
    pub async fn primary(&self) -> usize {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            for (index, member) in self.members.iter().enumerate() {
                let hello =
                    tokio::time::timeout(Duration::from_secs(1), ask(member, doc! {"hello": 1})).await;
                if let Ok(Ok(hello)) = hello
                    && hello.get_bool("isWritablePrimary").unwrap_or(false)
                {
                    return index;
                }
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("no primary was elected within {PATIENCE:?}")
    }
}

/// What a member is at, of those that count: the primary, a secondary that follows it.
const WELL: [i32; 2] = [1, 2];

/// Asks one member itself, whatever its state.
async fn ask(member: &Mongod, command: Document) -> mongodb::error::Result<Document> {
    let mut options =
        ClientOptions::parse(format!("mongodb://{}/?directConnection=true", member.address())).await?;
    options.server_selection_timeout = Some(Duration::from_secs(30));
    let client = Client::with_options(options)?;
    let anybody = SelectionCriteria::ReadPreference(ReadPreference::Nearest { options: None });
    client.database("admin").run_command(command).selection_criteria(anybody).await
}
