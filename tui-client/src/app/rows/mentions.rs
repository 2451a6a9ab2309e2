//! Who is mentioned in a text, shown where they are named. Who that is says the server: here only the place is found.

use super::{Dress, Run};
use chat_protocol::{Message, UserName};

/// Those whom a message mentions.
#[derive(Debug, Clone, Copy)]
pub struct Mentions<'a> {
    pub names: &'a [UserName],
    pub me: &'a UserName,
}

impl<'a> Mentions<'a> {
    pub fn of(message: &'a Message, me: &'a UserName) -> Self {
        Self { names: &message.mentions, me }
    }

    /// Nobody: what is not sent yet mentions nobody.
    pub fn none(me: &'a UserName) -> Self {
        Self { names: &[], me }
    }

    /// The same line, with the names in a dress of their own. In code and links nobody is named.
    pub fn mark(&self, runs: Vec<Run>) -> Vec<Run> {
        if self.names.is_empty() {
            return runs;
        }
        let mut marked = Vec::new();
        let mut before = None;
        for run in runs {
            let last = run.text.chars().next_back().or(before);
            if run.dress.code || run.dress.link || run.dress.quiet {
                marked.push(run);
            } else {
                self.mark_run(&mut marked, &run, before);
            }
            before = last;
        }
        marked
    }

    fn mark_run(&self, marked: &mut Vec<Run>, run: &Run, before: Option<char>) {
        let mut plain = 0;
        for (at, _) in run.text.match_indices('@') {
            let previous = run.text[..at].chars().next_back().or(before);
            let Some(name) = self.named_at(&run.text[at + 1..]).filter(|_| !previous.is_some_and(goes_on))
            else {
                continue;
            };
            let end = at + 1 + name.as_str().len();
            let dress = Dress { mention: true, to_me: name == self.me, ..run.dress };
            push(marked, &run.text[plain..at], run.dress);
            push(marked, &run.text[at..end], dress);
            plain = end;
        }
        push(marked, &run.text[plain..], run.dress);
    }

    /// Whom a text behind the sign names: the longest name, without a sign at its end that belongs to the sentence.
    fn named_at(&self, text: &str) -> Option<&'a UserName> {
        let mut name = &text[..text.bytes().take_while(|byte| is_of_name(*byte)).count()];
        if text[name.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '@') {
            // The name ends before the last sign, if anywhere.
            name = name.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
            name = name.strip_suffix(['.', '-', '_'])?;
        }
        loop {
            if let Some(named) = self.names.iter().find(|one| one.as_str() == name) {
                return Some(named);
            }
            name = name.strip_suffix(['.', '-', '_'])?;
        }
    }
}

/// After one of these the sign belongs to something else, an address for example.
pub fn goes_on(before: char) -> bool {
    before.is_alphanumeric() || matches!(before, '_' | '.' | '-' | '@' | '/')
}

pub fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte)
}

fn push(runs: &mut Vec<Run>, text: &str, dress: Dress) {
    if !text.is_empty() {
        runs.push(Run { text: text.to_owned(), dress });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::name;

    /// The line, with those who are named in brackets, and oneself in two of them.
    fn shown(text: &str) -> String {
        let (names, me) = (["ann", "bob", "eve.", "ann-marie"].map(name), name("ann"));
        let runs = vec![Run { text: text.to_owned(), dress: Dress::default() }];
        let show = |run: Run| match (run.dress.mention, run.dress.to_me) {
            (false, _) => run.text,
            (true, false) => format!("[{}]", run.text),
            (true, true) => format!("[[{}]]", run.text),
        };
        Mentions { names: &names, me: &me }.mark(runs).into_iter().map(show).collect()
    }

    #[test]
    fn those_are_marked_who_are_named() {
        for (text, expected) in [
            ("@ann, see @bob.", "[[@ann]], see [@bob]."),
            ("@ann... (@bob) @ann-", "[[@ann]]... ([@bob]) [[@ann]]-"),
            ("@eve. @eve", "[@eve.] @eve"),
            ("@ann-marie and @annmarie", "[@ann-marie] and @annmarie"),
            ("@zoe @Ann @annX a@ann @@ann /@ann @bob@host", "@zoe @Ann @annX a@ann @@ann /@ann @bob@host"),
            ("@ann.And @", "[[@ann]].And @"),
            ("", ""),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_sign_behind_another_part_of_the_line_belongs_to_it() {
        let (names, me) = ([name("bob")], name("ann"));
        let run = |text: &str, dress| Run { text: text.to_owned(), dress };
        let bold = Dress { bold: true, ..Dress::default() };
        let code = Dress { code: true, ..Dress::default() };
        let mark = |runs| Mentions { names: &names, me: &me }.mark(runs);
        let told = vec![run("mail", bold), run("@bob", Dress::default()), run(" @bob", code)];
        assert_eq!(mark(told.clone()), told);
        let marked = mark(vec![run("hi ", Dress::default()), run("@bob!", bold)]);
        assert_eq!(marked[1], run("@bob", Dress { mention: true, ..bold }));
    }
}
