//! Where the user writes: several lines, emoji as they are typed, completions.

use super::Purpose;
use super::command::COMMANDS;
use super::files::complete::{self, Listing};
use super::hints::{COMPLETIONS_MAX, Hints, Item, begun_mention, complete_command, complete_mention};
use chat_client::emoji;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};
use unicode_width::UnicodeWidthStr;

/// The text so far, and what may complete it.
pub struct Composer {
    pub area: TextArea<'static>,
    pub completion: Option<Completion>,
    pub purpose: Purpose,
    /// A name of the list is meant, so Enter takes the one that is offered.
    pub is_switching: bool,
    /// A path is being written, so Tab completes it and does nothing else.
    pub is_in_path: bool,
    /// The folder that was looked into last, as long as paths in it are written.
    listing: Option<Listing>,
    /// A folder that is to be looked into.
    wanted: Option<String>,
}

/// What may complete the word before the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What is shown, and what is written in its place.
    pub items: Vec<Item>,
    pub selected: usize,
    /// Whether Enter writes it. A name is valid as it stands: Enter takes it so, unless one was picked.
    pub on_enter: bool,
    /// Characters before the cursor that are replaced.
    replaces: usize,
}

impl Default for Composer {
    fn default() -> Self {
        let area = empty_area(Vec::new());
        Self {
            area,
            completion: None,
            purpose: Purpose::Say,
            is_switching: false,
            is_in_path: false,
            listing: None,
            wanted: None,
        }
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

    /// Whether a message is being written, and not a command.
    pub fn holds_message(&self) -> bool {
        let lines = self.area.lines();
        let is_command = lines.first().is_some_and(|line| line.starts_with('/') && !line.starts_with("//"));
        !is_command && lines.iter().any(|line| !line.trim().is_empty())
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts a text in place of what is there.
    pub fn set(&mut self, text: &str) {
        *self = Self { purpose: std::mem::take(&mut self.purpose), ..Self::default() };
        self.area.insert_str(text);
    }

    /// Lines that the text takes on this many columns.
    pub fn height(&self, width: usize) -> usize {
        // One column is the cursor's behind the last character.
        self.area.lines().iter().map(|line| line.width() / width + 1).sum()
    }

    /// Types a key, then looks for emoji and for what might complete it.
    pub fn type_key(&mut self, key: KeyEvent, hints: &Hints) {
        match (key.code, key.modifiers) {
            (KeyCode::Enter, _) | (KeyCode::Char('j'), KeyModifiers::CONTROL) => self.area.insert_newline(),
            // As in a shell; the editor would undo.
            (KeyCode::Char('u'), KeyModifiers::CONTROL) => {
                self.area.delete_line_by_head();
            }
            _ => {
                self.area.input(key);
            }
        }
        self.look_up(hints);
        if key.code == KeyCode::Char(':') && !self.is_in_path {
            self.replace_shortcode();
            self.look_up(hints);
        }
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
    pub fn look_up(&mut self, hints: &Hints) {
        let before = self.before_cursor();
        let takes_command = self.area.cursor().0 == 0 && before.starts_with('/') && !before.starts_with("//");
        let path = complete::begun(&before, hints.home.as_deref()).filter(|_| takes_command);
        self.is_in_path = path.is_some();
        let found = match path {
            Some(path) => self.complete_path(&path),
            None => complete_word(&before, takes_command, hints),
        };
        let on_enter = !self.is_in_path && !is_valid(&before, takes_command);
        self.completion = found.filter(|(items, _)| !items.is_empty()).map(|(items, replaces)| Completion {
            items,
            selected: 0,
            on_enter,
            replaces,
        });
    }

    /// From the folder's listing; when there is none yet, it is asked for.
    fn complete_path(&mut self, path: &complete::Begun) -> Option<(Vec<Item>, usize)> {
        match self.listing.as_ref().filter(|listing| listing.folder == path.folder) {
            Some(listing) => Some((path.items(&listing.names), path.chars)),
            None => {
                self.listing = None;
                self.wanted = Some(path.folder.clone());
                None
            }
        }
    }

    /// The folder that is to be looked into, once.
    pub fn take_wanted(&mut self) -> Option<String> {
        self.wanted.take()
    }

    /// A folder has been looked into. It is of no use any more when something else is written now.
    pub fn take_listing(&mut self, listing: Listing, hints: &Hints) {
        let before = self.before_cursor();
        let begun = complete::begun(&before, hints.home.as_deref());
        if self.is_in_path && begun.is_some_and(|begun| begun.folder == listing.folder) {
            self.listing = Some(listing);
            self.look_up(hints);
        }
    }
}

/// What may complete the word before the cursor, and how many characters that replaces.
fn complete_word(before: &str, takes_command: bool, hints: &Hints) -> Option<(Vec<Item>, usize)> {
    if let Some(begun) = emoji::begun(before) {
        let items = emoji::complete(begun, COMPLETIONS_MAX).into_iter();
        let items = items.map(|(code, emoji)| (format!("{emoji} :{code}:"), emoji.to_owned()));
        return Some((items.collect(), begun.chars().count() + 1));
    }
    let command = takes_command.then(|| complete_command(before, hints)).flatten();
    command.or_else(|| complete_mention(before, hints))
}

/// Whether what stands before the cursor is meant as it stands, also if something begins so: a word behind a command, a
/// whole command, or the name of somebody.
fn is_valid(before: &str, takes_command: bool) -> bool {
    if emoji::begun(before).is_some() {
        return false;
    }
    let is_command = || before.contains(' ') || COMMANDS.iter().any(|(name, ..)| *name == before);
    (takes_command && is_command()) || begun_mention(before).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> Composer {
        let mut composer = Composer::default();
        for c in keys.chars() {
            composer.type_key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE), &hints());
        }
        composer
    }

    fn hints() -> Hints {
        let pair = |shown: &str, written: &str| (shown.to_owned(), written.to_owned());
        Hints {
            names: vec!["bob".to_owned(), "bill".to_owned(), "#ops".to_owned()],
            people: vec!["bob".to_owned(), "eve".to_owned()],
            mentionable: vec!["ann".to_owned(), "anna".to_owned()],
            groups: vec!["public".to_owned()],
            home: Some("/home/ann".to_owned()),
            messages: vec![pair("[12] bob: hello", "12 "), pair("[7] ann: hi", "7 ")],
            files: vec![pair("[12] photo.png", "12"), pair("[7] notes.txt", "7")],
            transfers: vec![pair("#3 big.iso", "3")],
        }
    }

    #[test]
    fn a_shortcode_becomes_its_emoji_as_it_is_closed() {
        assert_eq!(typed("hi :wave: :tada:").text(), "hi 👋 🎉");
        assert_eq!(typed("at 10:30:00").text(), "at 10:30:00");
    }

    #[test]
    fn words_and_lines_are_deleted_as_in_a_shell() {
        let mut composer = typed("hello big world");
        let mut press =
            |c| composer.type_key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL), &hints());
        press('w');
        press('b');
        press('u');
        assert_eq!(composer.text(), " ", "what stands behind the cursor stays");
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
        let completion = typed("/delete").completion.unwrap();
        assert_eq!((completion.items[0].1.as_str(), completion.on_enter), ("/delete-account", false));
    }

    #[test]
    fn files_and_transfers_are_offered_by_number_and_by_name() {
        for (typed_so_far, expected) in [
            ("/save ", "/save 12"),
            ("/save 7", "/save 7"),
            ("/view NOT", "/view 7"),
            ("/cancel ", "/cancel 3"),
            ("/cancel big", "/cancel 3"),
            ("/cancel x", "/cancel x"),
            ("/reply ", "/reply 12 "),
            ("/edit 7", "/edit 7 "),
            ("/reply hello", "/reply hello"),
            ("/readers ", "/readers 12 "),
            ("/msg #o", "/msg #ops "),
            ("/msg op", "/msg #ops "),
            ("/add ", "/add bob "),
            ("/add bob, @", "/add bob, @eve "),
            ("/remove e", "/remove eve "),
            ("/remove bob e", "/remove bob e"),
            ("/group e", "/group e"),
            ("/group --public e", "/group --public e"),
            ("/group ops e", "/group ops eve "),
            ("/group --public ops bob ", "/group --public ops bob eve "),
            ("/join #", "/join #public "),
            ("hi @", "hi @ann "),
            ("hi @anna", "hi @anna"),
            ("hi @ann", "hi @anna "),
            ("mail@a", "mail@a"),
            ("@x", "@x"),
            ("/reply 7 @a", "/reply 7 @ann "),
            ("/reply hi @a", "/reply hi @ann "),
        ] {
            let mut composer = typed(typed_so_far);
            assert!(composer.completion.as_ref().is_none_or(|completion| !completion.on_enter));
            composer.accept();
            assert_eq!(composer.text(), expected, "{typed_so_far}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_is_completed_folder_by_folder() {
        let listing = |folder: &str, names: &[(&str, bool)]| Listing {
            folder: folder.to_owned(),
            names: names
                .iter()
                .map(|(name, is_folder)| complete::Name { name: (*name).to_owned(), is_folder: *is_folder })
                .collect(),
        };
        let mut composer = typed("/send ~/");
        assert!(composer.is_in_path && composer.completion.is_none());
        assert_eq!(composer.take_wanted().as_deref(), Some("/home/ann/"));
        composer.take_listing(listing("/elsewhere/", &[("no", false)]), &hints());
        assert_eq!(composer.completion, None, "that is not what was asked for");
        composer.take_listing(listing("/home/ann/", &[("my pictures", true), ("x", false)]), &hints());
        composer.type_key(KeyEvent::new(KeyCode::Char('m'), KeyModifiers::NONE), &hints());
        assert_eq!(composer.take_wanted(), None, "the folder is known");
        composer.accept();
        composer.look_up(&hints());
        assert_eq!(composer.text(), r"/send ~/my\ pictures/");
        assert_eq!(composer.take_wanted().as_deref(), Some("/home/ann/my pictures/"));
        composer.take_listing(listing("/home/ann/my pictures/", &[("a:wave:.png", false)]), &hints());
        composer.accept();
        assert_eq!(composer.text(), r"/send ~/my\ pictures/a:wave:.png ");
        composer.look_up(&hints());
        assert!(!composer.is_in_path);
        assert_eq!(typed("/send a:wave:b").text(), "/send a:wave:b", "in a path nothing is replaced");
    }

    #[test]
    fn a_paste_keeps_its_lines_and_runs_nothing() {
        let mut composer = Composer::default();
        composer.paste("a\r\nb\rc");
        assert_eq!(composer.text(), "a\nb\nc");
    }
}
