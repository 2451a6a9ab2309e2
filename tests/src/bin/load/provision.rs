//! People made directly in the store: logging thousands in by password would take minutes of argon2id.

use crate::progress::Count;
use chat_protocol::{ConversationId, DeviceId, Token};
use chat_server::StoreLocation;
use chat_server::store::{NewBody, NewDevice, NewEntry, NewUser, Store, TokenHash, UserId};
use sha2::{Digest, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};

/// Somebody with a token.
#[derive(Clone)]
pub struct Somebody {
    pub name: String,
    /// Their number in the store, if they are in one.
    pub id: UserId,
    pub token: Token,
}

/// What marks this run's names and ids: the store holds client ids unique for ever, so each run needs fresh ones.
pub fn run_mark() -> String {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    format!("{micros:x}")
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// So many people whom only a bare relay knows, by a token that is their name.
pub fn names(mark: &str, count: usize) -> Vec<Somebody> {
    let somebody = |number| {
        let name = format!("l{mark}-{number}");
        Somebody { token: Token::new(name.clone()), name, id: UserId(0) }
    };
    (0..count).map(somebody).collect()
}

/// Makes so many people in a store. A server may be running on it.
pub async fn people(at: &StoreLocation, mark: &str, count: usize) -> anyhow::Result<Vec<Somebody>> {
    let store = chat_tests::open_store(at).await?;
    let mut people = Vec::with_capacity(count);
    for number in 0..count {
        people.push(somebody(&*store, mark, number).await?);
    }
    store.close().await;
    Ok(people)
}

async fn somebody(store: &dyn Store, mark: &str, number: usize) -> anyhow::Result<Somebody> {
    let name = format!("l{mark}-{number}");
    // Nobody logs in by password here; no password has this hash.
    let user = NewUser { name: name.parse()?, password_hash: "none".to_owned(), at: 0 };
    let user = store.create_user(user).await?.ok_or_else(|| anyhow::anyhow!("{name} is taken"))?;
    device(store, name, user, mark, number).await
}

/// One more device of a user, and its token.
pub async fn device(
    store: &dyn Store,
    name: String,
    user: UserId,
    mark: &str,
    number: usize,
) -> anyhow::Result<Somebody> {
    let token = token(mark, number);
    let digest = Sha256::digest(token.expose().as_bytes());
    let id = DeviceId::from_bits(u64::from_be_bytes(digest[..8].try_into()?));
    let hash = TokenHash(digest.into());
    store.add_device(NewDevice { id, user, token: hash, name: "load".to_owned(), at: now_ms() }).await?;
    Ok(Somebody { name, id: user, token })
}

/// Not secret: it opens a server that was made to be loaded.
fn token(mark: &str, number: usize) -> Token {
    let digest = Sha256::digest(format!("{mark}/{number}").as_bytes());
    Token::new(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// Entries that are appended together.
const BATCH: u64 = 1000;

/// Puts so many messages of somebody's into a conversation, and counts them.
pub async fn fill(
    store: &dyn Store,
    conversation: ConversationId,
    sender: UserId,
    count: u64,
    entries: &Count,
) -> anyhow::Result<()> {
    for first in (0..count).step_by(usize::try_from(BATCH)?) {
        let entry = |number: u64| {
            let client_id = format!("f{number}").parse().expect("letters and digits");
            let body = NewBody::Message { text: "x".repeat(100), file: None, reply_to: None };
            NewEntry { conversation, sender, client_id, at: number, body }
        };
        let batch: Vec<_> = (first..count.min(first + BATCH)).map(entry).collect();
        let appended = batch.len() as u64;
        append(store, batch).await?;
        entries.add(appended);
    }
    Ok(())
}

/// Appends all of these, or fails.
pub async fn append(store: &dyn Store, entries: Vec<NewEntry>) -> anyhow::Result<()> {
    for appended in store.append(entries).await? {
        appended.map_err(|error| anyhow::anyhow!("not appended: {error:?}"))?;
    }
    Ok(())
}
