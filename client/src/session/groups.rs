//! Groups: what the user does with them, and that they are out of one.

use super::Session;
use super::catch_up::Tracked;
use super::requests::Asked;
use crate::event::{Event, GroupCommand, Job};
use chat_protocol::{Call, ClientId, ConversationId, ErrorCode, Kind, Seq, Target, UnixMillis};

impl Session {
    pub(super) fn change_group(&mut self, group: GroupCommand) {
        let (client_id, call) = match group {
            GroupCommand::Create(create) => (create.client_id.clone(), Call::CreateGroup(create)),
            GroupCommand::Change(change) => (change.client_id.clone(), Call::ChangeGroup(change)),
            GroupCommand::Join(join) => (join.client_id.clone(), Call::Join(join)),
            GroupCommand::Add(add) => (add.client_id.clone(), Call::AddMembers(add)),
            GroupCommand::Remove(remove) => (remove.client_id.clone(), Call::RemoveMember(remove)),
            GroupCommand::Leave(leave) => (leave.client_id.clone(), Call::Leave(leave)),
            GroupCommand::SetRole(set) => (set.client_id.clone(), Call::SetRole(set)),
        };
        self.ask_user(Asked::Group(client_id), call);
    }

    /// It is in the log. What exactly it says stands there: whom a change of members concerned is for the server to know.
    pub(super) fn handle_group_changed(
        &mut self,
        client_id: ClientId,
        conversation: ConversationId,
        seq: Seq,
        at: UnixMillis,
    ) {
        self.tell(Event::GroupChanged { client_id: client_id.clone(), conversation, seq, at });
        self.tell(Event::Done(Job::Group(client_id)));
        self.note_head(conversation, seq);
        self.ask_summary(conversation);
    }

    /// The user is out of it, and nothing more comes.
    pub(super) fn handle_left(&mut self, conversation: ConversationId) {
        if self.requests.tell_of_conversations() {
            self.left.insert(conversation);
        }
        if self.conversations.remove(&conversation).is_some() {
            self.tell(Event::Left(conversation));
        }
    }

    /// Whether a summary may be older than the user's going. The server is asked again then, who may have come back.
    pub(super) fn is_left_since(&mut self, conversation: ConversationId) -> bool {
        let is_left = self.left.remove(&conversation);
        if is_left {
            self.ask_summary(conversation);
        }
        is_left
    }

    /// Groups that the list of a new connection does not have were left while there was none, or have moved from a later page
    /// to an earlier one while the list was read.
    pub(super) fn ask_for_unlisted(&mut self) {
        let is_unlisted = |(id, tracked): &(&ConversationId, &Tracked)| {
            matches!(tracked.summary.kind, Kind::Group(_)) && !self.listed.contains(*id)
        };
        let unlisted: Vec<_> = self.conversations.iter().filter(is_unlisted).map(|(id, _)| *id).collect();
        unlisted.into_iter().for_each(|id| self.ask_summary(id));
        self.listed.clear();
    }

    /// Whoever is told that there is no such conversation is in it no more.
    pub(super) fn learn_from_refusal(&mut self, asked: &Asked, code: ErrorCode) {
        if let (Asked::Open(Target::Conversation(id), _), ErrorCode::UnknownConversation) = (asked, code) {
            self.handle_left(*id);
        }
    }
}
