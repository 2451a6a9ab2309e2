//! A MongoDB replica set.

use crate::Mongod;
use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, ReadPreference, SelectionCriteria};
use std::time::{Duration, Instant};

/// For an election, generously: it is only ever used up by a failure.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at the set's state.
const LOOK: Duration = Duration::from_millis(50);

/// The members of a running set.
pub struct ReplicaSet {
    /// Each member; any of them may be the primary.
    pub members: Vec<Mongod>,
}

impl ReplicaSet {
    /// Starts a set that elects quickly, and waits for its primary.
    pub async fn start(members: usize) -> Self {
        Self::start_with(members, &[], Duration::from_secs(2)).await
    }

    /// The same with more arguments for each member, and with this election timeout.
    pub async fn start_with(members: usize, args: &[&str], election: Duration) -> Self {
        let args: Vec<_> = ["--replSet", "rs0"].iter().chain(args).copied().collect();
        let members: Vec<_> = (0..members).map(|_| Mongod::start(&args)).collect();
        let hosts: Vec<_> =
            (0_i32..).zip(&members).map(|(id, member)| doc! {"_id": id, "host": member.address()}).collect();
        let settings = doc! {
            "electionTimeoutMillis": i64::try_from(election.as_millis()).unwrap(),
            "heartbeatIntervalMillis": i64::try_from(election.as_millis() / 4).unwrap(),
        };
        let config = doc! {"_id": "rs0", "members": hosts, "settings": settings};
        let set = Self { members };
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

/// Asks one member itself, whatever its state.
async fn ask(member: &Mongod, command: Document) -> mongodb::error::Result<Document> {
    let mut options =
        ClientOptions::parse(format!("mongodb://{}/?directConnection=true", member.address())).await?;
    options.server_selection_timeout = Some(Duration::from_secs(30));
    let client = Client::with_options(options)?;
    let anybody = SelectionCriteria::ReadPreference(ReadPreference::Nearest { options: None });
    client.database("admin").run_command(command).selection_criteria(anybody).await
}
