//! From a key to what it does. The help and the manual list the same keys.

use super::pick::picked;
use super::{Model, Overlay, Pane};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The keys and what they do, for the help.
pub const KEYS: &[(&str, &str)] = &[
    ("Enter", "send, or accept the completion"),
    ("Alt+Enter, Ctrl+J", "new line"),
    ("Tab, Shift+Tab", "complete; else next, previous conversation"),
    ("Alt+Up, Alt+Down", "previous, next conversation"),
    ("Ctrl+K", "switch to a conversation by name"),
    ("Alt+A", "show in the list what is put away, or hide it"),
    ("Ctrl+F", "look for messages; shows again what was found"),
    ("Up, Down", "pick a message, while nothing is written"),
    ("r, e, d", "reply to it, edit it, delete it"),
    ("+, -", "react to it, take your reaction back"),
    ("h, w", "its earlier texts; who has read it, in groups"),
    ("Enter", "go to what it answers"),
    ("PgUp, PgDn", "scroll; older messages load by themselves"),
    ("End", "back to the newest message (Ctrl+End while writing)"),
    ("Esc", "close, go back, or leave what was begun; on a narrow screen: the list"),
    ("F1", "this help"),
    ("Ctrl+U, Ctrl+W", "delete to the line's start, a word"),
    ("Ctrl+C", "clear the text; quit when there is none"),
    ("Ctrl+Q", "quit"),
];

/// How texts are formatted, for the help.
pub const FORMATS: &[(&str, &str)] = &[
    ("*text* or _text_", "italic"),
    ("**text**", "bold"),
    ("`text`", "code; a line of ``` before and after more of it"),
    ("> text", "a quote, at the beginning of a line"),
    ("[text](https://...)", "a link"),
    ("\\*", "a star that is only a star"),
];

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Quit,
    ClearOrQuit,
    Help,
    Search,
    Escape,
    Switch(isize),
    QuickSwitch,
    /// Show in the list what is put away, or hide it.
    ToggleArchive,
    /// Pick the next message, downwards when positive.
    PickNext(isize),
    /// For the message that is picked.
    WithPicked(KeyEvent),
    /// Up when positive, in screens.
    ScrollPages(isize),
    ToBottom,
    Submit,
    ShowChat,
    Accept,
    /// Take the name that is offered, and go there.
    SwitchToOffered,
    MoveCompletion(isize),
    /// Send the files that are offered.
    TakeOffer,
    /// Keep the paste as a text, and do what the key says.
    LeaveOffer(KeyEvent),
    /// There is nothing to complete.
    Nothing,
    /// For the overlay that is open.
    Overlay(KeyEvent),
    /// For the composer.
    Write(KeyEvent),
}

impl Action {
    /// Whether the picked message stays so.
    pub fn keeps_pick(self) -> bool {
        match self {
            Self::PickNext(_)
            | Self::WithPicked(_)
            | Self::ScrollPages(_)
            | Self::Escape
            | Self::ClearOrQuit
            | Self::Help
            | Self::ToggleArchive
            | Self::Search
            | Self::Overlay(_)
            | Self::Nothing => true,
            Self::Quit
            | Self::Switch(_)
            | Self::QuickSwitch
            | Self::ToBottom
            | Self::Submit
            | Self::ShowChat
            | Self::Accept
            | Self::SwitchToOffered
            | Self::MoveCompletion(_)
            | Self::TakeOffer
            | Self::LeaveOffer(_)
            | Self::Write(_) => false,
        }
    }
}

/// What `key` does in this state.
pub fn action(model: &Model, key: KeyEvent) -> Action {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    match key.code {
        KeyCode::Char('q') if ctrl => Action::Quit,
        KeyCode::Char('c') if ctrl => Action::ClearOrQuit,
        KeyCode::F(1) => Action::Help,
        KeyCode::Esc => Action::Escape,
        _ if matches!(model.overlay, Some(Overlay::Offer(_))) => offered(key, ctrl || alt),
        _ if model.overlay.is_some() => Action::Overlay(key),
        KeyCode::Char('k') if ctrl => Action::QuickSwitch,
        KeyCode::Char('f') if ctrl => Action::Search,
        KeyCode::Char('a') if alt => Action::ToggleArchive,
        KeyCode::Up if alt => Action::Switch(-1),
        KeyCode::Down if alt => Action::Switch(1),
        KeyCode::PageUp => Action::ScrollPages(1),
        KeyCode::PageDown => Action::ScrollPages(-1),
        KeyCode::End if ctrl || model.composer.is_empty() => Action::ToBottom,
        _ if is_for_picked(model, key, ctrl || alt) => Action::WithPicked(key),
        _ => composing(model, key, ctrl || alt || key.modifiers.contains(KeyModifiers::SHIFT)),
    }
}

/// The question whether it shall be deleted is answered by any key.
fn is_for_picked(model: &Model, key: KeyEvent, modified: bool) -> bool {
    let does_something =
        matches!(key.code, KeyCode::Enter | KeyCode::Char('r' | 'e' | 'd' | '+' | '-' | 'h' | 'w'));
    let is_seen = model.is_wide() || model.pane == Pane::Chat;
    is_seen && !modified && picked(model).is_some_and(|pick| pick.asks_deletion || does_something)
}

fn offered(key: KeyEvent, modified: bool) -> Action {
    match key.code {
        KeyCode::Enter if !modified => Action::TakeOffer,
        KeyCode::Char(_) | KeyCode::Backspace => Action::LeaveOffer(key),
        _ => Action::Overlay(key),
    }
}

fn composing(model: &Model, key: KeyEvent, modified: bool) -> Action {
    let completion = model.composer.completion.as_ref();
    // Nothing is sent to a conversation that is not seen, but commands work everywhere.
    let list_is_shown =
        !model.is_wide() && model.pane == Pane::List && !model.composer.text().starts_with('/');
    match key.code {
        KeyCode::Tab if completion.is_some() => Action::Accept,
        KeyCode::Tab if model.composer.is_in_path => Action::Nothing,
        KeyCode::Tab => Action::Switch(1),
        KeyCode::BackTab => Action::Switch(-1),
        KeyCode::Enter if modified => Action::Write(key),
        KeyCode::Enter if completion.is_some() && model.composer.is_switching => Action::SwitchToOffered,
        KeyCode::Enter if completion.is_some_and(|completion| completion.on_enter) => Action::Accept,
        KeyCode::Enter if list_is_shown => Action::ShowChat,
        KeyCode::Enter => Action::Submit,
        KeyCode::Up if completion.is_some() => Action::MoveCompletion(-1),
        KeyCode::Down if completion.is_some() => Action::MoveCompletion(1),
        KeyCode::Up if list_is_shown => Action::Switch(-1),
        KeyCode::Down if list_is_shown => Action::Switch(1),
        KeyCode::Up if model.composer.is_empty() => Action::PickNext(-1),
        KeyCode::Down if picked(model).is_some() => Action::PickNext(1),
        _ => Action::Write(key),
    }
}
