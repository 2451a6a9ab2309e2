//! `recv`: prints what is unread, the oldest first, then what comes. What is printed counts as read.

use super::peer::find_group;
use super::{PATIENCE, Peer, Step, print};
use crate::app::{Model, Msg};
use crate::exit::{self, Failure};
use chat_client::{Command, Event, Job};
use chat_protocol::{Body, ConversationId, Entry, Seq, UserName};
use std::collections::HashMap;
use std::time::Duration;

/// What to print, and until when.
#[derive(Debug, Default)]
pub struct Recv {
    /// Only from this conversation.
    pub from: Option<Peer>,
    /// So many.
    pub count: Option<u64>,
    /// So long.
    pub timeout: Option<Duration>,
    /// For ever.
    pub follow: bool,
    /// Edits, deletions, reactions and what becomes of groups too.
    pub changes: bool,
    followed: HashMap<ConversationId, Progress>,
    /// What was unread at the start, until all of it is there to be put in order; nothing after that.
    unread: Option<Vec<Entry>>,
    is_started: bool,
    printed: u64,
    /// Printed, but the server does not know yet that it is read.
    unconfirmed: HashMap<ConversationId, Seq>,
    is_ending: bool,
    /// The user is out of the one group that was asked for.
    is_out: bool,
    me: Option<UserName>,
}

/// How far a conversation is told.
#[derive(Debug, Clone, Copy)]
struct Progress {
    told: Seq,
    /// Its head when it was found.
    head: Seq,
}

impl Recv {
    pub fn new(
        from: Option<Peer>,
        count: Option<u64>,
        timeout: Option<Duration>,
        follow: bool,
        changes: bool,
    ) -> Self {
        Self { from, count, timeout, follow, changes, unread: Some(Vec::new()), ..Self::default() }
    }

    pub fn patience(&self) -> Option<Duration> {
        let is_short = !self.follow && self.count.is_none();
        self.timeout.or_else(|| is_short.then_some(PATIENCE))
    }

    pub fn handle_event(&mut self, model: &Model, event: &Event) -> Vec<Step> {
        self.me = Some(model.me.clone());
        let mut steps = Vec::new();
        if let Event::Summary(summary) = event {
            self.handle_end(summary.conversation, summary.head);
        }
        match event {
            Event::Summary(_) | Event::Synced => match self.find_group(model) {
                Ok(()) => steps.extend(self.follow_all(model)),
                Err(failure) => return vec![Step::End(Err(failure))],
            },
            Event::Newer { conversation, entries } => {
                steps.extend(self.handle_entries(*conversation, entries))
            }
            Event::Left(conversation) => self.handle_left(*conversation),
            Event::Begins { conversation, first } => self.handle_begins(*conversation, *first),
            Event::Done(Job::Read(conversation, seq)) => self.confirm(*conversation, *seq),
            _ => {}
        }
        steps.extend(self.start_when_all_is_there(model));
        self.confirm_what_is_known(model);
        let is_enough = self.is_started && (self.is_full() || !self.waits());
        // The reads of this step are not asked for yet: the end comes with their answer.
        self.is_ending |= is_enough;
        if self.is_ending && self.unconfirmed.is_empty() {
            steps.push(Step::End(Ok(())));
        } else if self.is_out && self.is_started {
            let message = "you are not in this group any more";
            steps.push(Step::End(Err(Failure::new(exit::REFUSED, message))));
        }
        steps
    }

    pub fn handle_timeout(&self) -> Result<(), Failure> {
        if !self.unconfirmed.is_empty() {
            let message = "time ran out before the server knew that what was printed is read";
            return Err(Failure::new(exit::TIMEOUT, message));
        }
        match self.count {
            Some(count) if self.printed < count => {
                let message = format!("time ran out after {} of {count} messages", self.printed);
                Err(Failure::new(exit::TIMEOUT, message))
            }
            _ if !self.is_started => Err(Failure::new(exit::TIMEOUT, "time ran out")),
            _ => Ok(()),
        }
    }

    fn waits(&self) -> bool {
        self.follow || self.count.is_some() || self.timeout.is_some()
    }

    fn is_full(&self) -> bool {
        self.count.is_some_and(|count| self.printed >= count)
    }

    /// Which group is meant shows once all are known, and stays so, whatever others are called later.
    ///
    /// # Errors
    /// There are several of this name.
    fn find_group(&mut self, model: &Model) -> Result<(), Failure> {
        if let Some(Peer::Group(name)) = &self.from
            && model.synced
            && let Some(id) = find_group(model, name)?
        {
            self.from = Some(Peer::Id(id));
        }
        Ok(())
    }

    fn follow_all(&mut self, model: &Model) -> Vec<Step> {
        let mut steps = Vec::new();
        if matches!(self.from, Some(Peer::Group(_))) {
            return steps;
        }
        for chat in model.chats.iter() {
            let wanted = self.from.as_ref().is_none_or(|from| from.is(chat));
            if !wanted || self.followed.contains_key(&chat.id()) {
                continue;
            }
            let summary = &chat.summary;
            // What one has said oneself is not unread, however much of it there is; and what changes does not count.
            let has_news = summary.unread > 0 || self.changes;
            let has_read = summary.read.max(summary.first.before());
            let after = if has_news { has_read } else { summary.head };
            self.followed.insert(chat.id(), Progress { told: after, head: summary.head });
            steps.push(Step::Do(Msg::Ask(Command::Follow { conversation: chat.id(), after })));
        }
        steps
    }

    /// Nothing more comes of it, and nobody asks what of it is read. Whoever is brought back is told from there on.
    fn handle_left(&mut self, conversation: ConversationId) {
        self.followed.remove(&conversation);
        self.is_out |= self.from == Some(Peer::Id(conversation));
    }

    /// What an older backup, from which the server is back, does not have is not waited for.
    fn handle_end(&mut self, conversation: ConversationId, head: Seq) {
        if let Some(progress) = self.followed.get_mut(&conversation) {
            progress.head = progress.head.min(head);
        }
    }

    /// What has gone before it was told is not waited for.
    fn handle_begins(&mut self, conversation: ConversationId, first: Seq) {
        if let Some(progress) = self.followed.get_mut(&conversation) {
            progress.told = progress.told.max(first.before());
        }
    }

    fn handle_entries(&mut self, conversation: ConversationId, entries: &[Entry]) -> Vec<Step> {
        if let (Some(progress), Some(last)) = (self.followed.get_mut(&conversation), entries.last()) {
            progress.told = last.seq;
        }
        match &mut self.unread {
            Some(unread) => {
                unread.extend_from_slice(entries);
                Vec::new()
            }
            None => self.print_all(entries.to_vec()),
        }
    }

    /// Puts what was unread in one order, once all of it is known.
    fn start_when_all_is_there(&mut self, model: &Model) -> Vec<Step> {
        let all_is_there =
            model.synced && self.followed.values().all(|progress| progress.told >= progress.head);
        if !all_is_there {
            return Vec::new();
        }
        let Some(unread) = self.unread.take() else { return Vec::new() };
        self.is_started = true;
        self.print_all(in_order_of_time(unread))
    }

    fn print_all(&mut self, entries: Vec<Entry>) -> Vec<Step> {
        let mut steps = Vec::new();
        for entry in entries {
            if self.is_full() || self.is_ending {
                break;
            }
            if !self.is_wanted(&entry) {
                continue;
            }
            self.printed += 1;
            self.unconfirmed.insert(entry.conversation, entry.seq);
            steps
                .push(Step::Print { line: print::json(&entry), read: Some((entry.conversation, entry.seq)) });
        }
        steps
    }

    fn is_wanted(&self, entry: &Entry) -> bool {
        let is_told = match entry.body {
            Body::Message(_) => true,
            Body::Edit { .. }
            | Body::Deletion { .. }
            | Body::Reaction { .. }
            | Body::Group(_)
            | Body::Members { .. } => self.changes,
            Body::Unknown => false,
        };
        is_told && self.me.as_ref() != Some(&entry.from)
    }

    fn confirm(&mut self, conversation: ConversationId, seq: Seq) {
        self.unconfirmed.retain(|id, wanted| *id != conversation || *wanted > seq);
    }

    /// Another device may have read it meanwhile.
    fn confirm_what_is_known(&mut self, model: &Model) {
        self.unconfirmed.retain(|id, seq| model.chats.get(*id).is_some_and(|chat| chat.summary.read < *seq));
    }
}

/// By time, but each conversation in the order of its log, even when the server's clock was set back.
fn in_order_of_time(entries: Vec<Entry>) -> Vec<Entry> {
    let mut latest = HashMap::new();
    let mut timed: Vec<_> = entries
        .into_iter()
        .map(|entry| {
            let at = latest.entry(entry.conversation).or_insert(entry.at);
            *at = entry.at.max(*at);
            (*at, entry)
        })
        .collect();
    timed.sort_by_key(|(at, entry)| (*at, entry.conversation, entry.seq));
    timed.into_iter().map(|(_, entry)| entry).collect()
}
