//! Groups: what the user does with them, and that they are out of one.

use super::Session;
use super::requests::Asked;
use crate::event::{Event, GroupCommand, Job};
use chat_protocol::{Call, ClientId, ConversationId, Kind, Seq};

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
    ) {
        self.tell(Event::Done(Job::Group(client_id)));
        self.note_head(conversation, seq);
        self.ask_summary(conversation);
    }

    /// The user is out of it, and nothing more comes.
    pub(super) fn handle_left(&mut self, conversation: ConversationId) {
        if self.conversations.remove(&conversation).is_some() {
            self.tell(Event::Left(conversation));
        }
    }

    /// Groups that the list of a new connection does not have were left while there was none.
    pub(super) fn leave_unlisted(&mut self) {
        let is_left = |(id, tracked): (&ConversationId, &super::Tracked)| {
            matches!(tracked.summary.kind, Kind::Group(_)) && !self.listed.contains(id)
        };
        let left: Vec<_> = self.conversations.iter().filter(|one| is_left(*one)).map(|(id, _)| *id).collect();
        left.into_iter().for_each(|id| self.handle_left(id));
        self.listed.clear();
    }
}
