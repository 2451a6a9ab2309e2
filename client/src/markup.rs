//! The formatting of messages: a small subset of Markdown, as `docs/formatting.md` defines it.
//!
//! Pure: a text becomes blocks of spans, in time that grows with its length only. What is stored and sent is the text as
//! it was typed; the page's `markup.js` reads it the same way, and both are tested against one table.
#![deny(clippy::disallowed_methods)]

mod block;
mod emphasis;
mod inline;
mod link;

pub use link::Link;

use crate::SafeText;
use serde::Serialize;

/// The spans of one line; none when it is empty.
pub type Line = Vec<Span>;

/// Lines that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// What is simply said.
    Text(Vec<Line>),
    /// What somebody else has said.
    Quote(Vec<Line>),
    /// Fenced code, as it stands.
    Code {
        /// What stands after the fence: letters, digits and `+#._-`; empty when there is nothing.
        language: String,
        /// Its lines, with `\n` between them.
        text: String,
    },
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Span {
    /// Words.
    Text {
        /// Without its markers.
        text: String,
        /// How they are said.
        #[serde(flatten)]
        style: Style,
    },
    /// Code between words.
    Code {
        /// Without its markers.
        code: String,
        /// How it is said.
        #[serde(flatten)]
        style: Style,
    },
    /// A way to elsewhere.
    Link(Link),
}

/// Bold, italic, both or neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Style {
    /// Between `**` and `**`.
    #[serde(skip_serializing_if = "is_off")]
    pub bold: bool,
    /// Between `*` and `*`, or `_` and `_`.
    #[serde(skip_serializing_if = "is_off")]
    pub italic: bool,
}

impl Style {
    /// What is said like this within what is said like that.
    fn within(self, outer: Self) -> Self {
        Self { bold: self.bold || outer.bold, italic: self.italic || outer.italic }
    }
}

fn is_off(is_on: &bool) -> bool {
    !is_on
}

/// The blocks of a text. There is at least one.
pub fn parse(text: &SafeText) -> Vec<Block> {
    block::blocks(text.as_str())
}

/// For the test that counts the steps of the loops.
#[cfg(test)]
mod steps {
    use std::cell::Cell;

    thread_local!(static STEPS: Cell<usize> = const { Cell::new(0) });

    pub fn add(count: usize) {
        STEPS.set(STEPS.get() + count);
    }

    pub fn take() -> usize {
        STEPS.take()
    }
}

/// Counts steps, in tests.
fn count_steps(_count: usize) {
    #[cfg(test)]
    steps::add(_count);
}

#[cfg(test)]
mod tests;
