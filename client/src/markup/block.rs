//! Lines as blocks: fenced code, quotes, and what is simply said.

use super::{Block, Line, Span, Style, count_steps, inline};

/// The least of backticks that makes a fence.
const FENCE: usize = 3;
const LANGUAGE_MAX: usize = 32;

pub fn blocks(text: &str) -> Vec<Block> {
    if is_plain(text) {
        return vec![Block::Text(text.split('\n').map(plain).collect())];
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let is_last = at + 1 == lines.len();
        at = match fence(lines[at]).filter(|_| !is_last) {
            Some((ticks, language)) => push_code(&mut blocks, &lines, at + 1, ticks, language),
            None => {
                push_line(&mut blocks, lines[at]);
                at + 1
            }
        };
    }
    blocks
}

/// Most messages hold nothing that could be a marker.
fn is_plain(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, b'*' | b'_' | b'`' | b'[' | b'>' | b'\\'))
        && !text.contains("://")
}

fn plain(line: &str) -> Line {
    if line.is_empty() {
        return Line::new();
    }
    vec![Span::Text { text: line.to_owned(), style: Style::default() }]
}

fn push_line(blocks: &mut Vec<Block>, line: &str) {
    let continues = matches!(blocks.last(), Some(Block::Quote(_)));
    match (quoted(line, continues), blocks.last_mut()) {
        (Some(said), Some(Block::Quote(lines))) => lines.push(inline::spans(said)),
        (Some(said), _) => blocks.push(Block::Quote(vec![inline::spans(said)])),
        (None, Some(Block::Text(lines))) => lines.push(inline::spans(line)),
        (None, _) => blocks.push(Block::Text(vec![inline::spans(line)])),
    }
}

/// What stands after `> `. Without the space it may be a face: `>_<`. Only within a quote its line may be empty.
fn quoted(line: &str, continues: bool) -> Option<&str> {
    let rest = line.strip_prefix('>')?;
    rest.strip_prefix(' ').or((continues && rest.is_empty()).then_some(rest))
}

/// The backticks of a line that opens fenced code, and its language.
fn fence(line: &str) -> Option<(usize, &str)> {
    let ticks = ticks(line);
    let language = line[ticks..].trim();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"+#._-".contains(&byte);
    let is_fence = ticks >= FENCE && language.len() <= LANGUAGE_MAX && language.bytes().all(is_word);
    is_fence.then_some((ticks, language))
}

fn ticks(line: &str) -> usize {
    line.bytes().take_while(|byte| *byte == b'`').count()
}

/// Takes the lines up to the fence that closes, or all; gives the first line after it.
fn push_code(blocks: &mut Vec<Block>, lines: &[&str], from: usize, opened: usize, language: &str) -> usize {
    let closes = |line: &&str| {
        let ticks = ticks(line);
        ticks >= opened && line[ticks..].bytes().all(|byte| byte == b' ')
    };
    let end = lines[from..].iter().position(closes).map_or(lines.len(), |length| from + length);
    count_steps(end - from);
    blocks.push(Block::Code { language: language.to_owned(), text: lines[from..end].join("\n") });
    end + 1
}
