//! What a message said before it was edited, as lines.

use super::Model;
use super::rows::wrap;
use chat_client::SafeText;
use chat_protocol::{Seq, Version};

/// The versions of one message, the first one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionList {
    pub seq: Seq,
    pub versions: Vec<Version>,
    /// Whether there are earlier ones.
    pub has_more: bool,
    /// Lines that are scrolled away at the top.
    pub down: u16,
}

impl VersionList {
    /// Earlier versions, before those that are there.
    pub fn prepend(&mut self, mut earlier: Vec<Version>, has_more: bool) {
        self.has_more = has_more;
        let first = self.versions.first().map(|version| version.seq);
        earlier.retain(|version| first.is_none_or(|first| version.seq < first));
        self.versions.splice(0..0, earlier);
    }
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// There are earlier versions.
    More,
    /// Since when it said what follows.
    Since(String),
    Text(String),
}

/// The lines, at most so wide.
pub fn lines(model: &Model, list: &VersionList, width: usize) -> Vec<Line> {
    let more = list.has_more.then_some(Line::More);
    let versions = list.versions.iter().flat_map(|version| {
        let since = (model.local_time)(version.at).format("%-d %b %Y %H:%M").to_string();
        let text = wrap(SafeText::new(&version.text).as_str(), width).into_iter().map(Line::Text);
        std::iter::once(Line::Since(since)).chain(text)
    });
    more.into_iter().chain(versions).collect()
}

/// Columns and lines that the list has on the screen.
pub fn room(model: &Model) -> (usize, u16) {
    (usize::from(model.size.0.saturating_sub(6)).clamp(1, 100), model.size.1.saturating_sub(2).max(1))
}

/// The line that can stand at the top at the most, so that the last one is at the bottom.
pub fn down_max(model: &Model, list: &VersionList) -> u16 {
    let (width, height) = room(model);
    u16::try_from(lines(model, list, width).len()).unwrap_or(u16::MAX).saturating_sub(height)
}
