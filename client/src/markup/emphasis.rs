//! Which markers of bold and italic belong together.

use super::count_steps;
use crate::text::is_combining;

const OPENING: &str = "([{<“‘«（「";
const ENDING: &str = ")]}>\"'”’»）」,;:!?，。！？";

/// What stands beside a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// A space, or the end of the line.
    Space,
    /// A letter or digit of a script that puts spaces between words.
    Letter,
    /// Chinese, Japanese, Korean: a marker may stand in the middle.
    Ideograph,
    /// All else.
    Other,
}

fn side(c: Option<&char>) -> Side {
    match c {
        None => Side::Space,
        Some(c) if c.is_whitespace() => Side::Space,
        Some(
            '\u{2e80}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ffdc}'
            | '\u{20000}'..='\u{3ffff}',
        ) => Side::Ideograph,
        Some(c) if c.is_alphanumeric() => Side::Letter,
        Some(_) => Side::Other,
    }
}

/// Whether what follows this character stands in the middle of a word.
pub fn ends_word(c: char) -> bool {
    side(Some(&c)) == Side::Letter
}

/// Whether this changes the character before it, which is then no marker.
pub fn is_extending(c: char) -> bool {
    is_combining(c) || c == '\u{fe0f}'
}

/// A run of `*` or `_`.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub marker: char,
    /// 1 to 3 for `*`, 1 for `_`.
    pub length: usize,
    can_open: bool,
    can_close: bool,
}

impl Run {
    /// The run of markers from `start` to `end`, if it can open or close anything.
    pub fn new(line: &[char], start: usize, end: usize) -> Option<Self> {
        let (marker, length) = (line[start], end - start);
        let longest = if marker == '*' { 3 } else { 1 };
        let (before, after) = (start.checked_sub(1).map(|at| &line[at]), line.get(end));
        if length > longest || after.is_some_and(|after| is_extending(*after)) {
            return None;
        }
        let (left, right) = (side(before), side(after));
        let mut can_open = right != Side::Space && left != Side::Letter;
        let mut can_close = left != Side::Space && right != Side::Letter;
        match (left, right) {
            (Side::Other, Side::Other) => {
                let is_before = |signs: &str| before.is_some_and(|c| signs.contains(*c));
                can_close = !is_before(OPENING) && after.is_some_and(|c| ends_words(*c, line.get(end + 1)));
                can_open = !can_close && (is_before(OPENING) || is_before("\"'"));
            }
            (Side::Other, Side::Ideograph) => can_close = false,
            (Side::Ideograph, Side::Other) => can_open = false,
            _ => {}
        }
        (can_open || can_close).then_some(Self { marker, length, can_open, can_close })
    }
}

/// A sign that ends words, and does not begin a file's ending.
fn ends_words(c: char, next: Option<&char>) -> bool {
    ENDING.contains(c) || (c == '.' && next.is_none_or(|next| !next.is_alphanumeric()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bold,
    StarItalic,
    LineItalic,
}

const KINDS: usize = 3;

impl Kind {
    fn length(self) -> usize {
        if self == Self::Bold { 2 } else { 1 }
    }
}

/// What has become of a run: it opens or closes these, and the rest of it is text.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub opens: Vec<Kind>,
    pub closes: Vec<Kind>,
}

impl Outcome {
    /// Characters of a run of this length that are text.
    pub fn left_over(&self, length: usize) -> usize {
        length - self.opens.iter().chain(&self.closes).map(|kind| kind.length()).sum::<usize>()
    }
}

/// Finds the partners. `runs` are the runs of a line in their order; with each goes how many words stand before it.
pub fn pair(runs: &[(Run, usize)]) -> Vec<Outcome> {
    let mut outcomes = vec![Outcome::default(); runs.len()];
    // For each kind the runs that are open, the innermost last.
    let mut open: [Vec<usize>; KINDS] = Default::default();
    for (at, (run, words)) in runs.iter().enumerate() {
        let mut wanted = kinds(*run);
        while run.can_close && !wanted.is_empty() {
            count_steps(1);
            let partner = |kind: Kind| open[kind as usize].last().copied();
            let holds_words = |partner: &usize| runs[*partner].1 < *words;
            let candidates = wanted.iter().filter_map(|kind| {
                let partner = partner(*kind).filter(holds_words)?;
                Some((partner, *kind))
            });
            let Some((partner, kind)) = candidates.max_by_key(|(partner, _)| *partner) else { break };
            wanted.retain(|other| *other != kind);
            outcomes[partner].opens.push(kind);
            outcomes[at].closes.push(kind);
            open[kind as usize].pop();
            // What was opened within and not closed there is text.
            for inner in &mut open {
                while inner.last().is_some_and(|inner| *inner > partner) {
                    count_steps(1);
                    inner.pop();
                }
            }
        }
        if run.can_open && outcomes[at].closes.is_empty() {
            kinds(*run).into_iter().for_each(|kind| open[kind as usize].push(at));
        }
    }
    outcomes
}

/// What a run may open or close.
fn kinds(run: Run) -> Vec<Kind> {
    match (run.marker, run.length) {
        ('*', 1) => vec![Kind::StarItalic],
        ('*', 2) => vec![Kind::Bold],
        ('*', _) => vec![Kind::Bold, Kind::StarItalic],
        _ => vec![Kind::LineItalic],
    }
}
