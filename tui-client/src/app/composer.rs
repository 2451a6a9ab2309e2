//! Where the user writes: several lines, emoji as they are typed, completions.

use super::command::COMMANDS;
use chat_client::emoji;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};
use unicode_width::UnicodeWidthStr;

const COMPLETIONS_MAX: usize = 6;

/// The text so far, and what may complete it.
pub struct Composer {
    pub area: TextArea<'static>,
    pub completion: Option<Completion>,
    /// A name of the list is meant, so Enter takes the one that is offered.
    pub is_switching: bool,
}

/// What may complete the word before the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What is shown, and what is written in its place.
    pub items: Vec<(String, String)>,
    pub selected: usize,
    /// Whether Enter writes it. A name is valid as it stands: Enter takes it so, unless one was picked.
    pub on_enter: bool,
    /// Characters before the cursor that are replaced.
    replaces: usize,
}

impl Default for Composer {
    fn default() -> Self {
        Self { area: empty_area(Vec::new()), completion: None, is_switching: false }
    }
}

fn empty_area(lines: Vec<String>) -> TextArea<'static> {
    let mut area = TextArea::new(lines);
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_cursor_line_style(ratatui::style::Style::new());
    area.set_max_histories(50);
    area
}

impl Composer {
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// The text's length in bytes of UTF-8.
    pub fn bytes(&self) -> usize {
        self.area.lines().iter().map(|line| line.len() + 1).sum::<usize>().saturating_sub(1)
    }

    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts a text in place of what is there.
    pub fn set(&mut self, text: &str) {
        self.clear();
        self.area.insert_str(text);
    }

    /// Lines that the text takes on this many columns.
    pub fn height(&self, width: usize) -> usize {
        // One column is the cursor's behind the last character.
        self.area.lines().iter().map(|line| line.width() / width + 1).sum()
    }

    /// Types a key, then looks for emoji and for what might complete it.
    pub fn type_key(&mut self, key: KeyEvent, names: &[String]) {
        match (key.code, key.modifiers) {
            (KeyCode::Enter, _) | (KeyCode::Char('j'), KeyModifiers::CONTROL) => self.area.insert_newline(),
            _ => {
                self.area.input(key);
            }
        }
        if key.code == KeyCode::Char(':') {
            self.replace_shortcode();
        }
        self.look_up(names);
    }

    /// Inserts a paste as it is, with its line breaks.
    pub fn paste(&mut self, text: &str) {
        self.area.insert_str(text.replace("\r\n", "\n").replace('\r', "\n"));
        self.completion = None;
    }

    /// Writes the selected completion.
    pub fn accept(&mut self) {
        if let Some(Completion { items, selected, replaces, .. }) = self.completion.take()
            && let Some((_, text)) = items.get(selected)
        {
            self.replace_before_cursor(replaces, text);
        }
    }

    pub fn move_completion(&mut self, step: isize) {
        if let Some(completion) = &mut self.completion {
            let count = completion.items.len();
            completion.selected = (completion.selected + count).wrapping_add_signed(step) % count.max(1);
            completion.on_enter = true;
        }
    }

    fn before_cursor(&self) -> String {
        let cursor = self.area.cursor();
        let line = self.area.lines().get(cursor.0).map_or("", String::as_str);
        line.chars().take(cursor.1).collect()
    }

    fn replace_shortcode(&mut self) {
        let before = self.before_cursor();
        if let Some((emoji, length)) = emoji::just_completed(&before) {
            self.replace_before_cursor(length, emoji);
        }
    }

    fn replace_before_cursor(&mut self, chars: usize, text: &str) {
        (0..chars).for_each(|_| self.area.move_cursor(CursorMove::Back));
        self.area.delete_str(chars);
        self.area.insert_str(text);
    }

    /// Looks for what may complete the word before the cursor.
    pub fn look_up(&mut self, names: &[String]) {
        let before = self.before_cursor();
        let is_first_line = self.area.cursor().0 == 0;
        let found = if let Some(begun) = emoji::begun(&before) {
            let items = emoji::complete(begun, COMPLETIONS_MAX);
            let items =
                items.into_iter().map(|(code, emoji)| (format!("{emoji} :{code}:"), emoji.to_owned()));
            Some((items.collect(), begun.chars().count() + 1))
        } else if is_first_line && before.starts_with('/') && !before.starts_with("//") {
            complete_command(&before, names)
        } else {
            None
        };
        self.completion =
            found.filter(|(items, _): &(Vec<_>, _)| !items.is_empty()).map(|(items, replaces)| Completion {
                items,
                selected: 0,
                on_enter: !before.starts_with("/msg ") || emoji::begun(&before).is_some(),
                replaces,
            });
    }
}

fn complete_command(before: &str, names: &[String]) -> Option<(Vec<(String, String)>, usize)> {
    if let Some(begun) = before.strip_prefix("/msg ") {
        let fitting = names.iter().filter(|name| name.starts_with(begun) && *name != begun);
        let items = fitting.take(COMPLETIONS_MAX).map(|name| (name.clone(), format!("{name} ")));
        return (!begun.contains(' ')).then(|| (items.collect(), begun.chars().count()));
    }
    let fitting = COMMANDS.iter().filter(|(name, ..)| name.starts_with(before) && *name != before);
    let written =
        |name: &str, arguments: &str| if arguments.is_empty() { name.to_owned() } else { format!("{name} ") };
    let items = fitting.map(|(name, arguments, what)| {
        (format!("{name} {arguments} {what}").replace("  ", " "), written(name, arguments))
    });
    Some((items.take(COMPLETIONS_MAX).collect(), before.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> Composer {
        let mut composer = Composer::default();
        for c in keys.chars() {
            composer.type_key(
                KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE),
                &["bob".to_owned(), "bill".to_owned()],
            );
        }
        composer
    }

    #[test]
    fn a_shortcode_becomes_its_emoji_as_it_is_closed() {
        assert_eq!(typed("hi :wave: :tada:").text(), "hi 👋 🎉");
        assert_eq!(typed("at 10:30:00").text(), "at 10:30:00");
    }

    #[test]
    fn a_completion_is_offered_and_written() {
        let mut composer = typed("hi :wav");
        assert_eq!(composer.completion.as_ref().unwrap().items[0].0, "👋 :wave:");
        composer.accept();
        assert_eq!(composer.text(), "hi 👋");
        let mut composer = typed("/msg b");
        assert_eq!(composer.completion.as_ref().unwrap().items.len(), 2);
        composer.move_completion(1);
        composer.accept();
        assert_eq!(composer.text(), "/msg bill ");
        let mut composer = typed("/q");
        composer.accept();
        assert_eq!(composer.text(), "/quit");
        assert_eq!(typed("//q").completion, None);
    }

    #[test]
    fn a_paste_keeps_its_lines_and_runs_nothing() {
        let mut composer = Composer::default();
        composer.paste("a\r\nb\rc");
        assert_eq!(composer.text(), "a\nb\nc");
    }
}
