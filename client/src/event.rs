//! What a client's user can ask for, and what they are told.

use chat_protocol::{
    AddMembers, Attachment, ChangeGroup, ChangeSettings, ClientId, ConversationId, CreateGroup, Device,
    DeviceId, Entry, ErrorCode, Join, Leave, ListGroups, ListMembers, Member, MemberMarks, Password, Peer,
    Prefer, Preferences, PublicGroup, Quote, RemoveMember, Seq, SetRole, Settings, Summary, Target,
    UnixMillis, UserName, Version, Welcome,
};
use std::time::Duration;

/// What the library can be asked to do. Nothing of it waits.
#[derive(Debug, Clone)]
pub enum Command {
    /// Send a message, or change one. It is told of by [`Event::Outbox`] until it is sent or has failed.
    Send {
        /// Its id: the same content has the same id, however often it is tried.
        client_id: ClientId,
        /// Where to. A name stands for the conversation that is known for it; where none is, as before the first list, for
        /// whoever has it when the server is asked. Messages are changed where the conversation is known.
        target: Target,
        /// What.
        content: Content,
    },
    /// Find or make a conversation. Answer: [`Event::Opened`].
    Open(Target),
    /// Show a conversation: its newest page comes as [`Event::Newest`], then what is new as [`Event::Newer`].
    Load(ConversationId),
    /// Tell everything of a conversation above a number, without a hole, then what is new, as [`Event::Newer`].
    Follow {
        /// Which one.
        conversation: ConversationId,
        /// Above this number.
        after: Seq,
    },
    /// The page of entries just below a number. Answer: [`Event::Older`].
    Older {
        /// Of which conversation.
        conversation: ConversationId,
        /// Below this number.
        before: Seq,
        /// How many at most.
        limit: u32,
    },
    /// The page of entries just above a number, once, whether or not the conversation is followed. Answer:
    /// [`Event::Page`].
    Page {
        /// Of which conversation.
        conversation: ConversationId,
        /// Above this number.
        after: Seq,
        /// How many at most.
        limit: u32,
    },
    /// Everything up to a number has been read.
    Read {
        /// In which conversation.
        conversation: ConversationId,
        /// Up to and with this number.
        seq: Seq,
    },
    /// What a message said before it was edited. Answer: [`Event::Versions`].
    Versions {
        /// In which conversation.
        conversation: ConversationId,
        /// Which message.
        seq: Seq,
        /// Only what was said below this number; the last versions if none.
        before: Option<Seq>,
    },
    /// Make or change a group, or who is in it. Answer: [`Event::Done`], and [`Event::Opened`] for a new one.
    Group(GroupCommand),
    /// A page of the public groups. Answer: [`Event::Groups`].
    Groups(ListGroups),
    /// A page of a group's members. Answer: [`Event::Members`].
    Members(ListMembers),
    /// Look for messages in all conversations. Answer: [`Event::Found`].
    Search {
        /// What to look for, in the grammar of searches.
        query: String,
        /// The `next` of the page before; none for the first page.
        cursor: Option<String>,
        /// How many at most; as many as is usual if none.
        limit: Option<u32>,
    },
    /// Change what is given of what the user prefers about a conversation. Answer: [`Event::Preferences`] on each of their
    /// devices, and [`Event::Done`].
    Prefer(Prefer),
    /// Whom the user has blocked. Answer: [`Event::Blocked`].
    Blocked,
    /// Erase the user, with their password. Answer: [`Event::Done`], and then the end.
    DeleteAccount(Password),
    /// Change what is given of the user's settings, or just ask. Answer: [`Event::Settings`].
    Settings(ChangeSettings),
    /// The user is typing, or has stopped. To be given with each change of what is written: others are told seldom enough,
    /// and a message that is sent ends it by itself. Nobody is told without a connection, and there is no answer.
    Typing {
        /// Where.
        target: Target,
        /// True when nothing is being written any more.
        stopped: bool,
    },
    /// List the user's devices. Answer: [`Event::Devices`].
    Devices,
    /// Log a device out. Answer: [`Event::Done`].
    Revoke(DeviceId),
    /// Change the password. Answer: [`Event::Done`].
    ChangePassword {
        /// The one so far.
        old: Password,
        /// The new one.
        new: Password,
    },
    /// Log this device out. Answer: [`Event::Done`], and then the end.
    Logout,
    /// Try a message again that has failed.
    Retry(ClientId),
    /// Forget a message that has failed or is not sent yet.
    Discard(ClientId),
    /// End.
    Stop,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// How the connection is.
    Connection(Connection),
    /// Logged in. With a token when the device is new: keep it.
    Welcome(Welcome),
    /// A conversation, new or changed.
    Summary(Summary),
    /// All conversations have been told of; from here on changes come.
    Synced,
    /// The conversation that was asked for.
    Opened(Summary),
    /// The end of a loaded conversation's log. It replaces what was there: too much was missed to be told one by one.
    Newest {
        /// Of which conversation.
        conversation: ConversationId,
        /// In ascending order.
        entries: Vec<Entry>,
        /// True when nothing stands before them.
        at_start: bool,
    },
    /// What follows in a loaded or followed conversation, each entry once and in order, one's own too.
    Newer {
        /// Of which conversation.
        conversation: ConversationId,
        /// In ascending order.
        entries: Vec<Entry>,
    },
    /// A page that was asked for.
    Older {
        /// Of which conversation.
        conversation: ConversationId,
        /// In ascending order.
        entries: Vec<Entry>,
        /// True when nothing stands before them.
        at_start: bool,
    },
    /// The page above a number that was asked for.
    Page {
        /// Of which conversation.
        conversation: ConversationId,
        /// In ascending order, each message as it is at the head, or by what was told since.
        entries: Vec<Entry>,
        /// The conversation's last number when it was read.
        head: Seq,
    },
    /// A message of the user on its way.
    Outbox(Outgoing),
    /// Somebody came or went.
    Presence(Peer),
    /// What the user prefers about a conversation has changed, here or elsewhere.
    Preferences {
        /// Which one.
        conversation: ConversationId,
        /// All that they prefer about it.
        preferences: Preferences,
    },
    /// Whom the user has blocked, by name.
    Blocked(Vec<UserName>),
    /// The log begins here now: what stood before it is gone, and is to be forgotten, quotes of it as well. It is told before
    /// anything else of that conversation, also after a time without a connection.
    Begins {
        /// Of which conversation.
        conversation: ConversationId,
        /// The number of its first entry.
        first: Seq,
    },
    /// Somebody has deleted their account: what they wrote is gone, and what is left of them has another name. Whoever holds
    /// entries takes it in by [`Entry::forget_user`].
    Gone {
        /// What they were called.
        user: UserName,
        /// What stands in their place.
        now: UserName,
    },
    /// The same of the other one of a conversation, who has gone while there was no connection. It holds for that conversation alone:
    /// elsewhere somebody else may be called so by now.
    PeerGone {
        /// Which one.
        conversation: ConversationId,
        /// What they were called.
        user: UserName,
        /// What stands in their place.
        now: UserName,
    },
    /// Somebody else began to type or is not typing any more: they stopped, said something, went, or were not heard of for
    /// too long. Told once for each change.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        user: UserName,
        /// Whether they are typing from now on.
        typing: bool,
    },
    /// Versions of a message, in ascending order.
    Versions {
        /// In which conversation.
        conversation: ConversationId,
        /// Which message.
        seq: Seq,
        /// What it said.
        versions: Vec<Version>,
        /// Whether there are earlier ones.
        more: bool,
    },
    /// Public groups, by name.
    Groups {
        /// The groups.
        groups: Vec<PublicGroup>,
        /// Whether there are more.
        more: bool,
    },
    /// Members of a group, by name.
    Members {
        /// Of which one.
        conversation: ConversationId,
        /// The members.
        members: Vec<Member>,
        /// Whether there are more.
        more: bool,
    },
    /// What was done with a group stands in its log. Told before it is [`Event::Done`].
    GroupChanged {
        /// The id under which it was asked for.
        client_id: ClientId,
        /// Of which conversation.
        conversation: ConversationId,
        /// Under which number.
        seq: Seq,
        /// Since when.
        at: UnixMillis,
    },
    /// A member of a group is further than was known.
    Marks(MemberMarks),
    /// The user is not in this group any more.
    Left(ConversationId),
    /// Messages that were looked for, the newest first.
    Found {
        /// What was looked for.
        query: String,
        /// After which page.
        cursor: Option<String>,
        /// The messages, as they are now.
        hits: Vec<Entry>,
        /// The cursor of the next page; none after the last.
        next: Option<String>,
    },
    /// The user's settings.
    Settings(Settings),
    /// The user's devices.
    Devices(Vec<Device>),
    /// Something that was asked for is done.
    Done(Job),
    /// Something that was asked for was refused.
    Refused {
        /// What.
        job: Job,
        /// Why, for programs.
        code: ErrorCode,
        /// Why, for people.
        message: String,
    },
}

/// How the connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// Being made.
    Connecting,
    /// Logged in, learning what was missed.
    CatchingUp,
    /// Up to date.
    Live,
    /// Lost; the next try comes after this time.
    Waiting {
        /// The time.
        retry_in: Duration,
        /// What was wrong, in a few words.
        reason: String,
    },
    /// Over for good.
    Ended(Ended),
}

/// Why a connection is over for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Asked for.
    Stopped,
    /// The device was logged out, here or elsewhere.
    LoggedOut,
    /// The server refused the login.
    Refused {
        /// Why, for programs.
        code: ErrorCode,
        /// Why, for people.
        message: String,
    },
}

/// What is done with a group. Each has a fresh client id, under which the server does it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupCommand {
    /// Make one.
    Create(CreateGroup),
    /// Say what it is called or about.
    Change(ChangeGroup),
    /// Come into a public one.
    Join(Join),
    /// Bring others in.
    Add(AddMembers),
    /// Put somebody out.
    Remove(RemoveMember),
    /// Go.
    Leave(Leave),
    /// Say who is an admin.
    SetRole(SetRole),
}

/// What the user sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A message.
    Message {
        /// The text.
        text: String,
        /// The file that hangs on it: one that the user has uploaded, or may see.
        file: Option<Box<Attachment>>,
        /// The beginning of the message that it answers.
        reply_to: Option<Box<Quote>>,
    },
    /// Another text for one of the user's messages.
    Edit {
        /// The message's number.
        seq: Seq,
        /// Its text from here on.
        text: String,
    },
    /// One of the user's messages is taken back.
    Deletion {
        /// The message's number.
        seq: Seq,
    },
    /// A reaction to a message, or the end of one.
    Reaction {
        /// The message's number.
        seq: Seq,
        /// One emoji.
        emoji: String,
        /// True to take it back.
        removed: bool,
    },
}

impl Content {
    /// A message that is nothing but a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Message { text: text.into(), file: None, reply_to: None }
    }
}

/// What the user has sent, on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its id.
    pub client_id: ClientId,
    /// Where to.
    pub target: Target,
    /// What.
    pub content: Content,
    /// How far it is.
    pub state: OutgoingState,
}

/// How far a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutgoingState {
    /// It is on this disk, and goes out when it can.
    Queued,
    /// It is in the log, under this number.
    Sent {
        /// Of which conversation.
        conversation: ConversationId,
        /// Under which number.
        seq: Seq,
        /// Since when.
        at: UnixMillis,
    },
    /// It was refused and is not in the log. It is kept here, but not on the disk.
    Failed {
        /// Why, for programs.
        code: ErrorCode,
        /// Why, for people.
        message: String,
    },
    /// The user has taken it back. If it was on its way at that moment it may have arrived all the same.
    Discarded,
}

/// What a [`Event::Done`] or [`Event::Refused`] is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// [`Command::Open`].
    Open(Target),
    /// A page of this conversation.
    Page(ConversationId),
    /// [`Command::Read`], with the number that the server now knows.
    Read(ConversationId, Seq),
    /// [`Command::Versions`].
    Versions(ConversationId, Seq),
    /// [`Command::Group`], by its client id.
    Group(ClientId),
    /// [`Command::Groups`].
    Groups,
    /// [`Command::Members`].
    Members(ConversationId),
    /// [`Command::Search`], with the query.
    Search(String),
    /// [`Command::Prefer`].
    Prefer(Target),
    /// [`Command::Blocked`].
    Blocked,
    /// [`Command::DeleteAccount`].
    DeleteAccount,
    /// [`Command::Settings`].
    Settings,
    /// [`Command::Devices`].
    Devices,
    /// [`Command::Revoke`].
    Revoke(DeviceId),
    /// [`Command::ChangePassword`].
    ChangePassword,
    /// [`Command::Logout`].
    Logout,
    /// Keeping a message in the outbox.
    Queue(ClientId),
}
