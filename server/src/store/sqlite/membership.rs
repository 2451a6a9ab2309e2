//! Changes of a group's members, as part of an append.

use super::tail::{Seat, Tail};
use super::{groups, preferences};
use crate::store::{AppendError, UserId};
use chat_protocol::{ConversationId, MemberChange, Role, Seq, limits};
use rusqlite::Connection;

type Result<T> = rusqlite::Result<T>;

/// Of the users that a change names, those whom it concerns.
pub fn concerned(
    db: &Connection,
    tail: &Tail,
    sender: UserId,
    change: MemberChange,
    users: &[UserId],
) -> Result<std::result::Result<Vec<UserId>, AppendError>> {
    let role = |user: &UserId| tail.seats.get(user).map(|seat| seat.role);
    let mut concerned: Vec<UserId> = match change {
        MemberChange::Added | MemberChange::Joined => {
            users.iter().filter(|user| role(user).is_none()).copied().collect()
        }
        MemberChange::Removed | MemberChange::Left => {
            users.iter().filter(|user| role(user).is_some()).copied().collect()
        }
        MemberChange::Promoted => {
            users.iter().filter(|user| role(user) == Some(Role::Member)).copied().collect()
        }
        MemberChange::Demoted => {
            users.iter().filter(|user| role(user) == Some(Role::Admin)).copied().collect()
        }
        MemberChange::Unknown => return Ok(Err(AppendError::NotAllowed)),
    };
    concerned.sort();
    concerned.dedup();
    if change == MemberChange::Removed && concerned.contains(&sender) {
        return Ok(Err(AppendError::NotAllowed));
    }
    if concerned.is_empty() {
        return Ok(Err(AppendError::NoChange));
    }
    let is_coming = matches!(change, MemberChange::Added | MemberChange::Joined);
    if is_coming && !has_room(db, tail, &concerned)? {
        return Ok(Err(AppendError::GroupFull));
    }
    let is_going = matches!(change, MemberChange::Removed | MemberChange::Left | MemberChange::Demoted);
    if is_going && leaves_nobody_in_charge(tail, change, &concerned) {
        return Ok(Err(AppendError::LastAdmin));
    }
    if change == MemberChange::Added && preferences::has_blocked(db, &concerned, sender)? {
        return Ok(Err(AppendError::Blocked));
    }
    Ok(Ok(concerned))
}

fn has_room(db: &Connection, tail: &Tail, coming: &[UserId]) -> Result<bool> {
    if tail.seats.len() + coming.len() > limits::GROUP_MEMBERS_MAX {
        return Ok(false);
    }
    for user in coming {
        if groups::is_in_too_many(db, *user)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether others would be left in the group without an admin. Whoever is alone may go.
fn leaves_nobody_in_charge(tail: &Tail, change: MemberChange, going: &[UserId]) -> bool {
    let stays = |user: &&UserId| !going.contains(user);
    let is_empty = change != MemberChange::Demoted && tail.seats.keys().filter(stays).count() == 0;
    let admins = tail.seats.iter().filter(|(_, seat)| seat.role == Role::Admin);
    !is_empty && admins.filter(|(user, _)| stays(user)).count() == 0
}

/// Does it, from the entry with this number on; gives who is gone.
pub fn take_effect(
    db: &Connection,
    tail: &mut Tail,
    id: ConversationId,
    change: MemberChange,
    users: &[UserId],
    seq: Seq,
) -> Result<Vec<UserId>> {
    let mut gone = Vec::new();
    match change {
        MemberChange::Added | MemberChange::Joined => {
            groups::add(db, id, users, Role::Member, seq)?;
            // What they see does not matter for the rest of a batch but to themselves, who are not here yet.
            let first = seq;
            tail.seats.extend(users.iter().map(|user| (*user, Seat { role: Role::Member, first })));
        }
        MemberChange::Removed | MemberChange::Left => {
            groups::remove(db, id, users)?;
            tail.seats.retain(|user, _| !users.contains(user));
            gone = users.to_vec();
        }
        MemberChange::Promoted | MemberChange::Demoted => {
            let role = if change == MemberChange::Promoted { Role::Admin } else { Role::Member };
            groups::set_role(db, id, users, role)?;
            for user in users {
                tail.seats.entry(*user).and_modify(|seat| seat.role = role);
            }
        }
        MemberChange::Unknown => {}
    }
    tail.seats_moved();
    Ok(gone)
}
