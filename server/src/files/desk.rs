//! Who transfers what on this server: one writer per upload, and a bounded number of transfers.

use super::FileError;
use crate::store::UserId;
use chat_protocol::FileId;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// For a writer that is interrupted to save what it has.
const LET_GO: Duration = Duration::from_secs(5);

/// The writers and the transfers of this server.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    per_user_max: usize,
    total_max: usize,
    seats: Mutex<HashMap<FileId, Chair>>,
    turns: Mutex<Turns>,
}

/// Where the one sits who writes an upload. Others wait beside it.
#[derive(Clone, Default)]
struct Chair {
    taken: Arc<tokio::sync::Mutex<()>>,
    /// Told to whoever sits there when somebody else comes.
    leave: CancellationToken,
}

#[derive(Default)]
struct Turns {
    total: usize,
    by_user: HashMap<UserId, usize>,
}

impl Desk {
    pub fn new(per_user_max: usize, total_max: usize) -> Self {
        let (seats, turns) = Default::default();
        Self(Arc::new(Inner { per_user_max, total_max, seats, turns }))
    }

    /// Counts one more transfer of the user, for as long as the turn lives.
    pub fn turn(&self, user: UserId) -> Result<Turn, FileError> {
        let mut turns = self.0.turns.lock();
        let under_way = turns.by_user.get(&user).copied().unwrap_or(0);
        if under_way >= self.0.per_user_max || turns.total >= self.0.total_max {
            return Err(FileError::Busy);
        }
        turns.by_user.insert(user, under_way + 1);
        turns.total += 1;
        Ok(Turn { user, desk: self.clone() })
    }

    /// Asks whoever writes the upload to let go, and takes their place.
    pub async fn seat(&self, id: FileId) -> Result<Seat, FileError> {
        let (taken, leave) = {
            let mut seats = self.0.seats.lock();
            let chair = seats.entry(id).or_default();
            chair.leave.cancel();
            chair.leave = CancellationToken::new();
            (Arc::clone(&chair.taken), chair.leave.clone())
        };
        let sat = timeout(LET_GO, taken.lock_owned()).await;
        match sat {
            Ok(sat) => Ok(Seat { id, leave, sat: Some(sat), desk: self.clone() }),
            Err(_) => Err(FileError::Taken),
        }
    }
}

/// A transfer that counts.
pub struct Turn {
    user: UserId,
    desk: Desk,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = self.desk.0.turns.lock();
        turns.total -= 1;
        match turns.by_user.get_mut(&self.user) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(turns.by_user.remove(&self.user)),
        }
    }
}

/// The place of the one who writes an upload.
pub struct Seat {
    id: FileId,
    leave: CancellationToken,
    sat: Option<OwnedMutexGuard<()>>,
    desk: Desk,
}

impl Seat {
    /// Waits until somebody else wants the place.
    pub fn wanted(&self) -> CancellationToken {
        self.leave.clone()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.desk.0.seats.lock();
        drop(self.sat.take());
        // Whoever waits holds one as well.
        if seats.get(&self.id).is_some_and(|chair| Arc::strong_count(&chair.taken) == 1) {
            seats.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: UserId = UserId(1);
    const UPLOAD: FileId = FileId::from_bits(1);

    #[test]
    fn transfers_count_while_they_live() {
        let desk = Desk::new(2, 3);
        let first = desk.turn(ANN).unwrap();
        let _second = desk.turn(ANN).unwrap();
        assert!(desk.turn(ANN).is_err(), "too many of one user");
        let _third = desk.turn(UserId(2)).unwrap();
        assert!(desk.turn(UserId(2)).is_err(), "too many altogether");
        drop(first);
        assert!(desk.turn(ANN).is_ok());
    }

    #[tokio::test]
    async fn the_next_writer_asks_the_one_before_to_leave() {
        let desk = Desk::new(9, 9);
        let first = desk.seat(UPLOAD).await.unwrap();
        let wanted = first.wanted();
        assert!(!wanted.is_cancelled());
        let leaves = async {
            wanted.cancelled().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(desk.seat(UPLOAD), leaves);
        assert!(!second.unwrap().wanted().is_cancelled());
        assert!(desk.0.seats.lock().is_empty(), "nothing is kept of those who left");
    }
}
