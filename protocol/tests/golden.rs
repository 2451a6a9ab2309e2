//! The bytes on the wire, pinned: each frame and request stands in `golden/` as it is sent, one a line, and is read back
//! as what it was. A change here is a change of the protocol; `docs/protocol.md` has its rules.
#![allow(clippy::unwrap_used)] // All of it is a test.

use chat_protocol::*;

const FRAMES: &str = include_str!("golden/frames.json");
const REQUESTS: &str = include_str!("golden/requests.json");
const FROM_LATER: &str = include_str!("golden/from_later.json");

const AT: UnixMillis = 1_790_000_000_000;

fn id(text: &str) -> RequestId {
    text.parse().unwrap()
}

fn name(text: &str) -> UserName {
    text.parse().unwrap()
}

fn seq(number: u64) -> Seq {
    Seq::new(number).unwrap()
}

fn talk() -> ConversationId {
    ConversationId::from_bits(0x00ff_00ff_00ff_00ff)
}

fn device() -> DeviceId {
    DeviceId::from_bits(0x1234)
}

fn client_id() -> ClientId {
    "A-b_9".parse().unwrap()
}

fn entry() -> Entry {
    let body = Body::Message(Message::of("hi \"there\"\n👋\u{1b}\u{202e}"));
    Entry { conversation: talk(), seq: seq(7), at: AT, from: name("ann"), client_id: client_id(), body }
}

fn file() -> FileId {
    FileId::from_bits(0xf11e)
}

fn entry_with_file() -> Entry {
    let attachment = Attachment {
        id: file(),
        name: "../\"naïve\" 👋.png".to_owned(),
        size: 2 << 30,
        media_type: "image/png".to_owned(),
        sha256: ContentHash::from_bytes([0xab; 32]),
    };
    let message = Message { file: Some(Box::new(attachment)), ..Message::default() };
    Entry { body: Body::Message(message), ..entry() }
}

/// A message to which all has happened that can, short of its end.
fn entry_with_all() -> Entry {
    let quote = Quote { seq: seq(3), from: name("bob"), text: "how?".to_owned(), file: None, deleted: false };
    let users = vec![name("ann"), name("bob")];
    let message = Message {
        reply_to: Some(Box::new(quote)),
        mentions: vec![name("bob")],
        edited_at: Some(AT + 1),
        reactions: vec![Reactions { emoji: "👍".to_owned(), users }],
        changed: Some(seq(10)),
        ..Message::of("so")
    };
    Entry { body: Body::Message(message), ..entry() }
}

/// An answer to a deleted message with a file, deleted itself, and then told of as it is now.
fn entries_after_deletion() -> [Entry; 2] {
    let quote = |file, deleted| {
        Some(Box::new(Quote { seq: seq(3), from: name("bob"), text: String::new(), file, deleted }))
    };
    let with_file = Message { reply_to: quote(Some("a.png".to_owned()), false), ..Message::of("x") };
    let with_deleted = Message { reply_to: quote(None, true), ..Message::of("x") };
    [with_file, with_deleted].map(|message| Entry { body: Body::Message(message), ..entry() })
}

fn entries_about_others() -> [Entry; 10] {
    let (target, emoji) = (seq(7), "👍".to_owned());
    let deleted = Message { deleted_at: Some(AT + 1), changed: Some(seq(9)), ..Message::default() };
    [
        Body::Message(deleted),
        Body::Edit { target, text: "better".to_owned() },
        Body::Deletion { target },
        Body::Reaction { target, emoji: emoji.clone(), removed: false },
        Body::Reaction { target, emoji, removed: true },
        Body::Group(GroupChange {
            name: Some("ops".parse().unwrap()),
            topic: Some("what runs".to_owned()),
            past: Some(Past::None),
            public: Some(true),
            retention_days: None,
        }),
        Body::Group(GroupChange { retention_days: Some(90), ..GroupChange::default() }),
        Body::Group(GroupChange { topic: Some(String::new()), ..GroupChange::default() }),
        Body::Members { change: MemberChange::Added, users: vec![name("bob"), name("eve")] },
        Body::Members { change: MemberChange::Left, users: vec![name("ann")] },
    ]
    .map(|body| Entry { body, ..entry() })
}

fn summary(last: Option<Entry>, last_seen: Option<UnixMillis>) -> Summary {
    let peer = Peer { user: name("bob"), online: last_seen.is_some(), last_seen };
    let peer_marks = last_seen.map(|_| Marks { delivered: seq(7), read: Some(seq(6)) });
    let head = last.as_ref().map_or(Seq::ZERO, |entry| entry.seq);
    Summary {
        conversation: talk(),
        kind: Kind::Direct { peer, peer_marks },
        first: seq(1),
        head,
        read: seq(0),
        unread: 7,
        mentions: 0,
        preferences: Preferences::default(),
        last,
    }
}

fn group_summary() -> Summary {
    let group = Group {
        name: "ops".parse().unwrap(),
        topic: "what runs".to_owned(),
        public: true,
        past: Past::All,
        members: 2,
        role: Role::Member,
        retention_days: Some(90),
    };
    let preferences = Preferences { level: Level::Mentions, archived: seq(7), blocked: false };
    Summary { kind: Kind::Group(group), mentions: 2, preferences, ..summary(None, None) }
}

fn ack(mentions: Vec<UserName>) -> Frame {
    Frame::Ack { id: id("4"), client_id: client_id(), conversation: talk(), seq: seq(7), at: AT, mentions }
}

fn welcome(token: Option<Token>) -> Frame {
    let limits = Limits {
        text_bytes_max: 8192,
        frame_bytes_max: 65_536,
        page_entries_max: 200,
        sends_per_second: 1000,
        file_bytes_max: 8_388_608,
        retention_days: token.is_some().then_some(365),
    };
    let (version, server, user) = (1, "chat-server 0.1.0".to_owned(), name("ann"));
    Frame::Welcome(Welcome { id: id("1"), version, server, user, device: device(), token, now: AT, limits })
}

fn frames() -> Vec<Frame> {
    let failure =
        |id, code, retry_after_ms| Failure { id, code, message: "why not".to_owned(), retry_after_ms };
    let row = Device {
        device: device(),
        name: "laptop".to_owned(),
        created_at: AT,
        last_seen: AT + 1,
        current: true,
    };
    let page = |entries, head| Page { id: id("8"), conversation: talk(), entries, first: seq(1), head };
    let marks = |read| {
        let marks = Marks { delivered: seq(7), read };
        Frame::Marks(MemberMarks { conversation: talk(), user: name("bob"), marks })
    };
    let mut frames = vec![
        welcome(None),
        welcome(Some(Token::new("ab".repeat(32)))),
        Frame::Ok { id: id("request 2") },
        Frame::Pong { id: id("3") },
        ack(Vec::new()),
        ack(vec![name("bob"), name("ann")]),
        Frame::Opened { id: id("5"), summary: summary(None, None) },
        Frame::Opened { id: id("5"), summary: group_summary() },
        Frame::Conversations {
            id: id("6"),
            conversations: vec![summary(Some(entry()), Some(AT))],
            next: None,
        },
        Frame::Conversations { id: id("7"), conversations: vec![], next: Some("next".to_owned()) },
        Frame::Page(page(vec![entry()], seq(7))),
        Frame::Page(page(vec![], Seq::ZERO)),
        Frame::Versions(Versions {
            id: id("11"),
            conversation: talk(),
            seq: seq(7),
            versions: vec![Version { seq: seq(7), at: AT, text: "helo".to_owned() }],
            more: false,
        }),
        Frame::Groups {
            id: id("13"),
            groups: vec![PublicGroup {
                conversation: talk(),
                name: "ops".parse().unwrap(),
                topic: "what runs".to_owned(),
                members: 2,
                joined: true,
            }],
            more: false,
        },
        Frame::Members {
            id: id("14"),
            conversation: talk(),
            members: vec![Member {
                user: name("bob"),
                role: Role::Admin,
                online: true,
                marks: Marks { delivered: seq(7), read: None },
            }],
            more: true,
        },
        Frame::Found(Found { id: id("13"), hits: vec![entry()], next: Some("next".to_owned()) }),
        Frame::Found(Found { id: id("14"), hits: vec![], next: None }),
        Frame::Settings { id: id("12"), settings: Settings { read_receipts: false } },
        Frame::Blocked { id: id("15"), users: vec![name("bob")] },
        Frame::Devices { id: id("9"), devices: vec![row] },
        Frame::Error(failure(None, ErrorCode::BadJson, None)),
        Frame::Error(failure(Some(id("10")), ErrorCode::RateLimited, Some(250))),
        Frame::Entry(entry()),
        Frame::Entry(entry_with_file()),
        Frame::Entry(entry_with_all()),
        Frame::Left { conversation: talk() },
        Frame::Presence(Presence { peer: Peer { user: name("bob"), online: false, last_seen: Some(AT) } }),
        Frame::Preferences { conversation: talk(), preferences: Preferences::default() },
        Frame::Preferences {
            conversation: talk(),
            preferences: Preferences { level: Level::None, archived: seq(7), blocked: true },
        },
        Frame::Begins { conversation: talk(), first: seq(7) },
        Frame::Gone { user: name("bob"), now: name("deleted-1a2b3c") },
        Frame::Receipt(Receipt {
            conversation: talk(),
            user: name("ann"),
            read: seq(5),
            unread: 7,
            mentions: 2,
        }),
        Frame::Receipt(Receipt {
            conversation: talk(),
            user: name("ann"),
            read: seq(limits::SEQ_MAX),
            unread: 0,
            mentions: 0,
        }),
        marks(Some(seq(6))),
        marks(None),
        Frame::Typing(Typing { conversation: talk(), user: name("bob"), lease_ms: limits::TYPING_LEASE_MS }),
        Frame::Typing(Typing { conversation: talk(), user: name("bob"), lease_ms: 0 }),
    ];
    let told = entries_about_others().into_iter().chain(entries_after_deletion()).map(Frame::Entry);
    let at = frames.iter().position(|frame| matches!(frame, Frame::Left { .. })).unwrap();
    frames.splice(at..at, told);
    frames
}

/// A new frame does not compile here until somebody has thought of its line in `golden/frames.json`.
fn place(frame: &Frame) -> usize {
    match frame {
        Frame::Welcome(_) => 0,
        Frame::Ok { .. } => 1,
        Frame::Pong { .. } => 2,
        Frame::Ack { .. } => 3,
        Frame::Opened { .. } => 4,
        Frame::Conversations { .. } => 5,
        Frame::Page(_) => 6,
        Frame::Versions(_) => 7,
        Frame::Groups { .. } => 8,
        Frame::Members { .. } => 9,
        Frame::Found(_) => 10,
        Frame::Settings { .. } => 11,
        Frame::Blocked { .. } => 12,
        Frame::Devices { .. } => 13,
        Frame::Error(_) => 14,
        Frame::Entry(_) => 15,
        Frame::Left { .. } => 16,
        Frame::Presence(_) => 17,
        Frame::Preferences { .. } => 18,
        Frame::Begins { .. } => 19,
        Frame::Gone { .. } => 20,
        Frame::Receipt(_) => 21,
        Frame::Marks(_) => 22,
        Frame::Typing(_) => 23,
        Frame::Unknown => panic!("nobody sends what nobody knows"),
    }
}

fn ops() -> GroupName {
    "ops".parse().unwrap()
}

fn requests() -> Vec<Call> {
    let login = |device: &str| Login {
        version: VERSION,
        user: name("ann"),
        password: Password::new("correct horse"),
        device: device.to_owned(),
    };
    let send = |target| Send {
        target,
        client_id: client_id(),
        text: "hi 👋".to_owned(),
        file: None,
        reply_to: None,
    };
    let react = |removed| React {
        conversation: talk(),
        seq: seq(7),
        client_id: client_id(),
        emoji: "👍".to_owned(),
        removed,
    };
    let versions = |before| ListVersions { conversation: talk(), seq: seq(7), before };
    let search = |cursor, limit| Search { query: "from:bob \"so long\"".to_owned(), cursor, limit };
    let history = |before, after, limit| History { conversation: talk(), before, after, limit };
    vec![
        Call::Hello(Hello { version: VERSION, token: Some(Token::new("ab".repeat(32))) }),
        Call::Hello(Hello { version: VERSION, token: None }),
        Call::Login(login("laptop")),
        Call::Register(login("")),
        Call::Open(Open { target: Target::To(name("bob")) }),
        Call::Open(Open { target: Target::Conversation(talk()) }),
        Call::Open(Open { target: Target::Group(ops()) }),
        Call::List(List::default()),
        Call::List(List { cursor: Some("next".to_owned()), limit: Some(10) }),
        Call::History(history(None, None, None)),
        Call::History(history(Some(seq(5)), None, Some(50))),
        Call::History(history(None, Some(seq(5)), Some(200))),
        Call::Send(send(Target::To(name("bob")))),
        Call::Send(send(Target::Conversation(talk()))),
        Call::Send(Send { file: Some(file()), text: String::new(), ..send(Target::To(name("bob"))) }),
        Call::Send(Send { reply_to: Some(seq(3)), ..send(Target::Conversation(talk())) }),
        Call::Edit(Edit {
            conversation: talk(),
            seq: seq(7),
            client_id: client_id(),
            text: "better".to_owned(),
        }),
        Call::Delete(Delete { conversation: talk(), seq: seq(7), client_id: client_id() }),
        Call::React(react(false)),
        Call::React(react(true)),
        Call::Versions(versions(None)),
        Call::Versions(versions(Some(seq(9)))),
        Call::CreateGroup(CreateGroup {
            client_id: client_id(),
            name: ops(),
            topic: "what runs".to_owned(),
            public: true,
            past: Past::None,
            members: vec![name("bob")],
        }),
        Call::CreateGroup(CreateGroup {
            client_id: client_id(),
            name: ops(),
            topic: String::new(),
            public: false,
            past: Past::All,
            members: vec![],
        }),
        Call::ChangeGroup(ChangeGroup {
            conversation: talk(),
            client_id: client_id(),
            name: Some(ops()),
            topic: None,
            past: None,
            retention_days: None,
        }),
        Call::ChangeGroup(ChangeGroup {
            conversation: talk(),
            client_id: client_id(),
            name: None,
            topic: None,
            past: Some(Past::All),
            retention_days: Some(90),
        }),
        Call::Join(Join { group: ops(), client_id: client_id() }),
        Call::AddMembers(AddMembers {
            conversation: talk(),
            client_id: client_id(),
            users: vec![name("bob"), name("eve")],
        }),
        Call::RemoveMember(RemoveMember { conversation: talk(), client_id: client_id(), user: name("eve") }),
        Call::Leave(Leave { conversation: talk(), client_id: client_id() }),
        Call::SetRole(SetRole {
            conversation: talk(),
            client_id: client_id(),
            user: name("bob"),
            role: Role::Admin,
        }),
        Call::Groups(ListGroups::default()),
        Call::Groups(ListGroups { after: Some(ops()), limit: Some(10) }),
        Call::Members(ListMembers { conversation: talk(), after: None, limit: None }),
        Call::Members(ListMembers { conversation: talk(), after: Some(name("bob")), limit: Some(10) }),
        Call::Search(search(None, None)),
        Call::Search(search(Some("next".to_owned()), Some(10))),
        Call::Read(Read { conversation: talk(), seq: seq(7) }),
        Call::Delivered(Delivered { conversation: talk(), seq: seq(7) }),
        Call::Typing(NotifyTyping { target: Target::To(name("bob")), stopped: false }),
        Call::Typing(NotifyTyping { target: Target::Conversation(talk()), stopped: true }),
        Call::Prefer(Prefer {
            target: Target::Group(ops()),
            level: Some(Level::Mentions),
            archived: Some(true),
            blocked: None,
        }),
        Call::Prefer(Prefer {
            target: Target::To(name("bob")),
            level: None,
            archived: None,
            blocked: Some(true),
        }),
        Call::Blocked {},
        Call::Settings(ChangeSettings::default()),
        Call::Settings(ChangeSettings { read_receipts: Some(false) }),
        Call::Password(ChangePassword {
            old: Password::new("correct horse"),
            new: Password::new("battery staple"),
        }),
        Call::DeleteAccount(DeleteAccount { password: Password::new("correct horse") }),
        Call::Devices {},
        Call::Revoke(Revoke { device: device() }),
        Call::Logout {},
        Call::Ping {},
    ]
}

/// As [`place`], for requests and `golden/requests.json`.
fn call_place(call: &Call) -> usize {
    match call {
        Call::Hello(_) => 0,
        Call::Login(_) => 1,
        Call::Register(_) => 2,
        Call::Open(_) => 3,
        Call::List(_) => 4,
        Call::History(_) => 5,
        Call::Send(_) => 6,
        Call::Edit(_) => 7,
        Call::Delete(_) => 8,
        Call::React(_) => 9,
        Call::Versions(_) => 10,
        Call::CreateGroup(_) => 11,
        Call::ChangeGroup(_) => 12,
        Call::Join(_) => 13,
        Call::AddMembers(_) => 14,
        Call::RemoveMember(_) => 15,
        Call::Leave(_) => 16,
        Call::SetRole(_) => 17,
        Call::Groups(_) => 18,
        Call::Members(_) => 19,
        Call::Search(_) => 20,
        Call::Read(_) => 21,
        Call::Delivered(_) => 22,
        Call::Typing(_) => 23,
        Call::Prefer(_) => 24,
        Call::Blocked {} => 25,
        Call::Settings(_) => 26,
        Call::Password(_) => 27,
        Call::DeleteAccount(_) => 28,
        Call::Devices {} => 29,
        Call::Revoke(_) => 30,
        Call::Logout {} => 31,
        Call::Ping {} => 32,
    }
}

fn check_all_places(mut places: Vec<usize>, count: usize) {
    places.dedup();
    assert_eq!(
        places,
        (0..count).collect::<Vec<_>>(),
        "every kind has a line, in the order of its declaration"
    );
}

fn check_lines(golden: &str, encoded: &[String]) {
    let golden: Vec<_> = golden.lines().collect();
    for (line, (golden, encoded)) in golden.iter().zip(encoded).enumerate() {
        assert_eq!(golden, encoded, "line {}", line + 1);
    }
    assert_eq!(golden.len(), encoded.len(), "as many lines as there are frames:\n{}", encoded.join("\n"));
}

#[test]
fn frames_are_sent_and_read_as_they_always_were() {
    let frames = frames();
    check_all_places(frames.iter().map(place).collect(), 24);
    check_lines(FRAMES, &frames.iter().map(Frame::encode).collect::<Vec<_>>());
    for (line, frame) in FRAMES.lines().zip(frames) {
        assert_eq!(serde_json::from_str::<Frame>(line).unwrap(), frame);
    }
}

#[test]
fn requests_are_sent_and_read_as_they_always_were() {
    let requests: Vec<_> = requests().into_iter().map(|call| Request { id: id("1"), call }).collect();
    check_all_places(requests.iter().map(|request| call_place(&request.call)).collect(), 33);
    check_lines(REQUESTS, &requests.iter().map(Request::encode).collect::<Vec<_>>());
    for (line, request) in REQUESTS.lines().zip(requests) {
        assert_eq!(decode_request(line).unwrap(), request);
    }
}

#[test]
fn what_a_later_server_says_is_passed_over() {
    let read: Vec<Frame> = FROM_LATER.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [
        unknown_type,
        Frame::Entry(entry),
        Frame::Opened { summary, .. },
        Frame::Error(failure),
        Frame::Ok { .. },
    ] = read.as_slice()
    else {
        panic!("{read:?}");
    };
    assert_eq!(*unknown_type, Frame::Unknown);
    assert_eq!((&entry.body, entry.seq), (&Body::Unknown, seq(8)), "it has its number all the same");
    assert_eq!(summary.kind, Kind::Unknown);
    assert_eq!(failure.code, ErrorCode::Unknown);
}

#[test]
fn error_codes_are_spelled_as_they_always_were() {
    use ErrorCode::*;
    let spelled = serde_json::to_string(&vec![
        BadJson,
        BinaryFrame,
        FrameTooLarge,
        UnknownType,
        BadField,
        VersionUnsupported,
        Unauthenticated,
        AlreadyAuthenticated,
        BadCredentials,
        NameTaken,
        RegistrationClosed,
        UnknownUser,
        UnknownConversation,
        UnknownGroup,
        NotAllowed,
        NoChange,
        LastAdmin,
        UnknownMessage,
        MessageDeleted,
        NotYours,
        Blocked,
        LimitReached,
        UnknownDevice,
        UnknownFile,
        FileTooLarge,
        QuotaExceeded,
        WrongOffset,
        WrongChecksum,
        IdConflict,
        RateLimited,
        Busy,
        Unavailable,
        Internal,
    ]);
    assert_eq!(spelled.unwrap(), include_str!("golden/error_codes.json").trim_end());
}
