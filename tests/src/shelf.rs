//! The store itself, without a server: for what only time could bring about.

use chat_protocol::{ConversationId, Past, UserName};
use chat_server::StoreLocation;
use chat_server::store::{AppendError, MongoStore, NewBody, NewEntry, NewGroup, SqliteStore, Store, UserId};
use std::path::Path;
use std::sync::Arc;

/// The store at this place, which a server may have open too.
///
/// # Errors
/// There is none, or none that this version can read.
pub async fn open_store(location: &StoreLocation) -> anyhow::Result<Arc<dyn Store>> {
    Ok(match location {
        StoreLocation::Sqlite(file) => Arc::new(SqliteStore::open(file)?),
        StoreLocation::Mongo(url) => Arc::new(MongoStore::open(url).await?),
    })
}

/// A hand that writes into a store past its server.
pub struct Shelf {
    store: Arc<dyn Store>,
}

impl Shelf {
    /// The store at this place. SQLite takes writes from two at the same time, and MongoDB from many.
    pub async fn open(location: &StoreLocation) -> Self {
        Self { store: open_store(location).await.unwrap() }
    }

    /// What a server with these flags keeps everything in.
    pub(crate) fn location(data: &Path, args: &[String]) -> StoreLocation {
        let store = args.iter().skip_while(|arg| *arg != "--store").nth(1);
        store.map_or_else(|| StoreLocation::Sqlite(data.join("chat.db")), |url| url.parse().unwrap())
    }

    /// Whatever else is to be asked of it.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Somebody's number.
    pub async fn user(&self, name: &str) -> UserId {
        let name: UserName = name.parse().unwrap();
        self.store.user(&name).await.unwrap().expect("there is such a user").id
    }

    /// The conversation of these two.
    pub async fn talk(&self, one: &str, other: &str) -> ConversationId {
        let (one, other) = (self.user(one).await, self.user(other).await);
        self.store.open_direct(one, other, ConversationId::from_bits(0x7a1c)).await.unwrap()
    }

    /// Says something at a time that is long over; under `{prefix}{number}` as texts and as client ids.
    pub async fn said_long_ago(
        &self,
        conversation: ConversationId,
        from: &str,
        prefix: &str,
        numbers: std::ops::RangeInclusive<u64>,
    ) {
        let sender = self.user(from).await;
        let entry = |number: u64| {
            let text = format!("{prefix}{number}");
            let client_id = text.parse().unwrap();
            let body = NewBody::Message { text, file: None, reply_to: None };
            NewEntry { conversation, sender, client_id, at: 1000 + number, body }
        };
        let entries: Vec<_> = numbers.map(entry).collect();
        for batch in entries.chunks(1000) {
            let outcomes = self.store.append(batch.to_vec()).await.unwrap();
            let refused: Vec<AppendError> = outcomes.into_iter().filter_map(Result::err).collect();
            assert_eq!(refused, []);
        }
    }

    /// A private group `ops` that somebody made long ago, and in which another one has said `old-1`, `old-2` and `old-3`.
    pub async fn old_group(&self, maker: &str, other: &str) -> ConversationId {
        let id = ConversationId::from_bits(0x0b5);
        let group = NewGroup {
            id,
            maker: self.user(maker).await,
            client_id: "make".parse().unwrap(),
            second_id: "make-2".parse().unwrap(),
            name: "ops".parse().unwrap(),
            topic: String::new(),
            public: false,
            past: Past::All,
            members: vec![self.user(other).await],
            at: 1000,
        };
        self.store.create_group(group).await.unwrap().unwrap();
        self.said_long_ago(id, other, "old-", 1..=3).await;
        id
    }

    /// Lets go of it.
    pub async fn closes(self) {
        self.store.close().await;
    }
}
