//! Pictures between the messages: which are to be shown, and those that are ready.

use chat_protocol::{Attachment, FileId};
use ratatui::layout::Size;
use ratatui_image::sliced::SlicedProtocol;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// A larger file is never got for its picture.
pub const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Pictures that are kept, and the characters that they cover together: more than any screen shows between its messages.
/// A character of a picture takes about 1 KiB at most.
const KEPT_MAX: usize = 256;
const CELLS_MAX: usize = 16 * 1024;
/// What a picture between the messages may take, in columns and rows.
const INLINE_MAX: (u16, u16) = (60, 16);

/// A picture and the room that it is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureKey {
    pub file: FileId,
    /// In columns and rows.
    pub room: Size,
}

/// A picture as the terminal takes it.
pub struct Picture {
    pub protocol: SlicedProtocol,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({})", self.size())
    }
}

impl Picture {
    /// In columns and rows.
    pub fn size(&self) -> Size {
        self.protocol.size()
    }
}

/// How far a picture is.
#[derive(Debug, Clone)]
pub enum PictureState {
    Loading,
    Ready(Arc<Picture>),
    /// With a few words why.
    Failed(String),
}

/// Whether pictures are shown, and those that are known.
#[derive(Debug, Default)]
pub struct Pictures {
    /// The user wants them between the messages.
    pub is_on: bool,
    /// They cannot be drawn without colours.
    pub has_no_colours: bool,
    /// The one that was asked for last stands last.
    known: VecDeque<(PictureKey, PictureState)>,
}

impl Pictures {
    pub fn get(&self, key: PictureKey) -> Option<&PictureState> {
        self.known.iter().find(|(known, _)| *known == key).map(|(_, state)| state)
    }

    /// Notes that it has been asked for. The oldest ones give way.
    pub fn ask(&mut self, key: PictureKey) {
        self.known.push_back((key, PictureState::Loading));
        while self.known.len() > KEPT_MAX {
            self.known.pop_front();
        }
    }

    /// It is there, unless nobody waits for it any more. The oldest ones give way.
    pub fn set(&mut self, key: PictureKey, state: PictureState) {
        let Some((_, known)) = self.known.iter_mut().find(|(known, _)| *known == key) else { return };
        *known = state;
        let cells = |(_, state): &(PictureKey, PictureState)| match state {
            PictureState::Ready(picture) => {
                usize::from(picture.size().width) * usize::from(picture.size().height)
            }
            _ => 0,
        };
        let mut over = self.known.iter().map(cells).sum::<usize>().saturating_sub(CELLS_MAX);
        self.known.retain(|kept| {
            let gives_way = over > 0 && kept.0 != key && cells(kept) > 0;
            if gives_way {
                over = over.saturating_sub(cells(kept));
            }
            !gives_way
        });
    }

    /// One that filled the screen is large, and not kept.
    pub fn drop_one(&mut self, file: FileId, room: Size) {
        self.known.retain(|(known, _)| *known != PictureKey { file, room });
    }
}

/// Whether the client can draw what a file says that it is. Nobody has looked into it yet.
pub fn is_picture(file: &Attachment) -> bool {
    matches!(file.media_type.as_str(), "image/png" | "image/jpeg" | "image/gif" | "image/webp")
}

/// The room for a picture between the messages, on a screen of so many rows whose texts are so wide.
pub fn inline_room(text_width: usize, screen_rows: u16) -> Size {
    let columns = u16::try_from(text_width).unwrap_or(u16::MAX);
    Size::new(columns.min(INLINE_MAX.0), (screen_rows / 2).clamp(2, INLINE_MAX.1))
}
