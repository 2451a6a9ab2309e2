//! The end of a log, and who is in its conversation, while a batch is appended to it.

use super::groups::role;
use super::value::{Columns, conversation};
use crate::domain::{Act, Place, Standing, Verdict, may};
use crate::store::UserId;
use chat_protocol::{ConversationId, Role, Seq, UnixMillis};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashMap;
use std::sync::Arc;

type Result<T> = rusqlite::Result<T>;

pub struct Tail {
    /// The first entry that can be read.
    pub first: Seq,
    pub head: Seq,
    pub activity: UnixMillis,
    pub place: Place,
    /// What each of two people is there.
    pub of_two: Standing,
    /// Everyone who is in it.
    pub members: Arc<[UserId]>,
    /// The same in a group, with what each may do and sees.
    pub seats: HashMap<UserId, Seat>,
    /// Whether something has been appended.
    pub grown: bool,
}

/// A member's place in a group.
#[derive(Clone, Copy)]
pub struct Seat {
    pub role: Role,
    /// The first entry that they see.
    pub first: Seq,
}

impl Tail {
    /// What the table says.
    pub fn may(&self, user: UserId, act: Act) -> Verdict {
        let standing = match (self.place, self.seats.get(&user)) {
            (Place::Direct, _) if !self.members.contains(&user) => Standing::Stranger,
            (Place::Direct, _) => self.of_two,
            (_, Some(Seat { role: Role::Admin, .. })) => Standing::Admin,
            (_, Some(Seat { role: Role::Member, .. })) => Standing::Member,
            (_, None) => Standing::Stranger,
        };
        may(self.place, standing, act)
    }

    /// Whether the user is in it.
    pub fn has(&self, user: UserId) -> bool {
        match self.place {
            Place::Direct => self.members.contains(&user),
            _ => self.seats.contains_key(&user),
        }
    }

    /// The first entry that a member sees.
    pub fn first_of(&self, user: UserId) -> Seq {
        self.seats.get(&user).map_or(self.first, |seat| seat.first.max(self.first))
    }

    /// The seats have changed.
    pub fn seats_moved(&mut self) {
        self.members = self.seats.keys().copied().collect();
    }
}

pub const TAIL: &str = "SELECT c.head, c.activity, c.low, c.high, g.public, c.blocked <> 0, c.first,
       l.erased_at IS NOT NULL OR h.erased_at IS NOT NULL
     FROM conversations c LEFT JOIN groups g ON g.conversation = c.id
       LEFT JOIN users l ON l.id = c.low LEFT JOIN users h ON h.id = c.high
     WHERE c.id = ?1";

/// The end of a log as it is now.
pub fn load(db: &Connection, id: ConversationId) -> Result<Option<Tail>> {
    let mut statement = db.prepare_cached(TAIL)?;
    let tail = |row: &Row<'_>| {
        let (low, high): (Option<UserId>, Option<UserId>) = (row.get(2)?, row.get(3)?);
        let (place, members) = match (low, high) {
            (Some(low), Some(high)) if low == high => (Place::Direct, Arc::from([low])),
            (Some(low), Some(high)) => (Place::Direct, Arc::from([low, high])),
            _ if row.get::<_, Option<bool>>(4)? == Some(true) => (Place::Public, Arc::from([])),
            _ => (Place::Private, Arc::from([])),
        };
        let (head, activity, first) = (row.seq(0)?, row.time(1)?, row.seq(6)?);
        let of_two = Standing::of_two(row.get(7)?, row.get(5)?);
        let seats = HashMap::new();
        Ok(Tail { first, head, activity, place, members, of_two, seats, grown: false })
    };
    let Some(mut tail) = statement.query_row([conversation(id)], tail).optional()? else { return Ok(None) };
    if tail.place != Place::Direct {
        tail.seats = seats(db, id)?;
        tail.seats_moved();
    }
    Ok(Some(tail))
}

fn seats(db: &Connection, id: ConversationId) -> Result<HashMap<UserId, Seat>> {
    let sql = "SELECT user, role, first FROM members WHERE conversation = ?1";
    let seat = |row: &Row<'_>| Ok((row.get(0)?, Seat { role: role(row.get(1)?), first: row.seq(2)? }));
    db.prepare_cached(sql)?.query_map([conversation(id)], seat)?.collect()
}
