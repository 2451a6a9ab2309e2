//! Everything that the screen shows.

use super::files::pictures::{Pictures, inline_room};
use super::files::{self, Offer, Pasted, Transfer, Transfers};
use super::groups::{GroupList, Groups, MemberList, ReaderList};
use super::search::{Back, Search};
use super::versions::VersionList;
use super::{
    Chat, Chats, Composer, DeletionForm, PasswordForm, Purpose, Timeline, Typing, changes, preferences,
};
use chat_client::drafts::Drafts;
use chat_client::{Connection, Outgoing};
use chat_protocol::{Attachment, ConversationId, Device, FileId, Seq, Target, UnixMillis, UserName, limits};
use chrono::NaiveDateTime;
use ratatui::layout::Size;
use std::collections::HashMap;

/// Narrower than this, the screen shows either the list or a conversation.
pub const WIDE: u16 = 60;

/// Where the model is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// On a screen: it opens conversations and marks what is seen as read.
    Screen,
    /// Nowhere: a script asks for what it needs.
    Script,
}

/// The whole state.
pub struct Model {
    pub surface: Surface,
    pub me: UserName,
    pub connection: Connection,
    pub synced: bool,
    pub text_bytes_max: usize,
    pub chats: Chats,
    pub timelines: HashMap<ConversationId, Timeline>,
    /// The user's messages that are not in the log, in the order they were written.
    pub outgoing: Vec<Outgoing>,
    pub composer: Composer,
    pub typing: Typing,
    pub groups: Groups,
    pub search: Search,
    /// What the user has asked for about conversations, and the server has not answered.
    pub preferring: Vec<preferences::Asked>,
    /// After how many days the server removes what was said; none when it keeps it.
    pub retention_days: Option<u32>,
    /// Where the user was before they went to a message.
    pub back: Option<Back>,
    pub notice: Option<Notice>,
    pub overlay: Option<Overlay>,
    pub pane: Pane,
    /// The user's devices, as they were last listed.
    pub devices: Vec<Device>,
    /// Whether the terminal has the user's eyes.
    pub focused: bool,
    /// Width and height of the screen.
    pub size: (u16, u16),
    /// What is to be opened when the server has found them, and what to say then.
    pub opening: Vec<Opening>,
    /// What was begun and is not in the composer.
    pub drafts: Drafts,
    /// What was written there, and for what, where it was no plain message. Only texts that are no edits are drafts too.
    pub aside: HashMap<ConversationId, (Purpose, String)>,
    /// The last text that was handed over to be sent: it comes back when it cannot be kept.
    pub last_said: Option<String>,
    /// The largest file that the server takes; 0 while it is not known.
    pub file_bytes_max: u64,
    pub transfers: Transfers,
    /// What has become of files that were to be saved.
    pub saves: HashMap<FileId, Saved>,
    pub pictures: Pictures,
    /// A paste that may be one of files.
    pub pasted: Option<Pasted>,
    /// The user's home folder.
    pub home: Option<String>,
    /// How a time reads on the user's clock.
    pub local_time: fn(UnixMillis) -> NaiveDateTime,
}

/// A line for the user, until the next key, or until something else is to be told there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something was done.
    Info(String),
    /// Something was not done.
    Error(String),
}

/// What lies over the screen.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// Keys and commands; scrolled down by so many lines.
    Help(u16),
    /// The user's devices, numbered from 1.
    Devices,
    /// The password is being changed.
    Password(PasswordForm),
    /// The conversation's files.
    Files(FileList),
    /// The files of a paste are offered for sending.
    Offer(Offer),
    /// A picture fills the screen.
    Picture(Box<Attachment>),
    /// What a message said before it was edited.
    Versions(VersionList),
    /// The public groups.
    Groups(GroupList),
    /// The members of the selected group.
    Members(MemberList),
    /// Who has read a message.
    Readers(ReaderList),
    /// Messages are looked for.
    Search,
    /// Whom the user has blocked; so many lines are scrolled away at the top.
    Blocked(Vec<UserName>, u16),
    /// The user is to be erased.
    DeleteAccount(DeletionForm),
    /// Something that the user has to see before they go on writing.
    Told(String),
}

/// The list of a conversation's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileList {
    /// The one on the message with this number is selected; none while there is none.
    pub selected: Option<Seq>,
    /// Older pages that are looked through without being asked again.
    pub pages_left: u8,
}

/// What has become of a file that was to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// It is there.
    At(String),
    /// It is not, and why.
    Failed(String),
}

/// What a narrow screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// The list of conversations.
    List,
    /// The selected conversation.
    Chat,
}

/// A conversation that the server was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Which one.
    pub target: Target,
    /// What is to be said in it, in this order.
    pub texts: Vec<String>,
}

impl Model {
    pub fn is_connected(&self) -> bool {
        matches!(self.connection, Connection::Live | Connection::CatchingUp)
    }

    /// Without a connection nobody tells who comes and goes.
    pub fn knows_presence(&self) -> bool {
        self.is_connected()
    }

    pub fn new(surface: Surface, me: UserName, local_time: fn(UnixMillis) -> NaiveDateTime) -> Self {
        Self {
            surface,
            me,
            connection: Connection::Connecting,
            synced: false,
            text_bytes_max: limits::TEXT_BYTES_MAX,
            chats: Chats::default(),
            timelines: HashMap::new(),
            outgoing: Vec::new(),
            composer: Composer::default(),
            typing: Typing::default(),
            groups: Groups::default(),
            search: Search::default(),
            preferring: Vec::new(),
            retention_days: None,
            back: None,
            notice: None,
            overlay: None,
            pane: Pane::Chat,
            devices: Vec::new(),
            focused: true,
            size: (80, 24),
            opening: Vec::new(),
            drafts: Drafts::new(),
            aside: HashMap::new(),
            last_said: None,
            file_bytes_max: 0,
            transfers: Transfers::default(),
            saves: HashMap::new(),
            pictures: Pictures::default(),
            pasted: None,
            home: None,
            local_time,
        }
    }

    /// What is begun in the selected conversation. Somebody who was quicker than the list of conversations has both: what
    /// they write, and what waits there from before.
    pub fn draft_here(&self) -> Option<(ConversationId, String)> {
        let text = self.composer.draft();
        let id = self.chats.selected_id().filter(|_| !text.is_empty())?;
        Some((id, self.drafts.get(&id).map_or_else(|| text.clone(), |waiting| format!("{waiting}\n{text}"))))
    }

    /// All that is begun, wherever.
    pub fn all_drafts(&self) -> Drafts {
        self.drafts.clone().into_iter().chain(self.draft_here()).collect()
    }

    pub fn is_wide(&self) -> bool {
        self.size.0 >= WIDE
    }

    /// Columns of the sidebar, with its border.
    pub fn sidebar_width(&self) -> u16 {
        if self.is_wide() { (self.size.0 / 4).clamp(18, 32) } else { 0 }
    }

    /// Columns that a message's text may take.
    pub fn text_width(&self) -> usize {
        usize::from(self.size.0.saturating_sub(self.sidebar_width()).saturating_sub(3)).max(1)
    }

    /// Lines that the composer takes.
    pub fn composer_height(&self) -> u16 {
        let max = if self.size.1 < 16 { 3 } else { 6 };
        let width = usize::from(self.size.0.saturating_sub(self.sidebar_width()).saturating_sub(2)).max(1);
        u16::try_from(self.composer.height(width)).unwrap_or(max).clamp(1, max)
    }

    /// Lines that tell what the composer writes for.
    pub fn purpose_height(&self) -> u16 {
        u16::from(self.composer.purpose != Purpose::Say)
    }

    /// Lines that the transfers take: one each, and no more than there is room for.
    pub fn strip_height(&self) -> u16 {
        let max = match self.size.1 {
            0..12 => 1,
            12..20 => 2,
            _ => 4,
        };
        u16::try_from(self.transfers.under_way().count()).unwrap_or(max).min(max)
    }

    /// Lines of the timeline that are visible: without title, rule, transfers, composer and status.
    pub fn timeline_height(&self) -> usize {
        usize::from(
            self.size
                .1
                .saturating_sub(self.composer_height() + self.strip_height() + self.purpose_height() + 3),
        )
        .max(1)
    }

    /// After how many days what is said in a conversation is removed: the shorter one of what the server and the group say.
    pub fn kept_days(&self, chat: &Chat) -> Option<u32> {
        let of_group = chat.group().and_then(|group| group.retention_days);
        of_group.into_iter().chain(self.retention_days).min()
    }

    /// Where a text goes that is written now, whatever somebody there may be called when it is sent.
    pub fn here(&self) -> Option<Target> {
        self.chats.selected_id().map(Target::Conversation)
    }

    /// Whether nobody else is in the selected conversation: it takes the user's own notes.
    pub fn is_alone_here(&self) -> bool {
        self.chats.selected().and_then(Chat::peer).is_some_and(|peer| peer.user == self.me)
    }

    /// Whether a text may be sent.
    ///
    /// # Errors
    /// A line that says why not.
    pub fn check_text(&self, text: &str) -> Result<(), String> {
        match (text.len(), self.text_bytes_max) {
            (0, _) => Err("there is nothing to send".to_owned()),
            (bytes, max) if bytes > max => Err(format!("too long: {bytes} of at most {max} bytes")),
            _ if text.contains('\0') => Err("a message cannot contain the character NUL".to_owned()),
            _ => Ok(()),
        }
    }

    pub fn selected_timeline(&self) -> Option<&Timeline> {
        self.timelines.get(&self.chats.selected_id()?)
    }

    pub fn selected_timeline_mut(&mut self) -> Option<&mut Timeline> {
        self.timelines.get_mut(&self.chats.selected_id()?)
    }

    /// The room for a picture between the messages.
    pub fn picture_room(&self) -> Size {
        inline_room(self.text_width(), self.size.1)
    }

    /// Whether something older of the selected conversation is shown, which is not connected with its end.
    pub fn is_in_past(&self) -> bool {
        self.selected_timeline().is_some_and(Timeline::is_in_past)
    }

    /// Files on their way to the selected conversation, where its end is shown.
    pub fn uploads_here(&self) -> impl Iterator<Item = &Transfer> {
        self.transfers.to(self.chats.selected().filter(|_| !self.is_in_past()))
    }

    /// A path with the home folder as `~`.
    pub fn short_path(&self, path: &str) -> String {
        let tail =
            self.home.as_deref().filter(|home| home.len() > 1).and_then(|home| path.strip_prefix(home));
        match tail {
            Some(tail) if tail.is_empty() || tail.starts_with(files::words::is_separator) => {
                format!("~{tail}")
            }
            _ => path.to_owned(),
        }
    }

    /// The selected conversation's messages that are not in the log yet, where its end is shown.
    pub fn outgoing_here(&self) -> impl Iterator<Item = &Outgoing> {
        let chat = self.chats.selected().filter(|_| !self.is_in_past());
        self.outgoing.iter().filter(move |outgoing| {
            changes::target(&outgoing.content).is_none()
                && chat.is_some_and(|chat| chat.is_target(&outgoing.target))
        })
    }

    /// Whether something on its way stands on this screen: as a message, or at the message that it changes.
    pub fn is_outgoing_here(&self, outgoing: &Outgoing) -> bool {
        let is_here = self.chats.selected().is_some_and(|chat| chat.is_target(&outgoing.target));
        let timeline = self.selected_timeline();
        let is_loaded = |seq| timeline.is_some_and(|timeline| timeline.message(seq).is_some());
        is_here && changes::target(&outgoing.content).map_or(!self.is_in_past(), is_loaded)
    }

    /// What can be marked as read, because the user sees it: the end of the selected timeline.
    pub fn seen(&self) -> Option<(ConversationId, Seq)> {
        let chat = self.chats.selected()?;
        let timeline = self.selected_timeline()?;
        let visible = self.focused && self.overlay.is_none() && (self.is_wide() || self.pane == Pane::Chat);
        let last = timeline.entries().last()?.seq;
        (visible && timeline.is_at_end() && last > chat.summary.read).then_some((chat.id(), last))
    }
}
