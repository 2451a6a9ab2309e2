//! The part of the store that ends accounts.
//!
//! It begins with one write, from which on nobody is called so any more and everything that they wrote is told as deleted. What it
//! leaves in the store is then taken away step by step, however often that is interrupted.

use super::{StoreResult, UserId};
use async_trait::async_trait;
use chat_protocol::{ConversationId, Seq, UnixMillis, UserName};

/// Somebody whose account has ended, and of whom something may be left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departed {
    /// Their number.
    pub user: UserId,
    /// What stands in the place of their name.
    pub name: UserName,
    /// When it ended.
    pub at: UnixMillis,
}

/// A group that somebody is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seated {
    /// Which one.
    pub group: ConversationId,
    /// Who must become an admin before they can go, for others are in it and none of them is one: who has been there for the
    /// longest time.
    pub heir: Option<UserId>,
}

/// How much of what somebody wrote was taken away by a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Blanked {
    /// So many entries.
    pub entries: u32,
    /// From where on there may be more; none at the end.
    pub next: Option<Place>,
}

/// An entry in the order in which they are gone through: log after log, and each from its beginning.
pub type Place = (ConversationId, Seq);

/// Accounts that end.
#[async_trait]
pub trait ErasureStore: Send + Sync + 'static {
    /// Everyone who shares a conversation that has entries with the user, once each, without the user; groups of any size count, and blocks do not.
    async fn fellows(&self, user: UserId) -> StoreResult<Vec<UserId>>;

    /// Ends an account: all of its devices are logged out, and from here on another name stands in the place of its own, which is
    /// free. False, and nothing is done, when somebody has that other name or the account has ended before.
    async fn end_account(&self, user: UserId, name: &UserName, at: UnixMillis) -> StoreResult<bool>;

    /// Up to `limit` of those of whom something may be left.
    async fn departed(&self, limit: u32) -> StoreResult<Vec<Departed>>;

    /// The groups that the user is in.
    async fn seats(&self, user: UserId) -> StoreResult<Vec<Seated>>;

    /// Takes away texts and files of what the user wrote, from one entry on: about `limit` entries. Files of which nothing is left
    /// wait for nobody.
    async fn blank_entries(&self, user: UserId, from: Option<Place>, limit: u32) -> StoreResult<Blanked>;

    /// Takes away what else is theirs: uploads, files that hang on nothing, preferences and mentions.
    async fn blank_belongings(&self, user: UserId) -> StoreResult<()>;

    /// Nothing is left of them.
    async fn forget_departed(&self, user: UserId) -> StoreResult<()>;
}

/// Of those who stay in a group, who has been there for the longest time. It is known from the entries that brought members in, in
/// their order; whoever stands in none of them was there from the beginning.
pub fn heir(comings: &[Vec<UserId>], staying: &[UserId]) -> Option<UserId> {
    let came = |user: &UserId| comings.iter().rposition(|users| users.contains(user)).map_or(0, |at| at + 1);
    staying.iter().copied().min_by_key(|user| (came(user), *user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_been_there_for_the_longest_time_is_the_heir() {
        let [ann, bob, eve] = [1, 2, 3].map(UserId);
        assert_eq!(heir(&[], &[]), None);
        assert_eq!(heir(&[vec![bob], vec![eve]], &[eve, bob]), Some(bob));
        assert_eq!(heir(&[vec![bob], vec![eve], vec![bob]], &[bob, eve]), Some(eve), "bob came again");
        assert_eq!(
            heir(&[vec![bob, eve]], &[eve, bob]),
            Some(bob),
            "of those who came together, the first one"
        );
        assert_eq!(heir(&[vec![bob]], &[bob, ann]), Some(ann), "she made it");
    }
}
