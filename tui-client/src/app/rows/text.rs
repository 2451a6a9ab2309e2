//! What a message says, formatted, as lines of the screen.

use super::mentions::Mentions;
use super::wrap::wrap_line;
use super::{Mark, Row};
use chat_client::SafeText;
use chat_client::markup::{self, Block, Link, Span, Style};
use unicode_width::UnicodeWidthStr;

/// Stands before each line of a quote.
const QUOTE_BAR: &str = "│ ";
/// Stands before each line of fenced code.
const CODE_BAR: &str = "▎ ";
const BAR_COLUMNS: usize = 2;
/// Where there are fewer columns, they are needed for the words.
const BARRED_COLUMNS_MIN: usize = 8;

/// A part of a line in one dress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub text: String,
    pub dress: Dress,
}

/// How a part of a line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dress {
    pub bold: bool,
    pub italic: bool,
    pub code: bool,
    pub link: bool,
    /// It belongs to the formatting, not to the words.
    pub quiet: bool,
    /// It names somebody who is mentioned.
    pub mention: bool,
    /// It names the user.
    pub to_me: bool,
}

impl Dress {
    const PLAIN: Self = Self {
        bold: false,
        italic: false,
        code: false,
        link: false,
        quiet: false,
        mention: false,
        to_me: false,
    };
    const QUIET: Self = Self { quiet: true, ..Self::PLAIN };
    const CODE: Self = Self { code: true, ..Self::PLAIN };

    fn new(Style { bold, italic }: Style) -> Self {
        Self { bold, italic, ..Self::default() }
    }
}

/// The lines of a text. The mark stands before the first one.
pub fn push_text(rows: &mut Vec<Row>, mark: Mark, text: &str, mentions: Mentions<'_>, width: usize) {
    let blocks = markup::parse(&SafeText::new(text));
    let lines = blocks.iter().flat_map(|block| block_lines(block, mentions, width));
    for (index, runs) in lines.enumerate() {
        rows.push(Row::Text { mark: if index == 0 { mark } else { Mark::None }, runs });
    }
}

/// Words of the client's own in place of a text.
pub fn push_quiet(rows: &mut Vec<Row>, mark: Mark, text: &str, width: usize) {
    for (index, runs) in wrap_runs(&[run(text, Dress::QUIET)], width).into_iter().enumerate() {
        rows.push(Row::Text { mark: if index == 0 { mark } else { Mark::None }, runs });
    }
}

/// `(edited)` behind the last line of the text, or below it where there is no room or the line is a quote or code.
pub fn push_edited(rows: &mut Vec<Row>, width: usize) {
    const EDITED: &str = "(edited)";
    if let Some(Row::Text { runs, .. }) = rows.last_mut() {
        let used: usize = runs.iter().map(|run| run.text.width()).sum();
        let is_barred = runs.first().is_some_and(|run| run.text == QUOTE_BAR || run.text == CODE_BAR);
        if !is_barred && used + 1 + EDITED.width() <= width {
            runs.push(run(&format!(" {EDITED}"), Dress::QUIET));
            return;
        }
    }
    push_quiet(rows, Mark::None, EDITED, width);
}

fn block_lines(block: &Block, mentions: Mentions<'_>, width: usize) -> Vec<Vec<Run>> {
    let runs = |line: &[Span]| mentions.mark(runs(line));
    match block {
        Block::Text(lines) => lines.iter().flat_map(|line| wrap_runs(&runs(line), width)).collect(),
        Block::Quote(lines) => barred(QUOTE_BAR, lines.iter().map(|line| runs(line)), width),
        Block::Code { language, text } => {
            let language = (!language.is_empty()).then(|| vec![run(language, Dress::QUIET)]);
            let code = text.split('\n').map(|line| vec![run(line, Dress::CODE)]);
            barred(CODE_BAR, language.into_iter().chain(code), width)
        }
    }
}

/// Lines with a bar before them, where there is room for it.
fn barred(bar: &str, lines: impl Iterator<Item = Vec<Run>>, width: usize) -> Vec<Vec<Run>> {
    if width < BARRED_COLUMNS_MIN {
        return lines.flat_map(|line| wrap_runs(&line, width)).collect();
    }
    let wrapped = lines.flat_map(|line| wrap_runs(&line, width - BAR_COLUMNS));
    wrapped
        .map(|mut line| {
            line.insert(0, run(bar, Dress::QUIET));
            line
        })
        .collect()
}

fn run(text: &str, dress: Dress) -> Run {
    Run { text: text.to_owned(), dress }
}

fn runs(line: &[Span]) -> Vec<Run> {
    line.iter().flat_map(span_runs).collect()
}

fn span_runs(span: &Span) -> Vec<Run> {
    match span {
        Span::Text { text, style } => vec![run(text, Dress::new(*style))],
        // Where there are no colours, the backticks tell that it is code.
        Span::Code { code, style } => {
            vec![
                run("`", Dress::QUIET),
                run(code, Dress { code: true, ..Dress::new(*style) }),
                run("`", Dress::QUIET),
            ]
        }
        Span::Link(link) => link_runs(link),
    }
}

/// The label, and beside it the whole address if the label does not show its host: nobody can click here.
fn link_runs(link: &Link) -> Vec<Run> {
    let mut runs: Vec<_> = link.label.iter().flat_map(span_runs).collect();
    for run in &mut runs {
        run.dress.link = true;
    }
    if link.host.is_some() {
        let address = format!(" ({})", SafeText::line(&link.address()));
        runs.push(run(&address, Dress::QUIET));
    }
    runs
}

/// Breaks a line, in which each character keeps its dress.
fn wrap_runs(runs: &[Run], width: usize) -> Vec<Vec<Run>> {
    let line: String = runs.iter().map(|run| run.text.as_str()).collect();
    // Where each dress ends, in bytes.
    let mut ends = runs.iter().scan(0, |end, run| {
        *end += run.text.len();
        Some((*end, run.dress))
    });
    let mut current = ends.next();
    let mut dress_at = |at: usize| {
        while current.is_some_and(|(end, _)| end <= at) {
            current = ends.next();
        }
        current.map(|(_, dress)| dress).unwrap_or_default()
    };
    let mut lines = Vec::new();
    for graphemes in wrap_line(&line, width) {
        let mut shown: Vec<Run> = Vec::new();
        for (at, grapheme) in graphemes {
            let dress = dress_at(at);
            match shown.last_mut().filter(|last| last.dress == dress) {
                Some(last) => last.text.push_str(grapheme),
                None => shown.push(run(grapheme, dress)),
            }
        }
        lines.push(shown);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::name;
    use crate::app::rows::wrap;
    use proptest::prelude::*;

    /// The lines, with each run's dress before it.
    fn lines(text: &str, width: usize) -> Vec<String> {
        let mut rows = Vec::new();
        push_text(&mut rows, Mark::Sent, text, Mentions::none(&name("alice")), width);
        let shown = |row: &Row| match row {
            Row::Text { runs, .. } => {
                runs.iter().map(|run| format!("{}{}", sign(run.dress), run.text)).collect()
            }
            row => panic!("{row:?}"),
        };
        rows.iter().map(shown).collect()
    }

    fn sign(dress: Dress) -> String {
        let signs = [
            (dress.bold, 'B'),
            (dress.italic, 'I'),
            (dress.code, 'C'),
            (dress.link, 'L'),
            (dress.quiet, 'Q'),
        ];
        let signs: String = signs.iter().filter(|(is_on, _)| *is_on).map(|(_, sign)| *sign).collect();
        format!("‹{signs}›")
    }

    #[test]
    fn a_text_is_dressed_and_broken_as_without_its_markers() {
        for (text, width, expected) in [
            ("", 9, vec![""]),
            ("a *b* **c d** `e`", 40, vec!["‹›a ‹I›b‹› ‹B›c d‹› ‹Q›`‹C›e‹Q›`"]),
            ("**bold words** here", 8, vec!["‹B›bold ", "‹B›words‹› ", "‹›here"]),
            ("**日本**語 *👩‍👩‍👧*", 4, vec!["‹B›日本", "‹›語 ", "‹I›👩‍👩‍👧"]),
            ("***a** b*", 9, vec!["‹BI›a‹I› b"]),
            ("> said *it*\n> twice\nno", 11, vec!["‹Q›│ ‹›said ‹I›it", "‹Q›│ ‹›twice", "‹›no"]),
            ("> said it", 7, vec!["‹›said it"]),
            ("> said it so", 9, vec!["‹Q›│ ‹›said it", "‹Q›│ ‹›so"]),
            (
                "```rust\n  let a = 1;\n\n*b*\n```",
                12,
                vec!["‹Q›▎ ‹Q›rust", "‹Q›▎ ‹C›  let a = ", "‹Q›▎ ‹C›1;", "‹Q›▎ ", "‹Q›▎ ‹C›*b*"],
            ),
            ("see https://a.example/x.", 40, vec!["‹›see ‹L›https://a.example/x‹›."]),
            ("**[a `b`](https://c.example)**", 40, vec!["‹BL›a ‹LQ›`‹BCL›b‹LQ›`‹Q› (https://c.example/)"]),
            (
                "https://a.example@b.example/c",
                60,
                vec!["‹L›https://a.example@b.example/c‹Q› (https://b.example/c)"],
            ),
            ("https://аррӏе.com", 60, vec!["‹L›https://аррӏе.com‹Q› (https://xn--80ak6aa92e.com/)"]),
        ] {
            assert_eq!(lines(text, width), expected, "{text:?} at {width}");
        }
    }

    #[test]
    fn only_the_first_line_has_the_mark() {
        let mut rows = Vec::new();
        push_text(&mut rows, Mark::Sent, "```\na\nb\n```", Mentions::none(&name("alice")), 20);
        let marks: Vec<_> =
            rows.iter().map(|row| matches!(row, Row::Text { mark: Mark::Sent, .. })).collect();
        assert_eq!(marks, [true, false]);
    }

    proptest! {
        #[test]
        fn dressed_lines_are_broken_like_plain_ones(parts in prop::collection::vec("[a-c 日👋é]{0,12}", 0..8), width in 2_usize..30) {
            let dress = |index: usize| Dress { bold: index % 2 == 1, ..Dress::default() };
            let dressed: Vec<_> = parts.iter().enumerate().map(|(index, text)| run(text, dress(index))).collect();
            let lines: Vec<String> =
                wrap_runs(&dressed, width).iter().map(|line| line.iter().map(|run| run.text.as_str()).collect()).collect();
            prop_assert!(lines.iter().all(|line| line.width() <= width), "{:?}", lines);
            prop_assert_eq!(lines, wrap(&parts.concat(), width));
        }
    }
}
