//! What may complete a path that is being written.

use super::words::{self, Quote, Word};
use chat_client::SafeText;

/// Completions of one path. More of them are no help.
const ITEMS_MAX: usize = 50;

/// What stands in a folder, as far as its names are text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// As it was asked for: empty for the current one.
    pub folder: String,
    pub names: Vec<Name>,
}

/// One thing in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    pub name: String,
    pub is_folder: bool,
}

/// The path that stands before the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The folder to look in; empty for the current one.
    pub folder: String,
    /// How the folder is written.
    written: String,
    /// What is there of the name.
    name: String,
    quote: Quote,
    in_home: bool,
    /// Characters of the whole word.
    pub chars: usize,
    only_folders: bool,
}

/// The path that a command is being given at the end of this line; nothing when it takes none there.
pub fn begun(before: &str, home: Option<&str>) -> Option<Begun> {
    let (command, rest) = before.split_once(' ')?;
    let (index, word) = last(rest);
    match (command, index) {
        ("/send", 0) => Begun::new(word.as_ref(), home, false),
        ("/save", 1) => Begun::new(word.as_ref(), home, true),
        ("/save", 0) if word.as_ref().is_some_and(|word| is_place(&word.text)) => {
            Begun::new(word.as_ref(), home, true)
        }
        _ => None,
    }
}

/// Whether a word can only be a place on the disk, and no file's name or number.
pub fn is_place(word: &str) -> bool {
    word.starts_with('~') || word.contains(words::is_separator) || matches!(word, "." | "..")
}

/// Which word the line ends in, counted from 0, and what there is of it.
fn last(line: &str) -> (usize, Option<Word<'_>>) {
    let (mut index, mut rest) = (0, line);
    while let Some(word) = words::first(rest) {
        if word.rest.is_empty() {
            return (index, Some(word));
        }
        (index, rest) = (index + 1, word.rest);
    }
    (index, None)
}

impl Begun {
    fn new(word: Option<&Word<'_>>, home: Option<&str>, only_folders: bool) -> Option<Self> {
        let Some(word) = word else {
            let (folder, name) = (String::new(), String::new());
            let written = String::new();
            return Some(Self {
                folder,
                written,
                name,
                quote: Quote::None,
                in_home: false,
                chars: 0,
                only_folders,
            });
        };
        if word.text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:")) {
            return None;
        }
        let cut = word.text.rfind(words::is_separator).map_or(0, |at| at + 1);
        let (written, name) = word.text.split_at(cut);
        let whole = word.in_home(home);
        let folder = whole[..whole.len() - name.len().min(whole.len())].to_owned();
        // `~` alone is the home folder, which is not in any folder that could be listed for it.
        let in_home = word.raw.starts_with('~');
        if in_home && cut == 0 {
            return None;
        }
        let (written, name) = (written.to_owned(), name.to_owned());
        let chars = word.raw.chars().count();
        Some(Self { folder, written, name, quote: word.quote, in_home, chars, only_folders })
    }

    /// What completes it: how that is shown and how it is written. Hidden ones only for those who begin with the dot.
    pub fn items(&self, names: &[Name]) -> Vec<(String, String)> {
        let fits = |name: &&Name, begins: &dyn Fn(&str) -> bool| {
            let is_shown = !name.name.starts_with('.') || self.name.starts_with('.');
            let is_wanted = name.is_folder || !self.only_folders;
            is_shown && is_wanted && begins(&name.name) && !name.name.contains(char::is_control)
        };
        let exactly = |name: &str| name.starts_with(&self.name);
        let mut fitting: Vec<_> = names.iter().filter(|name| fits(name, &exactly)).collect();
        if fitting.is_empty() {
            let begun = self.name.to_lowercase();
            let roughly = |name: &str| name.to_lowercase().starts_with(&begun);
            fitting = names.iter().filter(|name| fits(name, &roughly)).collect();
        }
        // What is there already is not offered.
        fitting.retain(|name| name.is_folder || name.name != self.name);
        fitting.into_iter().take(ITEMS_MAX).map(|name| self.item(name)).collect()
    }

    fn item(&self, name: &Name) -> (String, String) {
        let end = if name.is_folder { "/" } else { "" };
        let mut path = format!("{}{}{end}", self.written, name.name);
        let quote = if self.in_home { Quote::None } else { self.quote };
        // What is not meant as the home folder must not become it.
        if path.starts_with('~') && !self.in_home {
            path.insert_str(0, "./");
        }
        let written = words::written(&path, quote, !name.is_folder);
        let space = if name.is_folder { "" } else { " " };
        (format!("{}{end}", SafeText::line(&name.name)), format!("{written}{space}"))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> Vec<Name> {
        let name =
            |name: &str| Name { name: name.trim_end_matches('/').to_owned(), is_folder: name.ends_with('/') };
        [".hidden", "Notes.txt", "my photo.png", "my/", "notes 2/", "~odd"].map(name).to_vec()
    }

    fn completed(line: &str) -> Vec<String> {
        let Some(begun) = begun(line, Some("/home/ann")) else { return Vec::new() };
        let kept: String = line.chars().take(line.chars().count() - begun.chars).collect();
        begun.items(&names()).into_iter().map(|(_, written)| format!("{kept}{written}")).collect()
    }

    #[test]
    fn a_path_is_completed_as_it_was_begun() {
        for (line, expected) in [
            ("/send my", vec![r"/send my\ photo.png ", "/send my/"]),
            ("/send 'my p", vec!["/send 'my photo.png' "]),
            ("/send \"not", vec!["/send \"notes 2/"]),
            ("/send ~/N", vec!["/send ~/Notes.txt "]),
            ("/send /x/.", vec!["/send /x/.hidden "]),
            ("/send n", vec![r"/send notes\ 2/"]),
            ("/send NO", vec!["/send Notes.txt ", r"/send notes\ 2/"]),
            ("/send ~o", vec![]),
            ("/send Notes.txt", vec![]),
            ("/send Notes.txt look ", vec![]),
            ("/send file:///", vec![]),
            ("/save 12 m", vec!["/save 12 my/"]),
            ("/save /x/m", vec!["/save /x/my/"]),
            ("/save m", vec![]),
            ("/msg m", vec![]),
        ] {
            assert_eq!(completed(line), expected, "{line}");
        }
        assert_eq!(completed("/send ").len(), 5, "all but the hidden one");
        assert!(completed("/send ").contains(&"/send ./~odd ".to_owned()));
    }

    #[test]
    fn the_folder_to_look_in_is_told() {
        for (line, folder) in [
            ("/send ", ""),
            ("/send a", ""),
            ("/send ~/Doc", "/home/ann/"),
            ("/send '~/Doc", "~/"),
            ("/send /a\\ b/c", "/a b/"),
            ("/send ../x/", "../x/"),
        ] {
            assert_eq!(
                begun(line, Some("/home/ann")).map(|begun| begun.folder).as_deref(),
                Some(folder),
                "{line}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_written_names_what_was_shown(line in "/send [ ~'\"\\\\/.a-c\u{e9}]{0,12}", name in "[ ~'\"\\\\.a-c\u{e9}]{1,8}") {
            if let Some(begun) = begun(&line, Some("/home/ann")) {
                let kept: String = line.chars().take(line.chars().count() - begun.chars).collect();
                for (_, written) in begun.items(&[Name { name: name.clone(), is_folder: false }]) {
                    let whole = format!("{kept}{written}");
                    let word = words::first(whole.strip_prefix("/send").unwrap()).unwrap();
                    let path = word.path(Some("/home/ann")).unwrap();
                    let expected = format!("{}{name}", begun.folder);
                    prop_assert_eq!(path.strip_prefix("./").unwrap_or(&path), expected.strip_prefix("./").unwrap_or(&expected));
                }
            }
        }
    }
}
