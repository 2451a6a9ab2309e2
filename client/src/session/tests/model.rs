//! The session against a server whose connection breaks at any moment: what is told is what the server has.

use super::*;
use chat_protocol::Quote;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Entries in one of its pages.
const PAGE_ENTRIES: usize = 3;

/// A server with one log. It answers requests in order, but pushes may go by an answer that is on its way, and the
/// connection may break before any of them.
#[derive(Default)]
struct Server {
    log: Vec<Entry>,
    is_connected: bool,
    asked: VecDeque<Request>,
    answers: VecDeque<Frame>,
}

impl Server {
    fn head(&self) -> u64 {
        self.log.len() as u64
    }

    /// The messages as they are, and all else as it came.
    fn folded(&self) -> Vec<Entry> {
        let mut folded = self.log.clone();
        for change in &self.log {
            take_in(folded.iter_mut(), change);
        }
        folded
    }

    fn message(&self, number: Seq) -> Result<Entry, ErrorCode> {
        let found = self.folded().into_iter().find(|entry| entry.seq == number);
        match found {
            Some(Entry { body: Body::Message(Message { deleted_at: Some(_), .. }), .. }) => {
                Err(ErrorCode::MessageDeleted)
            }
            Some(entry) if matches!(entry.body, Body::Message(_)) => Ok(entry),
            _ => Err(ErrorCode::UnknownMessage),
        }
    }

    fn body(&self, from: &str, content: Content) -> Result<Body, ErrorCode> {
        Ok(match content {
            Content::Message { text, reply_to, .. } => {
                let origin = reply_to.map(|quote| self.message(quote.seq)).transpose()?;
                let reply_to = origin.and_then(|origin| Some(Box::new(quote_of(&origin)?)));
                let mentions = if text.contains("@bob") { vec!["bob".parse().unwrap()] } else { Vec::new() };
                Body::Message(Message { reply_to, mentions, ..Message::of(text) })
            }
            Content::Edit { seq: target, text } if self.message(target)?.from.as_str() == from => {
                Body::Edit { target, text }
            }
            Content::Deletion { seq: target } if self.message(target)?.from.as_str() == from => {
                Body::Deletion { target }
            }
            Content::Reaction { seq: target, emoji, removed } => {
                self.message(target)?;
                Body::Reaction { target, emoji, removed }
            }
            Content::Edit { .. } | Content::Deletion { .. } => return Err(ErrorCode::NotYours),
        })
    }

    fn append(&mut self, from: &str, client_id: &str, content: Content) -> Result<Entry, ErrorCode> {
        if let Some(known) = self.log.iter().find(|entry| entry.client_id.as_str() == client_id) {
            return Ok(known.clone());
        }
        let body = self.body(from, content)?;
        self.log.push(Entry { body, ..entry(self.head() + 1, from, client_id) });
        Ok(self.log[self.log.len() - 1].clone())
    }

    fn answer(&mut self, request: Request) -> Option<Frame> {
        let (id, head) = (request.id, self.head());
        if let (Some(client_id), Some(content)) = (client_id_of(&request.call), content_of(&request.call)) {
            return Some(match self.append("ann", client_id.as_str(), content) {
                Ok(Entry { seq, at, client_id, body, .. }) => {
                    let mentions = mentions_of(&body).to_vec();
                    Frame::Ack { id, client_id, conversation: CHAT, seq, at, mentions }
                }
                Err(code) => {
                    let message = String::new();
                    Frame::Error(Failure { id: Some(id), code, message, retry_after_ms: None })
                }
            });
        }
        Some(match request.call {
            Call::List(_) => Frame::Conversations { id, conversations: vec![summary(head)], next: None },
            Call::Open(_) => Frame::Opened { id, summary: summary(head) },
            Call::History(page) => {
                let folded = self.folded().into_iter();
                let entries = match (page.after, page.before) {
                    (_, Some(before)) => folded.filter(|entry| entry.seq < before).collect(),
                    (Some(after), None) => {
                        folded.filter(|entry| entry.seq > after).take(PAGE_ENTRIES).collect()
                    }
                    (None, None) => folded.skip(self.log.len().saturating_sub(PAGE_ENTRIES)).collect(),
                };
                Frame::Page(Page { id, conversation: CHAT, entries, first: seq(1), head: seq(head) })
            }
            Call::Delivered(_) => return None,
            _ => Frame::Ok { id },
        })
    }

    /// Does the next thing that was asked.
    fn work(&mut self) {
        if let Some(request) = self.asked.pop_front() {
            let answer = self.answer(request);
            self.answers.extend(answer);
        }
    }
}

fn mentions_of(body: &Body) -> &[UserName] {
    if let Body::Message(message) = body { &message.mentions } else { &[] }
}

fn content_of(call: &Call) -> Option<Content> {
    Some(match call {
        Call::Send(send) => {
            let quote = |seq| Box::new(Quote::of(seq, "bob".parse().unwrap(), &Message::default()));
            Content::Message { text: send.text.clone(), file: None, reply_to: send.reply_to.map(quote) }
        }
        Call::Edit(edit) => Content::Edit { seq: edit.seq, text: edit.text.clone() },
        Call::Delete(delete) => Content::Deletion { seq: delete.seq },
        Call::React(react) => {
            let (emoji, removed) = (react.emoji.clone(), react.removed);
            Content::Reaction { seq: react.seq, emoji, removed }
        }
        _ => return None,
    })
}

fn quote_of(origin: &Entry) -> Option<Quote> {
    match &origin.body {
        Body::Message(message) => Some(Quote::of(origin.seq, origin.from.clone(), message)),
        _ => None,
    }
}

/// What everybody does with a change who holds messages.
fn take_in<'a>(held: impl Iterator<Item = &'a mut Entry>, change: &Entry) {
    for entry in held {
        let Body::Message(message) = &mut entry.body else { continue };
        if change.body.target() == Some(entry.seq) {
            message.apply(change.seq, change.at, &change.from, &change.body);
        }
        if let Some(quote) = &mut message.reply_to {
            quote.apply(&change.body);
        }
    }
}

/// Somebody who listens: they hold what was told, and take each change in.
#[derive(Default)]
struct Reader {
    numbers: Vec<u64>,
    /// From what came as new.
    newer: BTreeMap<Seq, Entry>,
    /// From pages that were asked for.
    older: BTreeMap<Seq, Entry>,
    failed: Vec<String>,
}

impl Reader {
    fn hears(&mut self, events: impl Iterator<Item = Event>) {
        for event in events {
            match event {
                Event::Newer { entries, .. } => {
                    for entry in entries {
                        self.numbers.push(entry.seq.get());
                        take_in(self.newer.values_mut().chain(self.older.values_mut()), &entry);
                        self.newer.insert(entry.seq, entry);
                    }
                }
                Event::Newest { entries, .. } => {
                    self.numbers = entries.iter().map(|entry| entry.seq.get()).collect();
                    self.newer = entries.into_iter().map(|entry| (entry.seq, entry)).collect();
                    self.older.clear();
                }
                Event::Older { entries, .. } => {
                    self.older.extend(entries.into_iter().map(|entry| (entry.seq, entry)));
                }
                Event::Outbox(Outgoing { client_id, state: OutgoingState::Failed { .. }, .. }) => {
                    self.failed.push(client_id.to_string());
                }
                _ => {}
            }
        }
    }

    /// The beginning of a message, as the reader knows it.
    fn quote(&self, number: Seq) -> Option<Box<Quote>> {
        self.newer.get(&number).and_then(quote_of).map(Box::new)
    }
}

#[derive(Debug, Clone)]
enum Say {
    Text { reply_to: Option<u64> },
    Edit(u64),
    Deletion(u64),
    Reaction { number: u64, emoji: &'static str, removed: bool },
}

impl Say {
    fn content(&self, id: &str, quote: impl Fn(Seq) -> Option<Box<Quote>>) -> Content {
        match self.clone() {
            Self::Text { reply_to } => {
                let reply_to = reply_to.and_then(|number| quote(seq(number)));
                Content::Message { text: format!("text {id} for @bob"), file: None, reply_to }
            }
            Self::Edit(number) => Content::Edit { seq: seq(number), text: format!("edit {id}") },
            Self::Deletion(number) => Content::Deletion { seq: seq(number) },
            Self::Reaction { number, emoji, removed } => {
                Content::Reaction { seq: seq(number), emoji: emoji.to_owned(), removed }
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    BobSays { what: Say, pushed: bool },
    AnnSays(Say),
    AnnReadsBackFrom(u64),
    AnnBeginsAnew,
    Work,
    Answer,
    Break,
    Connect,
}

fn say() -> impl Strategy<Value = Say> {
    let number = 1..12_u64;
    prop_oneof![
        4 => proptest::option::of(number.clone()).prop_map(|reply_to| Say::Text { reply_to }),
        2 => number.clone().prop_map(Say::Edit),
        1 => number.clone().prop_map(Say::Deletion),
        2 => (number, prop_oneof![Just("👍"), Just("🎉")], any::<bool>())
            .prop_map(|(number, emoji, removed)| Say::Reaction { number, emoji, removed }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (say(), any::<bool>()).prop_map(|(what, pushed)| Step::BobSays { what, pushed }),
        3 => say().prop_map(Step::AnnSays),
        1 => (1..20_u64).prop_map(Step::AnnReadsBackFrom),
        1 => Just(Step::AnnBeginsAnew),
        4 => Just(Step::Work),
        6 => Just(Step::Answer),
        1 => Just(Step::Break),
        2 => Just(Step::Connect),
    ]
}

/// A session, its reader, and the server that both talk to.
struct Stage {
    bench: Bench,
    server: Server,
    reader: Reader,
    /// The ids of what ann has sent.
    sent: Vec<String>,
}

impl Stage {
    fn new() -> Self {
        let (mut server, bench) = (Server::default(), Bench::new());
        server.append("bob", "first", Content::text("first")).unwrap();
        Self { bench, server, reader: Reader::default(), sent: Vec::new() }
    }

    fn takes(&mut self, step: Step) {
        match step {
            Step::BobSays { what, pushed } => {
                let id = format!("b{}", self.server.head());
                let origin =
                    |number| self.server.message(number).ok().as_ref().and_then(quote_of).map(Box::new);
                let content = what.content(&id, origin);
                if let Ok(entry) = self.server.append("bob", &id, content)
                    && self.server.is_connected
                    && pushed
                {
                    self.bench.frame(Frame::Entry(entry));
                }
            }
            Step::AnnSays(what) => {
                let id = format!("a{}", self.sent.len());
                let content = what.content(&id, |number| self.reader.quote(number));
                self.bench.changes(&id, content);
                self.sent.push(id);
            }
            Step::AnnReadsBackFrom(before) if self.bench.session.conversations.contains_key(&CHAT) => {
                let (conversation, before) = (CHAT, seq(before));
                self.bench.command(Command::Older { conversation, before, limit: limits::PAGE_ENTRIES_MAX });
            }
            Step::AnnBeginsAnew => self.bench.command(Command::Load(CHAT)),
            Step::Work if self.server.is_connected => self.server.work(),
            Step::Answer if self.server.is_connected => {
                if self.server.answers.is_empty() {
                    self.server.work();
                }
                if let Some(frame) = self.server.answers.pop_front() {
                    self.bench.frame(frame);
                }
            }
            Step::Break if self.server.is_connected => {
                self.server.is_connected = false;
                self.bench.session.handle_disconnected();
                self.bench.drain();
            }
            Step::Connect if !self.server.is_connected => self.connects(),
            _ => {}
        }
        if self.server.is_connected {
            self.server.asked.extend(self.bench.requests.drain(..));
        }
        self.reader.hears(self.bench.events.drain(..));
    }

    fn connects(&mut self) {
        self.server.is_connected = true;
        self.server.asked.clear();
        self.server.answers.clear();
        self.bench.requests.clear();
        self.bench.session.handle_welcome(welcome(), self.bench.now);
        if !self.bench.session.conversations.contains_key(&CHAT) {
            self.bench.session.handle_summary(summary(0), self.bench.now);
            self.bench.command(Command::Follow { conversation: CHAT, after: Seq::ZERO });
        }
        self.bench.drain();
    }
}

proptest! {
    /// Whatever is lost on the way, the reader ends with exactly what the server has, and each thing that was sent stands in
    /// the log once and in order, unless it was refused.
    #[test]
    fn nothing_is_lost_or_doubled(steps in proptest::collection::vec(step(), 0..120)) {
        let mut stage = Stage::new();
        let finish = std::iter::repeat_n(Step::Answer, 400);
        for step in steps.into_iter().chain([Step::Break, Step::Connect]).chain(finish) {
            stage.takes(step);
        }
        let Stage { server, reader, mut sent, .. } = stage;
        let first = reader.numbers[0];
        let all: Vec<_> = (first..=server.head()).collect();
        prop_assert_eq!(&reader.numbers, &all);
        let folded: BTreeMap<_, _> = server.folded().into_iter().map(|entry| (entry.seq, entry)).collect();
        let told: BTreeMap<_, _> = folded.clone().split_off(&seq(first));
        prop_assert_eq!(&reader.newer, &told);
        for (number, entry) in &reader.older {
            prop_assert_eq!(Some(entry), folded.get(number));
        }
        sent.retain(|id| !reader.failed.contains(id));
        let of_ann = server.log.iter().filter(|entry| entry.from.as_str() == "ann");
        prop_assert_eq!(of_ann.map(|entry| entry.client_id.to_string()).collect::<Vec<_>>(), sent);
    }
}
