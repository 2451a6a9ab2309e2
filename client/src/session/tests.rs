//! The session against hand-made frames, and against a model of a server whose connection breaks at any moment.

mod arrivals;
mod beginnings;
mod changes;
mod departures;
mod groups;
mod heads;
mod mentions;
mod model;
mod names;
mod preferences;
mod typing;

use super::*;
use crate::event::{Outgoing, OutgoingState};
use chat_protocol::{Body, Entry, Kind, Limits, Message, Page, Peer, RequestId, Seq, Target};
use std::time::Duration;

const CHAT: ConversationId = ConversationId::from_bits(1);

#[allow(clippy::disallowed_methods)] // Any instant will do to count from.
fn start() -> Instant {
    Instant::now()
}

fn seq(number: u64) -> Seq {
    Seq::new(number).unwrap()
}

fn entry(number: u64, from: &str, client_id: &str) -> Entry {
    let body = Body::Message(Message::of(format!("text {client_id}")));
    let (from, client_id) = (from.parse().unwrap(), client_id.parse().unwrap());
    Entry { conversation: CHAT, seq: seq(number), at: number, from, client_id, body }
}

fn summary(head: u64) -> Summary {
    let peer = Peer { user: "bob".parse().unwrap(), online: false, last_seen: None };
    let last = (head > 0).then(|| entry(head, "bob", &format!("b{head}")));
    Summary {
        conversation: CHAT,
        kind: Kind::Direct { peer, peer_marks: None },
        first: seq(1),
        head: seq(head),
        read: Seq::ZERO,
        unread: 0,
        mentions: 0,
        preferences: chat_protocol::Preferences::default(),
        last,
    }
}

fn welcome() -> Welcome {
    let limits = Limits {
        text_bytes_max: 8192,
        frame_bytes_max: 65536,
        page_entries_max: 200,
        sends_per_second: 9,
        file_bytes_max: 0,
        retention_days: None,
    };
    Welcome {
        id: "login".parse().unwrap(),
        version: 1,
        server: String::new(),
        user: "ann".parse().unwrap(),
        device: chat_protocol::DeviceId::from_bits(1),
        token: None,
        now: 0,
        limits,
    }
}

/// A session, the frames it wants to send and what it told.
struct Bench {
    session: Session,
    now: Instant,
    requests: VecDeque<Request>,
    events: Vec<Event>,
    /// What was to be kept with another target from then on.
    kept: Vec<(String, Target)>,
    /// The disk takes nothing.
    is_disk_full: bool,
}

impl Bench {
    fn new() -> Self {
        let (requests, events, kept) = (VecDeque::new(), Vec::new(), Vec::new());
        Self { session: Session::new(), now: start(), requests, events, kept, is_disk_full: false }
    }

    /// Logged in, with one conversation whose log ends at `head`.
    fn live(head: u64) -> Self {
        let mut bench = Self::new();
        bench.reconnect(head);
        bench
    }

    /// Logs in on a new connection; the list is asked for.
    fn connect(&mut self) {
        self.session.handle_welcome(welcome(), self.now);
        self.drain();
    }

    fn reconnect(&mut self, head: u64) {
        self.connect();
        let id = self.asked(|call| matches!(call, Call::List(_)));
        self.frame(Frame::Conversations { id, conversations: vec![summary(head)], next: None });
    }

    fn frame(&mut self, frame: Frame) {
        self.session.handle_frame(frame, self.now);
        self.drain();
    }

    fn command(&mut self, command: Command) {
        self.session.handle_command(command, self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.next_output() {
            match output {
                Output::Request(request) => self.requests.push_back(request),
                Output::Event(event) => self.events.push(event),
                Output::Keep(messages) => {
                    if !self.is_disk_full {
                        let kept = messages.iter().map(|one| (one.client_id.to_string(), one.target.clone()));
                        self.kept.extend(kept);
                    }
                    self.session.handle_kept(&messages, !self.is_disk_full, self.now);
                }
                Output::Settled(_) => {}
            }
        }
    }

    /// The id of the one request of this kind.
    fn asked(&mut self, kind: impl Fn(&Call) -> bool) -> RequestId {
        let at = self.requests.iter().position(|request| kind(&request.call)).expect("it was asked");
        self.requests.remove(at).unwrap().id
    }

    fn gap_asked_after(&mut self, after: u64) -> RequestId {
        self.asked(|call| matches!(call, Call::History(page) if page.after == Some(seq(after))))
    }

    fn page(&mut self, id: RequestId, numbers: impl Iterator<Item = u64>, head: u64) {
        let entries = numbers.map(|number| entry(number, "bob", &format!("b{number}"))).collect();
        self.frame(Frame::Page(Page { id, conversation: CHAT, entries, first: seq(1), head: seq(head) }));
    }

    fn told(&mut self) -> Vec<u64> {
        let numbers = |event: Event| match event {
            Event::Newer { entries, .. } | Event::Newest { entries, .. } => entries,
            _ => Vec::new(),
        };
        self.events.drain(..).flat_map(numbers).map(|entry| entry.seq.get()).collect()
    }

    fn send(&mut self, id: &str) {
        let target = Target::To("bob".parse().unwrap());
        self.sends_to(target, id, Content::text(format!("text {id}")));
    }

    fn changes(&mut self, id: &str, content: Content) {
        self.sends_to(Target::Conversation(CHAT), id, content);
    }

    fn sends_to(&mut self, target: Target, id: &str, content: Content) {
        self.command(Command::Send { client_id: id.parse().unwrap(), target, content });
    }

    /// The one request with this client id is in the log.
    fn acks(&mut self, id: &str, number: u64) {
        let request = self.asked(|call| client_id_of(call).is_some_and(|asked| asked.as_str() == id));
        let client_id = id.parse().unwrap();
        self.frame(Frame::Ack {
            id: request,
            client_id,
            conversation: CHAT,
            seq: seq(number),
            at: number,
            mentions: Vec::new(),
        });
    }

    fn passes(&mut self, time: Duration) {
        self.now += time;
        self.session.handle_time(self.now);
        self.drain();
    }

    /// The id of the one question which conversation is the one with this user.
    fn asked_for(&mut self, user: &str) -> RequestId {
        let target = Target::To(user.parse().unwrap());
        self.asked(|call| matches!(call, Call::Open(open) if open.target == target))
    }

    /// The client ids of what was sent.
    fn sends(&mut self) -> Vec<String> {
        let id = |request: Request| client_id_of(&request.call).map(ToString::to_string);
        self.requests.drain(..).filter_map(id).collect()
    }
}

fn client_id_of(call: &Call) -> Option<&ClientId> {
    match call {
        Call::Send(send) => Some(&send.client_id),
        Call::Edit(edit) => Some(&edit.client_id),
        Call::Delete(delete) => Some(&delete.client_id),
        Call::React(react) => Some(&react.client_id),
        _ => None,
    }
}

#[test]
fn a_page_above_a_number_is_told_once_and_refused_without_a_connection() {
    let mut bench = Bench::live(5);
    let asked = Command::Page { conversation: CHAT, after: seq(1), limit: 2 };
    bench.command(asked.clone());
    let id = bench.gap_asked_after(1);
    bench.events.clear();
    bench.page(id, 2..=3, 5);
    let entries = [2, 3].map(|number| entry(number, "bob", &format!("b{number}"))).to_vec();
    assert_eq!(bench.events, [Event::Page { conversation: CHAT, entries, head: seq(5) }]);
    assert!(bench.requests.is_empty(), "whoever wants the next one asks");
    bench.command(asked.clone());
    bench.events.clear();
    bench.session.handle_disconnected();
    bench.drain();
    bench.command(asked);
    let is_refused = |event: &&Event| {
        matches!(event, Event::Refused { job: Job::Page(CHAT), code: ErrorCode::Unavailable, .. })
    };
    assert_eq!(bench.events.iter().filter(is_refused).count(), 2);
}

#[test]
fn pushes_are_told_once_and_in_order_and_gaps_are_fetched() {
    let mut bench = Bench::live(2);
    bench.command(Command::Follow { conversation: CHAT, after: seq(2) });
    for number in [1, 2, 3, 3, 4] {
        bench.frame(Frame::Entry(entry(number, "bob", &format!("b{number}"))));
    }
    assert_eq!(bench.told(), [3, 4]);
    bench.frame(Frame::Entry(entry(7, "bob", "b7")));
    assert_eq!(bench.told(), [0; 0]);
    let id = bench.gap_asked_after(4);
    bench.frame(Frame::Entry(entry(8, "bob", "b8")));
    bench.page(id, 5..=7, 7);
    let id = bench.gap_asked_after(7);
    bench.page(id, 8..=8, 8);
    assert_eq!(bench.told(), [5, 6, 7, 8]);
}

#[test]
fn a_short_page_is_followed_by_the_next() {
    let mut bench = Bench::live(5);
    bench.command(Command::Follow { conversation: CHAT, after: Seq::ZERO });
    for after in 0..5 {
        let id = bench.gap_asked_after(after);
        bench.page(id, after + 1..=after + 1, 5);
    }
    assert_eq!(bench.told(), [1, 2, 3, 4, 5]);
}

#[test]
fn a_loaded_conversation_begins_anew_when_too_much_was_missed_and_a_followed_one_never() {
    for (command, is_anew) in
        [(Command::Load(CHAT), true), (Command::Follow { conversation: CHAT, after: Seq::ZERO }, false)]
    {
        let mut bench = Bench::live(1);
        bench.command(command);
        let id = bench.asked(|call| matches!(call, Call::History(_)));
        bench.page(id, 1..=1, 1);
        bench.session.handle_disconnected();
        bench.reconnect(9000);
        let newest =
            bench.asked(|call| matches!(call, Call::History(page) if (page.after.is_none()) == is_anew));
        bench.page(newest, 8951..=9000, 9000);
        assert_eq!(
            bench.events.iter().filter(|event| matches!(event, Event::Newest { .. })).count(),
            if is_anew { 2 } else { 0 }
        );
    }
}

#[test]
fn an_unknown_conversation_is_asked_for() {
    let mut bench = Bench::new();
    bench.connect();
    bench.frame(Frame::Entry(entry(1, "bob", "b1")));
    bench.frame(Frame::Entry(entry(2, "bob", "b2")));
    let id =
        bench.asked(|call| matches!(call, Call::Open(open) if open.target == Target::Conversation(CHAT)));
    assert!(!bench.requests.iter().any(|request| matches!(request.call, Call::Open(_))), "once");
    bench.frame(Frame::Opened { id, summary: summary(2) });
    assert!(bench.events.contains(&Event::Summary(summary(2))));
    assert!(!bench.events.contains(&Event::Opened(summary(2))), "the user did not ask");
}

#[test]
fn messages_go_one_at_a_time_to_each_conversation() {
    let mut bench = Bench::live(0);
    bench.send("1");
    bench.send("2");
    bench.command(Command::Send {
        client_id: "3".parse().unwrap(),
        target: Target::Conversation(CHAT),
        content: Content::text("x"),
    });
    bench.command(Command::Send {
        client_id: "4".parse().unwrap(),
        target: Target::To("eve".parse().unwrap()),
        content: Content::text("x"),
    });
    bench.asked_for("eve");
    assert_eq!(bench.sends(), ["1"], "the conversation with bob is one, by name or by id");
    let (id, client_id) = ("99".parse().unwrap(), "1".parse().unwrap());
    bench.frame(Frame::Ack { id, client_id, conversation: CHAT, seq: seq(1), at: 1, mentions: Vec::new() });
    assert_eq!(bench.sends(), ["2"]);
}

#[test]
fn the_sender_sees_their_own_file() {
    let file = Box::new(chat_protocol::Attachment {
        id: chat_protocol::FileId::from_bits(5),
        name: "photo.png".to_owned(),
        size: 3,
        media_type: "image/png".to_owned(),
        sha256: chat_protocol::ContentHash::from_bytes([7; 32]),
    });
    let content = Content::Message { text: String::new(), file: Some(file.clone()), reply_to: None };
    let mut bench = Bench::live(0);
    bench.command(Command::Load(CHAT));
    let id = bench.asked(|call| matches!(call, Call::History(_)));
    bench.page(id, 1..1, 0);
    let (client_id, target) = ("1".parse().unwrap(), Target::Conversation(CHAT));
    bench.command(Command::Send { client_id, target, content: content.clone() });
    let Some(Request { call: Call::Send(send), .. }) = bench.requests.pop_front() else { panic!("not sent") };
    assert_eq!(send.file, Some(file.id));
    let (id, client_id) = ("99".parse().unwrap(), "1".parse().unwrap());
    bench.frame(Frame::Ack { id, client_id, conversation: CHAT, seq: seq(1), at: 1, mentions: Vec::new() });
    let is_whole = |event: &Event| match event {
        Event::Newer { entries, .. } => {
            matches!(&entries[..], [Entry { body: Body::Message(Message { file: Some(told), .. }), .. }] if *told == file)
        }
        _ => false,
    };
    assert!(bench.events.iter().any(is_whole), "{:?}", bench.events);
    let is_sent = |event: &Event| matches!(event, Event::Outbox(outgoing) if outgoing.content == content);
    assert_eq!(bench.events.iter().filter(|event| is_sent(event)).count(), 2, "queued, and sent");
}

#[test]
fn a_message_in_flight_goes_again_under_its_id_after_a_reconnect() {
    let mut bench = Bench::live(0);
    bench.send("1");
    assert_eq!(bench.sends(), ["1"]);
    bench.session.handle_disconnected();
    bench.send("2");
    bench.connect();
    assert_eq!(bench.sends(), ["1"]);
}

#[test]
fn later_means_later_and_no_means_no() {
    let mut bench = Bench::live(0);
    bench.send("1");
    bench.send("2");
    let failure = |id, code, retry_after_ms| {
        Frame::Error(Failure { id: Some(id), code, message: String::new(), retry_after_ms })
    };
    let id = bench.asked(|call| matches!(call, Call::Send(_)));
    bench.frame(failure(id, ErrorCode::RateLimited, Some(500)));
    assert_eq!(bench.sends(), [""; 0], "the second does not overtake");
    assert_eq!(bench.session.deadline(), Some(bench.now + Duration::from_millis(500)));
    bench.passes(Duration::from_millis(500));
    let id = bench.asked(|call| matches!(call, Call::Send(send) if send.client_id.as_str() == "1"));
    bench.frame(failure(id, ErrorCode::UnknownUser, None));
    assert_eq!(bench.sends(), ["2"], "a message that failed holds up nobody");
    let failed =
        |event: &Event| matches!(event, Event::Outbox(Outgoing { state: OutgoingState::Failed { .. }, .. }));
    assert!(bench.events.iter().any(failed));
    bench.command(Command::Retry("1".parse().unwrap()));
    let (id, client_id) = ("99".parse().unwrap(), "2".parse().unwrap());
    bench.frame(Frame::Ack { id, client_id, conversation: CHAT, seq: seq(1), at: 1, mentions: Vec::new() });
    assert_eq!(bench.sends(), ["1"]);
}

#[test]
fn the_read_watermark_only_grows_and_is_repeated_after_a_reconnect() {
    let mut bench = Bench::live(9);
    let reads = |bench: &mut Bench| {
        let read = |request: Request| match request.call {
            Call::Read(read) => Some(read.seq.get()),
            _ => None,
        };
        bench.requests.drain(..).filter_map(read).collect::<Vec<_>>()
    };
    for number in [3, 2, 3, 5] {
        bench.command(Command::Read { conversation: CHAT, seq: seq(number) });
    }
    assert_eq!(reads(&mut bench), [3, 5]);
    bench.session.handle_disconnected();
    bench.command(Command::Read { conversation: CHAT, seq: seq(7) });
    bench.reconnect(9);
    assert_eq!(reads(&mut bench), [7]);
}

#[test]
fn what_is_asked_without_a_connection_is_refused_at_once() {
    let mut bench = Bench::new();
    bench.command(Command::Devices);
    assert!(matches!(bench.events[..], [Event::Refused { job: Job::Devices, .. }]));
}

#[test]
fn a_search_is_asked_and_told_with_what_was_looked_for() {
    let mut bench = Bench::live(1);
    let search = |cursor: Option<&str>| Command::Search {
        query: "lunch".to_owned(),
        cursor: cursor.map(str::to_owned),
        limit: None,
    };
    bench.command(search(None));
    let first = Search { query: "lunch".to_owned(), cursor: None, limit: None };
    let id = bench.asked(|call| *call == Call::Search(first.clone()));
    let (hits, next) = (vec![entry(1, "bob", "b1")], Some("next".to_owned()));
    bench.frame(Frame::Found(Found { id, hits: hits.clone(), next: next.clone() }));
    let found = Event::Found { query: "lunch".to_owned(), cursor: None, hits, next };
    assert_eq!(bench.events.pop(), Some(found));
    bench.command(search(Some("next")));
    bench.session.handle_disconnected();
    bench.drain();
    let refused =
        |event: &Event| matches!(event, Event::Refused { job: Job::Search(query), .. } if query == "lunch");
    assert!(bench.events.iter().any(refused), "nobody waits for an answer that does not come");
}
