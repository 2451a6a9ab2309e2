//! What a document of a log holds.

use super::{AttachedDocument, damaged, key, number, seq, unsigned};
use crate::store::mongo::files::attached;
use crate::store::{NewBody, StoredEntry, UserId};
use chat_protocol::{
    Attachment, Body, ClientId, ConversationId, MemberChange, Message, Seq, UnixMillis, UserName,
};
use mongodb::error::Result;
use serde::{Deserialize, Serialize};

/// An entry of a log. Field names are short because each entry repeats them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EntryDocument {
    #[serde(rename = "_id")]
    pub id: EntryKey,
    pub at: i64,
    pub by: i64,
    #[serde(rename = "cid")]
    pub client_id: String,
    /// A message's or an edit's text, a reaction's emoji, or, as JSON, what is said about a group.
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<AttachedDocument>,
    /// What it does to a message or to the group. A message has neither kind nor target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ChangeKind>,
    /// The members of a group whom it concerns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<i64>,
    /// The message that a message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<i64>,
    /// Whom a message mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<i64>,
    /// What took away the text of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<GoneDocument>,
}

/// What is read of an entry to see which message it has made or changed.
#[derive(Debug, Deserialize)]
pub struct PlaceDocument {
    #[serde(rename = "_id")]
    pub id: EntryKey,
    #[serde(default)]
    pub kind: Option<ChangeKind>,
    #[serde(default)]
    pub target: Option<i64>,
}

/// An entry's place: the number in its conversation. As the `_id` it is unique, which makes it the arbiter of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntryKey {
    #[serde(rename = "c")]
    pub conversation: i64,
    #[serde(rename = "s")]
    pub seq: i64,
}

impl EntryKey {
    pub fn new(conversation: ConversationId, seq: Seq) -> Self {
        Self { conversation: key(conversation), seq: number(seq.get()) }
    }
}

/// What an entry does to a message or to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Edit,
    Deletion,
    Reaction,
    /// The end of a reaction.
    Unreaction,
    /// The group is called otherwise, or about something else.
    Group,
    Added,
    Joined,
    Removed,
    Left,
    Promoted,
    Demoted,
}

impl ChangeKind {
    const OF_MEMBERS: [(Self, MemberChange); 6] = [
        (Self::Added, MemberChange::Added),
        (Self::Joined, MemberChange::Joined),
        (Self::Removed, MemberChange::Removed),
        (Self::Left, MemberChange::Left),
        (Self::Promoted, MemberChange::Promoted),
        (Self::Demoted, MemberChange::Demoted),
    ];

    fn of_members(change: MemberChange) -> Option<Self> {
        Self::OF_MEMBERS.iter().find(|(_, known)| *known == change).map(|(kind, _)| *kind)
    }

    fn member_change(self) -> MemberChange {
        let found = Self::OF_MEMBERS.iter().find(|(known, _)| *known == self);
        found.map_or(MemberChange::Unknown, |(_, change)| *change)
    }

    /// Whether it says something about a group or its members.
    pub fn is_of_group(self) -> bool {
        self == Self::Group || self.member_change() != MemberChange::Unknown
    }
}

/// What took a text away: a deletion, with its number and time; as number 0, that the log begins after it; as its own number, that
/// its sender's account has ended. It stands beside
/// what is left, because whoever reads that may have read up to an earlier entry than the deletion, or from an earlier beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoneDocument {
    #[serde(rename = "s")]
    pub seq: i64,
    pub at: i64,
}

impl GoneDocument {
    /// The log begins after it.
    pub const EXPIRED: Self = Self { seq: 0, at: 0 };
}

impl EntryDocument {
    pub fn new(
        id: EntryKey,
        at: UnixMillis,
        (sender, client_id): (UserId, &ClientId),
        body: &NewBody,
        file: Option<&Attachment>,
    ) -> Self {
        let (mut reply_to, mut users) = (None, Vec::new());
        let (kind, text) = match body {
            NewBody::Message { text, reply_to: origin, .. } => {
                reply_to = *origin;
                (None, text.clone())
            }
            NewBody::Edit { text, .. } => (Some(ChangeKind::Edit), text.clone()),
            NewBody::Deletion { .. } => (Some(ChangeKind::Deletion), String::new()),
            NewBody::Reaction { emoji, removed, .. } => {
                let kind = if *removed { ChangeKind::Unreaction } else { ChangeKind::Reaction };
                (Some(kind), emoji.clone())
            }
            NewBody::Group(change) => {
                let text = serde_json::to_string(change).expect("a change has only string keys");
                (Some(ChangeKind::Group), text)
            }
            NewBody::Members { change, users: concerned } => {
                users = concerned.iter().map(|user| user.0).collect();
                (ChangeKind::of_members(*change), String::new())
            }
        };
        Self {
            id,
            at: number(at),
            by: sender.0,
            client_id: client_id.to_string(),
            text,
            file: file.map(attached),
            kind,
            users,
            target: body.target().map(|target| number(target.get())),
            reply_to: reply_to.map(|origin| number(origin.get())),
            mentions: Vec::new(),
            gone: None,
        }
    }

    pub fn is_message(&self) -> bool {
        self.kind.is_none()
    }

    /// Whether the log begins after it, so that nothing is left of it but its place.
    pub fn is_expired(&self) -> bool {
        self.gone == Some(GoneDocument::EXPIRED)
    }

    /// Takes away what is told of nobody whose account ended at a time.
    pub fn depart(&mut self, at: i64) {
        if matches!(self.kind, None | Some(ChangeKind::Edit)) && !self.is_expired() {
            self.blank(GoneDocument { seq: self.id.seq, at });
        }
    }

    /// Takes away all that is taken away where a log begins later.
    pub fn expire(&mut self) {
        self.blank(GoneDocument::EXPIRED);
        if self.kind == Some(ChangeKind::Group) {
            // It is read as JSON, also where nothing is left of it.
            self.text.push_str("{}");
        }
    }

    pub fn client_id(&self) -> Result<ClientId> {
        self.client_id.parse().map_err(|error| damaged(format!("a client id: {error}")))
    }

    pub fn conversation(&self) -> ConversationId {
        ConversationId::from_bits(self.id.conversation.cast_unsigned())
    }

    pub fn attachment(&self) -> Result<Option<Box<Attachment>>> {
        self.file.clone().map(AttachedDocument::attachment).transpose()
    }

    /// The number and the time of the deletion that took its text away.
    pub fn gone(&self) -> Result<Option<(Seq, UnixMillis)>> {
        let Some(GoneDocument { seq: number, at }) = self.gone else { return Ok(None) };
        Ok(Some((seq(number)?, unsigned(at)?)))
    }

    /// What it says, as it was appended, but for what is gone.
    pub fn new_body(&self) -> Result<NewBody> {
        let text = self.text.clone();
        let Some(kind) = self.kind else {
            let file = self.attachment()?.map(|file| file.id);
            return Ok(NewBody::Message { text, file, reply_to: self.reply_to.map(seq).transpose()? });
        };
        let target = seq(self.target.unwrap_or_default())?;
        Ok(match kind {
            ChangeKind::Edit => NewBody::Edit { target, text },
            ChangeKind::Deletion => NewBody::Deletion { target },
            ChangeKind::Reaction => NewBody::Reaction { target, emoji: text, removed: false },
            ChangeKind::Unreaction => NewBody::Reaction { target, emoji: text, removed: true },
            ChangeKind::Group => {
                let change = serde_json::from_str(&text);
                NewBody::Group(change.map_err(|error| damaged(format!("a change of a group: {error}")))?)
            }
            of_members => {
                let users = self.users.iter().copied().map(UserId).collect();
                NewBody::Members { change: of_members.member_change(), users }
            }
        })
    }

    /// The same, mentioning these.
    pub fn mentioning(mut self, users: &[UserId]) -> Self {
        self.mentions = users.iter().map(|user| user.0).collect();
        self
    }

    /// Whom it mentions.
    pub fn mentions(&self) -> Vec<UserId> {
        self.mentions.iter().copied().map(UserId).collect()
    }

    /// Everyone whom it names: whom a change of members concerns, or a message mentions.
    pub fn named(&self) -> impl Iterator<Item = i64> {
        self.users.iter().chain(&self.mentions).copied()
    }

    /// The same, and its sender.
    pub fn people(&self) -> impl Iterator<Item = i64> {
        self.named().chain([self.by])
    }

    /// The entry as it stands in its log by itself. What others did to a message is not in it yet, unless it is gone.
    pub fn stored(self, from: UserName, users: Vec<UserName>) -> Result<StoredEntry> {
        let body = told(self.new_body()?, self.attachment()?, self.gone()?, users);
        Ok(StoredEntry {
            seq: seq(self.id.seq)?,
            at: unsigned(self.at)?,
            from,
            client_id: self.client_id()?,
            body,
        })
    }

    /// Takes away what this has taken away.
    pub fn blank(&mut self, gone: GoneDocument) {
        self.text.clear();
        self.mentions.clear();
        (self.file, self.reply_to, self.gone) = (None, None, Some(gone));
    }
}

/// What is told of an entry by itself: the number and the time of the deletion stand in a message that is gone. `users` are
/// called those whom it names; those whom a change of members concerns are told in the order of the alphabet.
pub fn told(
    body: NewBody,
    file: Option<Box<Attachment>>,
    gone: Option<(Seq, UnixMillis)>,
    mut users: Vec<UserName>,
) -> Body {
    match (body, gone) {
        (NewBody::Message { .. }, Some((seq, at))) => {
            Body::Message(Message { deleted_at: Some(at), changed: Some(seq), ..Message::default() })
        }
        (NewBody::Message { text, .. }, None) => {
            Body::Message(Message { text, file, mentions: users, ..Message::default() })
        }
        (NewBody::Edit { target, text }, _) => Body::Edit { target, text },
        (NewBody::Deletion { target }, _) => Body::Deletion { target },
        (NewBody::Reaction { target, emoji, removed }, _) => Body::Reaction { target, emoji, removed },
        (NewBody::Group(change), _) => Body::Group(change),
        (NewBody::Members { change, .. }, _) => {
            users.sort();
            Body::Members { change, users }
        }
    }
}
