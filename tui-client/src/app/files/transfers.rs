//! The transfers under way, and how fast they are.

use crate::app::chats::Chat;
use chat_client::SafeText;
use chat_client::files::{Meter, Subject, TransferId, UploadRequest};
use chat_protocol::{ClientId, FileId};
use std::time::{Duration, Instant};

/// One transfer.
#[derive(Debug, Clone)]
pub struct Transfer {
    pub id: TransferId,
    pub subject: Subject,
    /// As it is sent or saved, not made safe.
    pub name: String,
    pub bytes_total: u64,
    pub bytes_done: u64,
    pub state: State,
    pub pace: Pace,
    meter: Meter,
}

/// How a transfer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It has not moved yet.
    Begun,
    Running,
    /// It goes on by itself; with a few words why it does not now.
    Waiting(SafeText),
    /// It has come to nothing. Only uploads stay as such: their message is still wanted.
    Failed(String),
}

/// How fast a transfer was when it was last heard of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    pub bytes_per_second: Option<u64>,
    pub left: Option<Duration>,
}

impl Transfer {
    pub fn is_upload(&self) -> bool {
        matches!(self.subject, Subject::Upload { .. })
    }

    pub fn is_failed(&self) -> bool {
        matches!(self.state, State::Failed(_))
    }

    /// Of 100.
    pub fn percent(&self) -> u64 {
        let share = u128::from(self.bytes_done) * 100 / u128::from(self.bytes_total.max(1));
        u64::try_from(share).unwrap_or(100).min(100)
    }
}

/// All transfers that are known.
#[derive(Debug, Default)]
pub struct Transfers {
    /// In the order in which they began.
    list: Vec<Transfer>,
    /// What was asked for, by number, so that it can be asked for again.
    asked: Vec<(TransferId, UploadRequest)>,
    /// Uploaded files whose message is not in the outbox yet.
    handed: Vec<(ClientId, TransferId)>,
}

impl Transfers {
    /// This upload was asked for.
    pub fn remember(&mut self, id: TransferId, request: UploadRequest) {
        self.asked.push((id, request));
    }

    /// This upload was taken up from an earlier process, and this is what it was: now it can be asked for again, too.
    pub fn remember_restored(&mut self, id: TransferId, request: UploadRequest) {
        if self.asked.iter().all(|(asked, _)| *asked != id) {
            self.remember(id, request);
        }
    }

    /// Takes back what was asked for, because it has ended.
    pub fn forget(&mut self, id: TransferId) -> Option<UploadRequest> {
        let at = self.asked.iter().position(|(asked, _)| *asked == id)?;
        Some(self.asked.remove(at).1)
    }

    pub fn begin(&mut self, id: TransferId, subject: Subject, name: String, bytes_total: u64) {
        let (state, pace, meter) = (State::Begun, Pace::default(), Meter::new());
        let begun = Transfer { id, subject, name, bytes_total, bytes_done: 0, state, pace, meter };
        match self.get_mut(id) {
            Some(known) => *known = begun,
            None => self.list.push(begun),
        }
    }

    pub fn progress(&mut self, id: TransferId, bytes_done: u64, bytes_total: u64, now: Instant) {
        let Some(transfer) = self.get_mut(id) else { return };
        transfer.state = State::Running;
        (transfer.bytes_done, transfer.bytes_total) = (bytes_done, bytes_total);
        transfer.meter.record(now, bytes_done);
        let bytes_per_second = transfer.meter.bytes_per_second(now);
        transfer.pace = Pace { bytes_per_second, left: transfer.meter.time_left(now, bytes_total) };
    }

    pub fn wait(&mut self, id: TransferId, cause: SafeText) {
        let Some(transfer) = self.get_mut(id) else { return };
        transfer.meter.pause();
        transfer.pace = Pace::default();
        transfer.state = State::Waiting(cause);
    }

    /// An upload's message is still wanted, so it stays until the user drops it. Nothing when it never began.
    pub fn fail(&mut self, id: TransferId, why: String) -> Option<Subject> {
        let transfer = self.get_mut(id)?;
        let subject = transfer.subject.clone();
        transfer.state = State::Failed(why);
        if !transfer.is_upload() {
            self.remove(id);
        }
        Some(subject)
    }

    /// An upload could not even begin, and its message is still wanted.
    pub fn fail_before_begin(&mut self, id: TransferId, request: UploadRequest, why: String) {
        let name = request.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let subject = Subject::Upload { to: request.to.clone(), text: request.text.clone() };
        self.begin(id, subject, name, 0);
        self.fail(id, why);
        self.remember(id, request);
    }

    pub fn remove(&mut self, id: TransferId) -> Option<Transfer> {
        let at = self.list.iter().position(|transfer| transfer.id == id)?;
        Some(self.list.remove(at))
    }

    /// The file is on the server, and its message goes to the outbox under this id.
    pub fn hand_over(&mut self, id: TransferId, client_id: ClientId) {
        self.forget(id);
        self.remove(id);
        self.handed.push((client_id, id));
    }

    /// The outbox has this message, or dropped it: the transfer whose file hangs on it, once.
    pub fn handed(&mut self, client_id: &ClientId) -> Option<TransferId> {
        let at = self.handed.iter().position(|(handed, _)| handed == client_id)?;
        Some(self.handed.remove(at).1)
    }

    /// Those that have not ended, in the order in which they began.
    pub fn under_way(&self) -> impl DoubleEndedIterator<Item = &Transfer> {
        self.list.iter().filter(|transfer| !transfer.is_failed())
    }

    /// Uploads that have come to nothing.
    pub fn failed(&self) -> impl Iterator<Item = &Transfer> {
        self.list.iter().filter(|transfer| transfer.is_failed())
    }

    /// Files on their way to a conversation, or meant for it.
    pub fn to<'a>(&'a self, chat: Option<&'a Chat>) -> impl Iterator<Item = &'a Transfer> {
        self.list.iter().filter(move |transfer| match &transfer.subject {
            Subject::Upload { to, .. } => chat.is_some_and(|chat| chat.is_target(to)),
            Subject::Download(_) => false,
        })
    }

    /// The file is being saved.
    pub fn of_file(&self, file: FileId) -> Option<&Transfer> {
        let is_of =
            |transfer: &&Transfer| matches!(&transfer.subject, Subject::Download(of) if of.id == file);
        self.list.iter().find(is_of)
    }

    fn get_mut(&mut self, id: TransferId) -> Option<&mut Transfer> {
        self.list.iter_mut().find(|transfer| transfer.id == id)
    }
}
