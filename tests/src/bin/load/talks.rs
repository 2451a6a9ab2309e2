//! Many people who talk in twos, and what they say: for stores that are filled without a server.

use crate::progress::Count;
use crate::words::{random, rank, word};
use chat_protocol::ConversationId;
use chat_server::store::{NewUser, Store, UserId};

/// A conversation and its two members.
pub type Talk = (ConversationId, [UserId; 2]);

/// Conversations that each user has begun, and about as many that others have begun with them.
pub const TALKS: u64 = 5;
/// Words of a message.
const WORDS: u64 = 12;
/// Entries that are indexed together, as the server does.
const STEP: u32 = 1000;

/// Makes so many users in an empty store, each with ten conversations.
pub async fn make(store: &dyn Store, users: u64) -> anyhow::Result<(Vec<UserId>, Vec<Talk>)> {
    let mut people = Vec::new();
    for number in 0..users {
        let user = NewUser { name: format!("u{number}").parse()?, password_hash: "none".to_owned(), at: 1 };
        let made = store.create_user(user).await?;
        people.push(made.ok_or_else(|| anyhow::anyhow!("the store is not empty"))?);
    }
    let mut talks = Vec::new();
    for (number, one) in (0_u64..).zip(&people) {
        for talk in 0..TALKS {
            let other = people[usize::try_from((number + 1 + talk * 37) % users)?];
            let fresh = ConversationId::from_bits(number * TALKS + talk + 1);
            talks.push((store.open_direct(*one, other, fresh).await?, [*one, other]));
        }
    }
    Ok((people, talks))
}

/// A message of words, the same for the same number.
pub fn text(number: u64) -> String {
    (0..WORDS).map(|place| word(rank(random(number ^ place)))).collect::<Vec<_>>().join(" ")
}

/// Indexes all that is not, in the server's steps, which are counted.
pub async fn index(store: &dyn Store, steps: &Count) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let found = store.unindexed(after, 1000).await?;
        let mut left = found.conversations;
        while !left.is_empty() {
            left = store.index(left, STEP).await?;
            steps.add(1);
        }
        after = found.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Whether the index has caught up with all logs.
pub async fn are_indexed(store: &dyn Store) -> anyhow::Result<bool> {
    let mut after = None;
    loop {
        let found = store.unindexed(after, 1000).await?;
        if !found.conversations.is_empty() {
            return Ok(false);
        }
        after = found.next;
        if after.is_none() {
            return Ok(true);
        }
    }
}
