//! A small world for tests: alice, her conversations, a clock that stands still.

use super::{Effect, Model, Msg, Surface, update};
use chat_client::files::{Subject, TransferChange, TransferEvent, TransferId};
use chat_client::{Connection, Content, Event, Outgoing, OutgoingState};
use chat_protocol::{
    Attachment, Body, ClientId, ContentHash, ConversationId, DeviceId, Entry, ErrorCode, FileId, Group,
    GroupChange, Kind, Limits, Marks, Member, MemberChange, Message, Past, Peer, Preferences, Quote, Role,
    Seq, Summary, Target, UserName, Welcome,
};
use chrono::DateTime;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::time::{Duration, Instant};

/// Monday, 2 March 2026, 09:00 UTC.
pub const MORNING: u64 = 1_772_442_000_000;

pub fn name(text: &str) -> UserName {
    text.parse().unwrap()
}

pub fn seq(number: u64) -> Seq {
    Seq::new(number).unwrap()
}

pub fn conversation(number: u64) -> ConversationId {
    ConversationId::from_bits(number)
}

/// The number of a conversation that is named by its id, as everything is that may wait.
pub fn number_of(target: &Target) -> u64 {
    match target {
        Target::Conversation(id) => id.bits(),
        Target::To(_) | Target::Group(_) => panic!("{target:?} may be another's later"),
    }
}

pub fn client_id(text: &str) -> ClientId {
    text.parse().unwrap()
}

/// Alice's model, on a clock that knows no time zones.
pub fn alice(surface: Surface, size: (u16, u16)) -> Model {
    let local_time =
        |at: u64| DateTime::from_timestamp_millis(at.cast_signed()).unwrap_or_default().naive_utc();
    let mut model = Model::new(surface, name("alice"), local_time);
    model.size = size;
    model
}

pub fn entry(number: u64, at: u64, from: &str, text: &str) -> Entry {
    let body = Body::Message(Message::of(text));
    let client_id = client_id(&format!("{from}-{at}"));
    Entry {
        conversation: conversation(number),
        seq: seq(at),
        at: MORNING + at * 60_000,
        from: name(from),
        client_id,
        body,
    }
}

/// An entry that changes a message of bob's and alice's conversation.
fn change(at: u64, from: &str, body: Body) -> Entry {
    Entry { body, ..entry(1, at, from, "") }
}

pub fn edit(at: u64, from: &str, target: u64, text: &str) -> Entry {
    change(at, from, Body::Edit { target: seq(target), text: text.to_owned() })
}

pub fn deletion(at: u64, from: &str, target: u64) -> Entry {
    change(at, from, Body::Deletion { target: seq(target) })
}

pub fn reaction(at: u64, from: &str, target: u64, emoji: &str, removed: bool) -> Entry {
    change(at, from, Body::Reaction { target: seq(target), emoji: emoji.to_owned(), removed })
}

/// A message that answers another one, which said `quoted`.
pub fn reply(at: u64, from: &str, target: u64, quoted_from: &str, quoted: &str, text: &str) -> Entry {
    let quote = Quote::of(seq(target), name(quoted_from), &Message::of(quoted));
    let body = Body::Message(Message { reply_to: Some(Box::new(quote)), ..Message::of(text) });
    change(at, from, body)
}

/// Entries that follow in the conversation with bob.
pub fn newer(model: &mut Model, entries: Vec<Entry>) -> Vec<Effect> {
    hear(model, Event::Newer { conversation: conversation(1), entries })
}

/// The group `#ops` with the number 3, of which alice is an admin.
pub fn ops(head: u64, unread: u32, members: u32) -> Summary {
    let group = Group {
        name: "ops".parse().unwrap(),
        topic: "what \u{202e}runs".to_owned(),
        public: false,
        past: Past::All,
        retention_days: None,
        members,
        role: Role::Admin,
    };
    Summary { kind: Kind::Group(group), ..summary(3, "bob", head, unread) }
}

pub fn group_entry(at: u64, from: &str, change: GroupChange) -> Entry {
    Entry { body: Body::Group(change), ..entry(3, at, from, "") }
}

pub fn members_entry(at: u64, from: &str, change: MemberChange, users: &[&str]) -> Entry {
    let users = users.iter().map(|user| name(user)).collect();
    Entry { body: Body::Members { change, users }, ..entry(3, at, from, "") }
}

/// A member, and how far they are.
pub fn member(user: &str, delivered: u64, read: Option<u64>) -> Member {
    let marks = Marks { delivered: Seq::new(delivered).unwrap_or_default(), read: read.map(seq) };
    Member { user: name(user), role: Role::Member, online: user == "bob", marks }
}

/// Alice in `#ops` with bob and eve, who have got as much as they have read.
pub fn alice_in_ops(size: (u16, u16)) -> Model {
    let mut model = busy_alice(size);
    hear(&mut model, Event::Summary(ops(7, 0, 3)));
    type_text(&mut model, "/msg #ops\n");
    let made = GroupChange {
        name: Some("ops".parse().unwrap()),
        topic: None,
        past: Some(Past::All),
        public: Some(false),
        retention_days: None,
    };
    let entries = vec![
        group_entry(1, "alice", made),
        members_entry(2, "alice", MemberChange::Added, &["bob", "eve"]),
        entry(3, 3, "alice", "hello all"),
        entry(3, 4, "bob", "hi"),
        members_entry(5, "alice", MemberChange::Promoted, &["bob"]),
        entry(3, 6, "bob", "thanks"),
        entry(3, 7, "alice", "any news?"),
    ];
    hear(&mut model, Event::Newest { conversation: conversation(3), entries, at_start: true });
    let admin = Member { role: Role::Admin, ..member("alice", 7, Some(7)) };
    let members = vec![admin, member("bob", 7, Some(6)), member("eve", 3, Some(3))];
    hear(&mut model, Event::Members { conversation: conversation(3), members, more: false });
    model
}

/// How far bob is in the conversation with him.
pub fn marks(model: &mut Model, delivered: u64, read: Option<u64>) {
    let mut summary = model.chats.get(conversation(1)).unwrap().summary.clone();
    if let Kind::Direct { peer_marks, .. } = &mut summary.kind {
        *peer_marks = Some(Marks { delivered: seq(delivered), read: read.map(seq) });
    }
    hear(model, Event::Summary(summary));
}

/// A change of a message of the conversation with bob, on its way.
pub fn outgoing_change(id: &str, content: Content, failure: Option<&str>) -> Outgoing {
    Outgoing { target: Target::Conversation(conversation(1)), content, ..outgoing(id, "bob", "", failure) }
}

/// A file with so many bytes.
pub fn file(id: u64, name: &str, size: u64, media_type: &str) -> Attachment {
    let (name, media_type) = (name.to_owned(), media_type.to_owned());
    Attachment { id: FileId::from_bits(id), name, size, media_type, sha256: ContentHash::from_bytes([0; 32]) }
}

/// An entry on which a file hangs, whose id is the entry's number.
pub fn file_entry(at: u64, from: &str, name: &str, media_type: &str, text: &str) -> Entry {
    let file = Some(Box::new(file(at, name, at * 10_000, media_type)));
    let body = Body::Message(Message { file, ..Message::of(text) });
    Entry { body, ..entry(1, at, from, text) }
}

/// Alice with bob: two of his files, and one of hers.
pub fn alice_with_files(size: (u16, u16)) -> Model {
    let mut model = busy_alice(size);
    model.home = Some("/home/ann".to_owned());
    let entries = vec![
        file_entry(5, "bob", "harbour.png", "image/png", "look at it"),
        file_entry(6, "bob", "a report with a long name.pdf", "application/pdf", ""),
        file_entry(7, "alice", "../evil\u{202e}gnp.exe", "application/octet-stream", ""),
    ];
    hear(&mut model, Event::Newer { conversation: conversation(1), entries });
    model
}

/// Something happens to a transfer, so many milliseconds after another time.
pub fn transfer(model: &mut Model, id: u64, change: TransferChange, at_ms: u64) -> Vec<Effect> {
    #[allow(clippy::disallowed_methods)] // Any instant will do to count from.
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let event = TransferEvent { id: TransferId::new(id), change };
    update(model, Msg::Transfer(event, *START + Duration::from_millis(at_ms)))
}

/// A file of 8 MiB for bob is taken on.
pub fn upload_begins(model: &mut Model, id: u64, name: &str, text: &str) {
    let subject = Subject::Upload { to: Target::Conversation(conversation(1)), text: text.to_owned() };
    let change = TransferChange::Started { subject, name: name.to_owned(), bytes_total: 8 << 20 };
    transfer(model, id, change, 0);
}

/// The conversation with `peer`, with so many entries of which so many are unread.
pub fn summary(number: u64, peer: &str, head: u64, unread: u32) -> Summary {
    let peer = Peer { user: name(peer), online: number % 2 == 1, last_seen: Some(MORNING) };
    Summary {
        conversation: conversation(number),
        last: (head > 0).then(|| entry(number, head, peer.user.as_str(), "last")),
        kind: Kind::Direct { peer, peer_marks: None },
        first: seq(1),
        head: seq(head),
        read: seq(head - u64::from(unread)),
        unread,
        mentions: 0,
        preferences: Preferences::default(),
    }
}

pub fn welcome() -> Event {
    Event::Welcome(Welcome {
        id: "1".parse().unwrap(),
        version: 1,
        server: "test".to_owned(),
        user: name("alice"),
        device: DeviceId::from_bits(1),
        token: None,
        now: MORNING,
        limits: Limits {
            text_bytes_max: 100,
            frame_bytes_max: 65536,
            page_entries_max: 200,
            sends_per_second: 50,
            file_bytes_max: 0,
            retention_days: None,
        },
    })
}

pub fn outgoing(id: &str, to: &str, text: &str, failure: Option<&str>) -> Outgoing {
    let state = match failure {
        Some(message) => OutgoingState::Failed { code: ErrorCode::IdConflict, message: message.to_owned() },
        None => OutgoingState::Queued,
    };
    let (client_id, target) = (client_id(id), Target::To(name(to)));
    Outgoing { client_id, target, content: Content::text(text), state }
}

/// Alice with bob (four messages, two of them new) and carol.
pub fn busy_alice(size: (u16, u16)) -> Model {
    let mut model = alice(Surface::Screen, size);
    hear(&mut model, welcome());
    hear(&mut model, Event::Summary(summary(1, "bob", 4, 2)));
    hear(&mut model, Event::Summary(summary(2, "carol", 2, 1)));
    hear(&mut model, Event::Synced);
    hear(&mut model, Event::Connection(Connection::Live));
    let entries = vec![
        entry(1, 1, "bob", "good morning"),
        entry(1, 2, "alice", "hi :)"),
        entry(1, 3, "bob", "did you see 👩‍👩‍👧 and \u{1b}[2J the \u{202e}evil one?"),
        entry(1, 4, "bob", "two\nlines"),
    ];
    hear(&mut model, Event::Newest { conversation: conversation(1), entries, at_start: true });
    model
}

pub fn hear(model: &mut Model, event: Event) -> Vec<Effect> {
    update(model, Msg::Heard(event))
}

pub fn press(model: &mut Model, code: KeyCode, modifiers: KeyModifiers) -> Vec<Effect> {
    update(model, Msg::Key(KeyEvent::new(code, modifiers)))
}

/// Types letters; a line break is Enter.
pub fn type_text(model: &mut Model, text: &str) -> Vec<Effect> {
    let key = |c| if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
    text.chars().flat_map(|c| press(model, key(c), KeyModifiers::NONE)).collect()
}
