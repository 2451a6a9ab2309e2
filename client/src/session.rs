//! What a client knows and does next, without a socket, a disk or a clock.
//!
//! Commands and frames go in with the time; what to send and what to tell comes out of [`Session::next_output`]. It keeps
//! no log: each entry is told once, in order, and then belongs to whoever listens.
#![deny(clippy::disallowed_methods)]

mod arrivals;
mod beginnings;
mod catch_up;
mod changes;
mod departures;
mod groups;
mod heads;
mod marks;
mod names;
mod outgoing;
mod requests;
mod typing;

use crate::event::{Command, Connection, Content, Event, Job, Outgoing, OutgoingState};
use arrivals::Arrivals;
use catch_up::Tracked;
use chat_protocol::{
    Call, ChangePassword, ClientId, ConversationId, DeleteAccount, ErrorCode, Failure, Found, Frame, History,
    List, ListVersions, Open, Request, Revoke, Search, Summary, UserName, Versions, Welcome, limits,
};
use outgoing::OutgoingQueue;
use requests::{Asked, Requests};
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;
use typing::Typists;

/// Entries in a page that shows a conversation.
const PAGE: u32 = 50;

/// What is to be done next.
#[derive(Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all outputs are events, and none is kept for long")]
pub enum Output {
    /// Send this to the server.
    Request(Request),
    /// Tell this.
    Event(Event),
    /// These messages have another target now, and are to be kept so; [`Session::handle_kept`] waits for it.
    Keep(Vec<Outgoing>),
    /// This message need not be kept on disk any more.
    Settled(ClientId),
}

/// The state of one user's client.
#[derive(Default)]
pub struct Session {
    me: Option<UserName>,
    /// Nobody is told what has reached this client.
    is_silent: bool,
    /// Logged in on a connection that lives.
    online: bool,
    requests: Requests,
    conversations: HashMap<ConversationId, Tracked>,
    outgoing: OutgoingQueue,
    typists: Typists,
    arrivals: Arrivals,
    /// The conversations that the list of this connection has told of so far.
    listed: HashSet<ConversationId>,
    /// The groups that were left while a summary was on its way, which may have been read before that.
    left: HashSet<ConversationId>,
    outputs: VecDeque<Output>,
}

impl Session {
    /// A session that has never been connected.
    pub fn new() -> Self {
        Self::default()
    }

    /// A session that tells nobody what has reached it.
    pub fn silent() -> Self {
        Self { is_silent: true, ..Self::default() }
    }

    /// What to do next. To be asked until there is nothing.
    pub fn next_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_time`] is to be called at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        if !self.online {
            return None;
        }
        let deadlines = [self.outgoing.deadline(), self.typists.deadline(), self.arrivals.deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// Time has passed.
    pub fn handle_time(&mut self, now: Instant) {
        self.expire_typing(now);
        self.tell_arrivals(now);
        self.keep_again(now);
        self.pump(now);
    }

    /// The login has been answered with a welcome.
    pub fn handle_welcome(&mut self, welcome: Welcome, now: Instant) {
        self.me = Some(welcome.user.clone());
        self.online = true;
        self.tell(Event::Welcome(welcome));
        self.tell(Event::Connection(Connection::CatchingUp));
        self.listed.clear();
        self.ask(Asked::List, Call::List(List { cursor: None, limit: Some(limits::LIST_MAX) }));
        let loading: Vec<_> = self
            .conversations
            .iter()
            .filter(|(_, tracked)| tracked.is_loading())
            .map(|(id, _)| *id)
            .collect();
        loading.into_iter().for_each(|id| self.ask_newest(id));
        self.pump(now);
    }

    /// The connection is lost. What was asked and is not repeated by itself is refused.
    pub fn handle_disconnected(&mut self) {
        self.online = false;
        self.outgoing.handle_disconnected();
        self.forget_typing();
        self.forget_arrivals();
        self.left.clear();
        self.conversations.values_mut().for_each(Tracked::handle_disconnected);
        for asked in self.requests.drain() {
            if let Some(job) = asked.job() {
                let message = "the connection was lost".to_owned();
                self.tell(Event::Refused { job, code: ErrorCode::Unavailable, message });
            }
        }
    }

    /// The user wants something. A message has been put on the disk before.
    pub fn handle_command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Send { client_id, target, content } => {
                let ends_typing = matches!(content, Content::Message { .. });
                let target = self.known_as(&target);
                let outgoing = self.outgoing.push(client_id, target.clone(), content);
                self.tell_outgoing(outgoing);
                self.pump(now);
                if ends_typing {
                    self.notify_typing(&target, true, now);
                }
            }
            Command::Retry(client_id) => {
                if let Some(outgoing) = self.outgoing.retry(&client_id) {
                    self.tell_outgoing(outgoing);
                    self.pump(now);
                }
            }
            Command::Discard(client_id) => {
                if let Some(outgoing) = self.outgoing.discard(&client_id) {
                    self.tell_outgoing(outgoing);
                    self.pump(now);
                }
            }
            Command::Load(id) => self.load(id),
            Command::Follow { conversation, after } => self.follow(conversation, after),
            Command::Read { conversation, seq } => self.read(conversation, seq),
            Command::Typing { target, stopped } => self.notify_typing(&target, stopped, now),
            Command::Open(target) => {
                self.ask_user(Asked::Open(target.clone(), true), Call::Open(Open { target }));
            }
            Command::Older { conversation, before, limit } => {
                let page = History { conversation, before: Some(before), after: None, limit: Some(limit) };
                self.ask_user(Asked::Older(conversation, self.head(conversation)), Call::History(page));
            }
            Command::Page { conversation, after, limit } => {
                let page = History { conversation, before: None, after: Some(after), limit: Some(limit) };
                self.ask_user(Asked::Page(conversation, self.head(conversation)), Call::History(page));
            }
            Command::Versions { conversation, seq, before } => {
                let versions = ListVersions { conversation, seq, before };
                self.ask_user(Asked::Versions(conversation, seq), Call::Versions(versions));
            }
            Command::Group(group) => self.change_group(group),
            Command::Groups(list) => self.ask_user(Asked::Groups, Call::Groups(list)),
            Command::Members(list) => {
                self.ask_user(Asked::Members(list.conversation), Call::Members(list));
            }
            Command::Search { query, cursor, limit } => {
                let asked = Asked::Search(query.clone(), cursor.clone());
                self.ask_user(asked, Call::Search(Search { query, cursor, limit }));
            }
            Command::Prefer(prefer) => {
                self.ask_user(Asked::Prefer(prefer.target.clone()), Call::Prefer(prefer));
            }
            Command::Blocked => self.ask_user(Asked::Blocked, Call::Blocked {}),
            Command::DeleteAccount(password) => {
                self.ask_user(Asked::DeleteAccount, Call::DeleteAccount(DeleteAccount { password }));
            }
            Command::Settings(change) => self.ask_user(Asked::Settings, Call::Settings(change)),
            Command::Devices => self.ask_user(Asked::Devices, Call::Devices {}),
            Command::Revoke(device) => self.ask_user(Asked::Revoke(device), Call::Revoke(Revoke { device })),
            Command::ChangePassword { old, new } => {
                self.ask_user(Asked::ChangePassword, Call::Password(ChangePassword { old, new }));
            }
            Command::Logout => self.ask_user(Asked::Logout, Call::Logout {}),
            Command::Stop => {}
        }
    }

    /// The server said something.
    pub fn handle_frame(&mut self, frame: Frame, now: Instant) {
        match frame {
            Frame::Entry(entry) => self.handle_entry(entry, now),
            Frame::Presence(presence) => {
                self.update_peer(&presence.peer);
                self.handle_typist_moved(&presence.peer);
                self.tell(Event::Presence(presence.peer));
            }
            Frame::Receipt(receipt) => self.handle_receipt(&receipt),
            Frame::Typing(typing) => self.handle_typing(typing, now),
            Frame::Ok { id } => {
                if let Some(job) = self.requests.take(&id).and_then(|asked| asked.job()) {
                    self.tell(Event::Done(job));
                }
            }
            Frame::Ack { id, client_id, conversation, seq, at, mentions } => match self.requests.take(&id) {
                Some(Asked::Group(_)) => self.handle_group_changed(client_id, conversation, seq, at),
                _ => {
                    self.handle_ack(client_id, (conversation, seq, at), mentions, now);
                    self.pump(now);
                }
            },
            Frame::Opened { id, summary } => {
                match self.requests.take(&id) {
                    Some(Asked::Open(_, true)) => self.tell(Event::Opened(summary.clone())),
                    Some(Asked::Group(client_id)) => {
                        self.tell(Event::Opened(summary.clone()));
                        self.tell(Event::Done(Job::Group(client_id)));
                    }
                    Some(Asked::Prefer(target)) => {
                        self.handle_preferences(summary.conversation, summary.preferences);
                        self.tell(Event::Done(Job::Prefer(target)));
                    }
                    Some(Asked::Meant(client_id, name)) => {
                        self.outgoing.answered(&client_id);
                        self.resolve(&name, summary.conversation);
                    }
                    _ => {}
                }
                self.handle_summary(summary, now);
                self.pump(now);
            }
            Frame::Groups { id, groups, more } => {
                if self.requests.take(&id).is_some() {
                    self.tell(Event::Groups { groups, more });
                }
            }
            Frame::Members { id, conversation, members, more } => {
                if self.requests.take(&id).is_some() {
                    self.tell(Event::Members { conversation, members, more });
                }
            }
            Frame::Left { conversation } => self.handle_left(conversation),
            Frame::Conversations { id, conversations, next } => {
                if self.requests.take(&id).is_some() {
                    self.handle_list(conversations, next, now);
                }
            }
            Frame::Page(page) => {
                if let Some(asked) = self.requests.take(&page.id) {
                    self.handle_page(asked, page, now);
                }
            }
            Frame::Versions(Versions { id, conversation, seq, versions, more }) => {
                if self.requests.take(&id).is_some() {
                    self.tell(Event::Versions { conversation, seq, versions, more });
                }
            }
            Frame::Found(Found { id, hits, next }) => {
                if let Some(Asked::Search(query, cursor)) = self.requests.take(&id) {
                    self.tell(Event::Found { query, cursor, hits, next });
                }
            }
            Frame::Settings { id, settings } => {
                if self.requests.take(&id).is_some() {
                    self.tell(Event::Settings(settings));
                }
            }
            Frame::Marks(marks) => self.handle_marks(&marks),
            Frame::Preferences { conversation, preferences } => {
                self.handle_preferences(conversation, preferences);
            }
            Frame::Blocked { id, users } => {
                if self.requests.take(&id).is_some() {
                    self.tell(Event::Blocked(users));
                }
            }
            Frame::Begins { conversation, first } => self.handle_begins(conversation, first),
            Frame::Gone { user, now } => self.handle_gone(user, now),
            Frame::Devices { id, devices } => {
                if self.requests.take(&id).is_some() {
                    self.tell(Event::Devices(devices));
                }
            }
            Frame::Error(failure) => self.handle_failure(failure, now),
            Frame::Welcome(_) | Frame::Pong { .. } | Frame::Unknown => {}
        }
    }

    fn handle_list(&mut self, conversations: Vec<Summary>, next: Option<String>, now: Instant) {
        self.listed.extend(conversations.iter().map(|summary| summary.conversation));
        conversations.into_iter().for_each(|summary| self.handle_summary(summary, now));
        if next.is_some() {
            self.ask(Asked::List, Call::List(List { cursor: next, limit: Some(limits::LIST_MAX) }));
        } else {
            self.ask_for_unlisted();
            self.tell(Event::Synced);
            self.tell(Event::Connection(Connection::Live));
        }
    }

    fn handle_failure(&mut self, failure: Failure, now: Instant) {
        let Failure { id, code, message, retry_after_ms } = failure;
        match id.and_then(|id| self.requests.take(&id)) {
            Some(Asked::Send(client_id) | Asked::Meant(client_id, _)) => {
                if let Some(outgoing) = self.outgoing.refused(&client_id, code, message, retry_after_ms, now)
                {
                    self.tell_outgoing(outgoing);
                }
                self.pump(now);
            }
            Some(asked) => {
                if let Some(tracked) = asked.conversation().and_then(|id| self.conversations.get_mut(&id)) {
                    tracked.give_up_page();
                }
                self.learn_from_refusal(&asked, code);
                if let Some(job) = asked.job() {
                    self.tell(Event::Refused { job, code, message });
                }
            }
            None => {}
        }
    }

    /// Sends what may be sent.
    fn pump(&mut self, now: Instant) {
        if !self.online {
            return;
        }
        for (client_id, call) in self.outgoing.ready(now) {
            let asked = match &call {
                Call::Open(open) => Asked::Meant(client_id, open.target.clone()),
                _ => Asked::Send(client_id),
            };
            self.ask(asked, call);
        }
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// Whatever is not queued any more need not be kept on the disk.
    fn tell_outgoing(&mut self, outgoing: Outgoing) {
        if outgoing.state != OutgoingState::Queued {
            self.outputs.push_back(Output::Settled(outgoing.client_id.clone()));
        }
        self.tell(Event::Outbox(outgoing));
    }

    fn ask(&mut self, asked: Asked, call: Call) {
        let id = self.requests.add(asked);
        self.outputs.push_back(Output::Request(Request { id, call }));
    }

    /// Asks for something that is refused at once without a connection.
    fn ask_user(&mut self, asked: Asked, call: Call) {
        if self.online {
            self.ask(asked, call);
        } else if let Some(job) = asked.job() {
            let message = "not connected to the server right now".to_owned();
            self.tell(Event::Refused { job, code: ErrorCode::Unavailable, message });
        }
    }

    /// Something was not even begun.
    pub(crate) fn refuse(&mut self, job: Job, message: String) {
        self.tell(Event::Refused { job, code: ErrorCode::Unavailable, message });
    }

    /// The message with this id, for the disk.
    pub(crate) fn outgoing(&self, client_id: &ClientId) -> Option<Outgoing> {
        self.outgoing.find(client_id)
    }
}

impl Asked {
    /// What the user is told that this was about; nothing for what repeats by itself.
    fn job(&self) -> Option<Job> {
        Some(match self {
            Self::Open(target, true) => Job::Open(target.clone()),
            Self::Older(conversation, _) | Self::Page(conversation, _) => Job::Page(*conversation),
            Self::Read(conversation, seq) => Job::Read(*conversation, *seq),
            Self::Versions(conversation, seq) => Job::Versions(*conversation, *seq),
            Self::Group(client_id) => Job::Group(client_id.clone()),
            Self::Groups => Job::Groups,
            Self::Members(conversation) => Job::Members(*conversation),
            Self::Search(query, _) => Job::Search(query.clone()),
            Self::Prefer(target) => Job::Prefer(target.clone()),
            Self::Blocked => Job::Blocked,
            Self::DeleteAccount => Job::DeleteAccount,
            Self::Settings => Job::Settings,
            Self::Devices => Job::Devices,
            Self::Revoke(device) => Job::Revoke(*device),
            Self::ChangePassword => Job::ChangePassword,
            Self::Logout => Job::Logout,
            Self::List
            | Self::Open(_, false)
            | Self::Newest(..)
            | Self::Gap(..)
            | Self::Send(_)
            | Self::Meant(..) => return None,
        })
    }
}

#[cfg(test)]
mod tests;
