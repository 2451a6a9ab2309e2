//! A session's mailbox: what others have for it, until its task takes it to the socket.

use parking_lot::Mutex;
use std::collections::VecDeque;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use chat_protocol::CloseCode;

/// A frame on its way to one session's socket.
#[derive(Debug)]
pub enum Letter {
    /// The outcome of one of the session's own sends.
    Outcome(Utf8Bytes),
    /// Something that happened elsewhere. Its bytes are shared by all who get it.
    Push(Utf8Bytes),
}

impl Letter {
    fn bytes(&self) -> usize {
        let (Self::Outcome(frame) | Self::Push(frame)) = self;
        frame.len()
    }
}

/// Whispers find room only in the first such part of a mailbox.
const WHISPER_PART: usize = 16;

/// How much waits for a reader at most.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Frames.
    pub frames_max: usize,
    /// Bytes in them. A frame can be long, so that their number alone would bound little.
    pub bytes_max: usize,
}

/// What the session's task shall do besides delivering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The server stops: take nothing more in, wait for what is in flight, then say goodbye.
    Drain,
    /// Close the socket now.
    Cut(CloseCode),
}

/// A bounded queue with one reader. Empty, it holds no memory.
#[derive(Debug)]
pub struct Mailbox {
    state: Mutex<State>,
    news: Notify,
    room: Room,
}

#[derive(Debug, Default)]
struct State {
    letters: VecDeque<Letter>,
    bytes: usize,
    order: Option<Order>,
}

impl Mailbox {
    /// When more waits than there is room for, the reader is too slow: it is cut off with
    /// [`CloseCode::Lagging`] and what waits is dropped, for it will catch up from the log.
    pub fn new(room: Room) -> Self {
        Self { state: Mutex::default(), news: Notify::new(), room }
    }

    /// Adds a letter. Never waits.
    pub fn put(&self, letter: Letter) {
        let mut state = self.state.lock();
        if matches!(state.order, Some(Order::Cut(_))) {
            return;
        }
        let bytes = state.bytes + letter.bytes();
        if state.letters.len() >= self.room.frames_max || bytes > self.room.bytes_max {
            state.order = Some(Order::Cut(CloseCode::Lagging));
            state.letters = VecDeque::new();
        } else {
            state.bytes = bytes;
            state.letters.push_back(letter);
        }
        drop(state);
        self.news.notify_one();
    }

    /// Adds a push that nobody misses, unless the reader is behind: what can be lost never costs the room of what cannot.
    /// Never waits, and never cuts the reader off.
    pub fn whisper(&self, frame: &Utf8Bytes) {
        let state = self.state.lock();
        let has_room = state.letters.len() < self.room.frames_max / WHISPER_PART
            && state.bytes + frame.len() <= self.room.bytes_max / WHISPER_PART;
        drop(state);
        if has_room {
            self.put(Letter::Push(frame.clone()));
        }
    }

    /// Gives an order. The first cut holds; a cut replaces a drain.
    pub fn order(&self, order: Order) {
        let mut state = self.state.lock();
        match (state.order, order) {
            (Some(Order::Cut(_)), _) | (Some(Order::Drain), Order::Drain) => return,
            _ => state.order = Some(order),
        }
        drop(state);
        self.news.notify_one();
    }

    /// Waits for something new, then takes all letters and tells the order that holds. An order that the reader
    /// knows already (`known`) is nothing new.
    pub async fn take(&self, known: Option<Order>) -> (VecDeque<Letter>, Option<Order>) {
        loop {
            {
                let mut state = self.state.lock();
                if !state.letters.is_empty() || state.order != known {
                    state.bytes = 0;
                    return (std::mem::take(&mut state.letters), state.order);
                }
            }
            self.news.notified().await;
        }
    }

    /// Waits until the session is to be cut. For the session's own task only, like [`Self::take`].
    pub async fn cut(&self) -> CloseCode {
        loop {
            if let Some(Order::Cut(code)) = self.state.lock().order {
                return code;
            }
            self.news.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(text: &str) -> Letter {
        Letter::Push(text.into())
    }

    fn mailbox(frames_max: usize, bytes_max: usize) -> Mailbox {
        Mailbox::new(Room { frames_max, bytes_max })
    }

    #[tokio::test]
    async fn letters_come_out_in_order() {
        let mailbox = mailbox(8, 100);
        mailbox.put(push("a"));
        mailbox.put(Letter::Outcome("b".into()));
        let (letters, order) = mailbox.take(None).await;
        let texts: Vec<_> =
            letters.iter().map(|(Letter::Push(text) | Letter::Outcome(text))| text.as_str()).collect();
        assert_eq!((texts, order), (vec!["a", "b"], None));
    }

    #[tokio::test]
    async fn a_full_mailbox_cuts_its_reader_off() {
        for mailbox in [mailbox(2, 100), mailbox(100, 2)] {
            for _ in 0..5 {
                mailbox.put(push("x"));
            }
            let (letters, order) = mailbox.take(None).await;
            assert!(letters.is_empty(), "it will catch up from the log, not from half a queue");
            assert_eq!(order, Some(Order::Cut(CloseCode::Lagging)));
        }
    }

    #[tokio::test]
    async fn whispers_to_a_reader_who_is_behind_are_dropped_and_cut_nobody_off() {
        for (mailbox, heard) in [(mailbox(2 * WHISPER_PART, 1000), 2), (mailbox(1000, 3 * WHISPER_PART), 3)] {
            for _ in 0..1000 {
                mailbox.whisper(&"x".into());
            }
            mailbox.put(push("entry"));
            let (letters, order) = mailbox.take(None).await;
            assert_eq!((letters.len(), order), (heard + 1, None));
            mailbox.whisper(&"x".into());
            assert_eq!(mailbox.take(None).await.0.len(), 1, "the reader has caught up");
        }
    }

    #[tokio::test]
    async fn whoever_keeps_up_is_never_cut_off() {
        let mailbox = mailbox(2, 2);
        for _ in 0..5 {
            mailbox.put(push("xx"));
            assert_eq!(mailbox.take(None).await.1, None);
        }
    }

    #[tokio::test]
    async fn a_cut_replaces_a_drain_and_is_not_replaced() {
        let mailbox = mailbox(2, 100);
        mailbox.order(Order::Drain);
        assert_eq!(mailbox.take(None).await.1, Some(Order::Drain));
        mailbox.order(Order::Cut(CloseCode::Revoked));
        mailbox.order(Order::Drain);
        mailbox.order(Order::Cut(CloseCode::Lagging));
        assert_eq!(mailbox.take(Some(Order::Drain)).await.1, Some(Order::Cut(CloseCode::Revoked)));
        assert_eq!(mailbox.cut().await, CloseCode::Revoked);
    }
}
