//! The styles. Only the terminal's own 16 colours, so that light and dark backgrounds both work, and never a colour alone.

use ratatui::style::{Color, Modifier, Style};

/// What stands behind: times, rules, hints.
pub const QUIET: Style = Style::new().add_modifier(Modifier::DIM);
/// A title, and what is said in bold.
pub const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
/// The selected one of a list.
pub const SELECTED: Style = Style::new().add_modifier(Modifier::REVERSED);
/// Somebody else's name.
pub const THEIRS: Style = Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD);
/// One's own name.
pub const MINE: Style = Style::new().fg(Color::Green).add_modifier(Modifier::BOLD);
/// A file.
pub const FILE: Style = Style::new().fg(Color::Cyan);
/// What is said in italics.
pub const ITALIC: Style = Style::new().add_modifier(Modifier::ITALIC);
/// Code; it stands between backticks or behind a bar.
pub const CODE: Style = Style::new().fg(Color::Magenta);
/// A link.
pub const LINK: Style = Style::new().add_modifier(Modifier::UNDERLINED);
/// Somebody who is mentioned; their name stands behind its sign.
pub const MENTION: Style = Style::new().fg(Color::Cyan);
/// The user, where they are mentioned.
pub const MENTION_OF_ME: Style =
    Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD).add_modifier(Modifier::REVERSED);
/// What is new.
pub const NEW: Style = Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD);
/// What is good.
pub const GOOD: Style = Style::new().fg(Color::Green);
/// The mark of a message that was read.
pub const READ: Style = Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD);
/// What went wrong.
pub const BAD: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
