//! Who is connected: the live sessions of each user on this server.
//!
//! Not a task but locked maps, in shards so that users seldom wait for each other. It knows nothing of conversations.

use crate::mailbox::{Letter, Mailbox, Order, Room};
use crate::store::UserId;
use chat_protocol::{CloseCode, ConversationId, DeviceId, UserName};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

const SHARDS: usize = 16;
/// New acquaintances that wait to be noted. Beyond it they are passed over: presence is a whisper.
const MET_MAX: usize = 4096;

/// A session's number on this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(u64);

/// One live session, as the rest of the server sees it.
#[derive(Debug)]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// Which of the user's devices it is.
    pub device: DeviceId,
    /// Where its frames go.
    pub mailbox: Mailbox,
}

type Shard = HashMap<UserId, Vec<Arc<Session>>>;

/// All live sessions.
pub struct Hub {
    shards: [Mutex<Shard>; SHARDS],
    closed: AtomicBool,
    sessions_made: AtomicU64,
    names_freed: AtomicU64,
    sessions_per_user_max: usize,
    mailbox_room: Room,
    moved: Moved,
}

/// What happened to users since somebody last looked.
#[derive(Debug, Default)]
pub struct Moves {
    /// Came or went.
    pub moved: HashMap<UserId, UserName>,
    /// Share a conversation from now on.
    pub met: Vec<Arc<[UserId]>>,
    /// Began or ceased to be hidden from each other, since one of them has blocked the other in this conversation or does not any
    /// more.
    pub turned: HashSet<(ConversationId, [UserId; 2])>,
}

impl Moves {
    fn is_empty(&self) -> bool {
        self.moved.is_empty() && self.met.is_empty() && self.turned.is_empty()
    }
}

#[derive(Default)]
struct Moved {
    // Bounded by the users of this server: one place each, however often they come and go.
    users: Mutex<Moves>,
    news: Notify,
}

impl Hub {
    /// An empty hub.
    pub fn new(sessions_per_user_max: usize, mailbox_room: Room) -> Self {
        Self {
            shards: Default::default(),
            closed: AtomicBool::new(false),
            sessions_made: AtomicU64::new(0),
            names_freed: AtomicU64::new(0),
            sessions_per_user_max,
            mailbox_room,
            moved: Moved::default(),
        }
    }

    /// Adds a session; from here on it gets what is delivered to the user, until the seat is dropped.
    ///
    /// # Errors
    /// The code to close with: the user has too many sessions, or the server stops.
    pub fn join(
        self: &Arc<Self>,
        user: UserId,
        name: &UserName,
        device: DeviceId,
    ) -> Result<Seat, CloseCode> {
        let id = SessionId(self.sessions_made.fetch_add(1, Ordering::Relaxed));
        let session = Arc::new(Session { id, device, mailbox: Mailbox::new(self.mailbox_room) });
        let mut shard = self.shard(user).lock();
        // Looked at under the lock: `close` sets it before it takes the lock, so it finds whoever got in.
        if self.closed.load(Ordering::SeqCst) {
            return Err(CloseCode::Restart);
        }
        let sessions = shard.entry(user).or_default();
        if sessions.len() >= self.sessions_per_user_max {
            return Err(CloseCode::TooMany);
        }
        sessions.push(Arc::clone(&session));
        let came = sessions.len() == 1;
        drop(shard);
        if came {
            self.moved.note(user, name);
        }
        Ok(Seat { hub: Arc::clone(self), user, name: name.clone(), session })
    }

    /// Puts a frame into the mailbox of each of the user's sessions but `except`. Never waits.
    pub fn deliver(&self, user: UserId, frame: &Utf8Bytes, except: Option<SessionId>) {
        if let Some(sessions) = self.shard(user).lock().get(&user) {
            for session in sessions.iter().filter(|session| Some(session.id) != except) {
                session.mailbox.put(Letter::Push(frame.clone()));
            }
        }
    }

    /// Puts a frame that nobody misses into the mailbox of each of the user's sessions that keeps up. Never waits.
    pub fn whisper(&self, user: UserId, frame: &Utf8Bytes) {
        if let Some(sessions) = self.shard(user).lock().get(&user) {
            sessions.iter().for_each(|session| session.mailbox.whisper(frame));
        }
    }

    /// Closes all sessions of a user, but not the session `except`.
    pub fn cut_all(&self, user: UserId, except: Option<SessionId>, code: CloseCode) {
        if let Some(sessions) = self.shard(user).lock().get(&user) {
            let meant = sessions.iter().filter(|session| Some(session.id) != except);
            meant.for_each(|session| session.mailbox.order(Order::Cut(code)));
        }
    }

    /// A session that nobody has and to which nothing is delivered, for what the server does by itself.
    pub fn nobody(&self) -> Arc<Session> {
        let id = SessionId(self.sessions_made.fetch_add(1, Ordering::Relaxed));
        Arc::new(Session { id, device: DeviceId::from_bits(0), mailbox: Mailbox::new(self.mailbox_room) })
    }

    /// A name stands for nobody any more, and may come to stand for somebody else.
    pub fn free_name(&self) {
        self.names_freed.fetch_add(1, Ordering::SeqCst);
    }

    /// How often that has happened. Whoever remembers what a name stands for looks whether it still does.
    pub fn names_freed(&self) -> u64 {
        self.names_freed.load(Ordering::SeqCst)
    }

    /// Whether the user has a session here.
    pub fn is_online(&self, user: UserId) -> bool {
        self.shard(user).lock().contains_key(&user)
    }

    /// Closes all sessions of some devices of a user, but not the session `except`.
    pub fn cut(&self, user: UserId, devices: &[DeviceId], except: Option<SessionId>, code: CloseCode) {
        if let Some(sessions) = self.shard(user).lock().get(&user) {
            let meant =
                |session: &&Arc<Session>| devices.contains(&session.device) && Some(session.id) != except;
            sessions.iter().filter(meant).for_each(|session| session.mailbox.order(Order::Cut(code)));
        }
    }

    /// Lets nobody in any more, and gives everybody who is in the order to leave.
    pub fn close(&self, order: Order) {
        self.closed.store(true, Ordering::SeqCst);
        for shard in &self.shards {
            shard.lock().values().flatten().for_each(|session| session.mailbox.order(order));
        }
    }

    /// Notes that these users share a conversation from now on.
    pub fn met(&self, users: &Arc<[UserId]>) {
        let mut moves = self.moved.users.lock();
        if moves.met.len() < MET_MAX {
            moves.met.push(Arc::clone(users));
            self.moved.news.notify_one();
        }
    }

    /// Notes that two users are hidden from each other from now on, or not any more.
    pub fn turned(&self, conversation: ConversationId, one: UserId, other: UserId) {
        let mut moves = self.moved.users.lock();
        if moves.turned.len() < MET_MAX {
            moves.turned.insert((conversation, [one.min(other), one.max(other)]));
            self.moved.news.notify_one();
        }
    }

    /// Waits until users came, went, met or turned, and tells who. Whether they are here is to be asked afterwards.
    pub async fn moves(&self) -> Moves {
        loop {
            let moves = self.take_moves();
            if !moves.is_empty() {
                return moves;
            }
            self.moved.news.notified().await;
        }
    }

    /// Who came, went, met or turned since the last look.
    pub fn take_moves(&self) -> Moves {
        std::mem::take(&mut *self.moved.users.lock())
    }

    fn leave(&self, user: UserId, name: &UserName, id: SessionId) {
        let mut shard = self.shard(user).lock();
        let Some(sessions) = shard.get_mut(&user) else { return };
        sessions.retain(|session| session.id != id);
        if sessions.is_empty() {
            shard.remove(&user);
            drop(shard);
            self.moved.note(user, name);
        }
    }

    fn shard(&self, user: UserId) -> &Mutex<Shard> {
        &self.shards[user.0.unsigned_abs() as usize % SHARDS]
    }
}

impl Moved {
    fn note(&self, user: UserId, name: &UserName) {
        self.users.lock().moved.insert(user, name.clone());
        self.news.notify_one();
    }
}

/// A session's place in the hub. Dropped, the session is gone.
pub struct Seat {
    hub: Arc<Hub>,
    /// Whose session it is.
    pub user: UserId,
    /// The user's name.
    pub name: UserName,
    /// The session.
    pub session: Arc<Session>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.leave(self.user, &self.name, self.session.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: UserId = UserId(1);
    const PHONE: DeviceId = DeviceId::from_bits(1);
    const LAPTOP: DeviceId = DeviceId::from_bits(2);

    fn hub() -> Arc<Hub> {
        Arc::new(Hub::new(2, Room { frames_max: 8, bytes_max: 1000 }))
    }

    fn join(hub: &Arc<Hub>, device: DeviceId) -> Result<Seat, CloseCode> {
        hub.join(ANN, &"ann".parse().unwrap(), device)
    }

    async fn received(seat: &Seat) -> usize {
        seat.session.mailbox.put(Letter::Outcome("end".into()));
        seat.session.mailbox.take(None).await.0.len() - 1
    }

    #[tokio::test]
    async fn a_frame_reaches_every_session_but_the_excepted_one() {
        let hub = hub();
        let (phone, laptop) = (join(&hub, PHONE).unwrap(), join(&hub, LAPTOP).unwrap());
        hub.deliver(ANN, &"hi".into(), Some(phone.session.id));
        hub.deliver(UserId(2), &"not for ann".into(), None);
        assert_eq!((received(&phone).await, received(&laptop).await), (0, 1));
    }

    #[test]
    fn a_user_is_online_while_a_seat_is_taken_and_each_change_is_told_once() {
        let hub = hub();
        assert!(!hub.is_online(ANN));
        let (phone, laptop) = (join(&hub, PHONE).unwrap(), join(&hub, LAPTOP).unwrap());
        assert_eq!(hub.take_moves().moved.len(), 1);
        drop(phone);
        assert!(hub.is_online(ANN) && hub.take_moves().is_empty());
        drop(laptop);
        assert!(!hub.is_online(ANN));
        assert_eq!(hub.take_moves().moved.len(), 1);
    }

    #[test]
    fn too_many_sessions_and_a_closed_hub_are_refused() {
        let hub = hub();
        let _seats = (join(&hub, PHONE).unwrap(), join(&hub, LAPTOP).unwrap());
        assert_eq!(join(&hub, PHONE).err(), Some(CloseCode::TooMany));
        hub.close(Order::Drain);
        assert_eq!(join(&hub, PHONE).err(), Some(CloseCode::Restart));
    }

    #[tokio::test]
    async fn a_cut_meets_only_the_named_devices() {
        let hub = hub();
        let (phone, laptop) = (join(&hub, PHONE).unwrap(), join(&hub, LAPTOP).unwrap());
        hub.cut(ANN, &[PHONE], None, CloseCode::Revoked);
        assert_eq!(phone.session.mailbox.cut().await, CloseCode::Revoked);
        assert_eq!(received(&laptop).await, 0);
    }
}
