use super::{Block, Line, Span, parse, steps};
use crate::SafeText;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The page's JavaScript is tested against the same cases.
#[test]
fn the_cases_that_the_page_shares() {
    let cases: Vec<(String, Value)> = serde_json::from_str(include_str!("../../tests/markup.json")).unwrap();
    for (text, expected) in cases {
        let blocks = json!(parse(&SafeText::new(&text)));
        assert_eq!(blocks, expected, "{text:?} is {blocks}");
    }
}

#[test]
fn an_address_is_told_in_ascii_and_without_what_stands_before_its_host() {
    for (text, expected) in [
        ("https://example.org", "https://example.org/"),
        ("https://bücher.example/ä?ö#ü", "https://xn--bcher-kva.example/%C3%A4?%C3%B6#%C3%BC"),
        ("https://example.org:secret@evil.example/x", "https://evil.example/x"),
        ("HTTP://0x7f.1:8080/", "http://127.0.0.1:8080/"),
    ] {
        let blocks = parse(&SafeText::new(text));
        let Block::Text(lines) = &blocks[0] else { panic!("{blocks:?}") };
        let Span::Link(link) = &lines[0][0] else { panic!("{blocks:?}") };
        assert_eq!(link.address(), expected);
    }
}

/// As many steps as characters, times a constant, also where every marker looks for a partner in vain.
#[test]
fn the_time_grows_with_the_length_only() {
    let pieces = [
        "*",
        "**",
        "_",
        "`",
        "[",
        "](",
        "[a](",
        "(",
        ")",
        ">",
        "> ",
        "\\",
        "\n",
        "a* ",
        " *a",
        "*a _b ",
        "_a **b* ",
        "``` ",
        "```\n",
        "```a\n",
        "`` ` ",
        "http://",
        "https://a.b ",
        "[a](http://",
        "[a](http://b)",
        "[a](http://\\",
        "(http://",
        "*a**b_ ",
        "字*字",
        "字**",
        "*._",
        "h",
        "\u{301}*",
        "[`](",
        "[*a](http://b*) ",
    ];
    for piece in pieces {
        // Runs of backticks of every length never meet their like.
        let ladder: String = (1..120).map(|length| "`".repeat(length) + " ").collect();
        for text in
            [piece.repeat(8192 / piece.len()), ladder, format!("{}{}", piece.repeat(400), ")".repeat(400))]
        {
            steps::take();
            parse(&SafeText::new(&text));
            let taken = steps::take();
            assert!(taken <= 12 * text.len() + 12, "{taken} steps for {} bytes of {piece:?}", text.len());
        }
    }
}

/// What is shown, and what is shown beside links because of them.
fn shown(blocks: &[Block]) -> (String, String) {
    let (mut shown, mut hosts) = (String::new(), String::new());
    for block in blocks {
        match block {
            Block::Text(lines) | Block::Quote(lines) => {
                lines.iter().for_each(|line| show_line(line, &mut shown, &mut hosts));
            }
            Block::Code { language, text } => {
                shown.push_str(language);
                shown.push_str(text);
            }
        }
        shown.push('\n');
    }
    (shown, hosts)
}

fn show_line(line: &Line, shown: &mut String, hosts: &mut String) {
    for span in line {
        match span {
            Span::Text { text, .. } => shown.push_str(text),
            Span::Code { code, .. } => shown.push_str(code),
            Span::Link(link) => {
                show_line(&link.label, shown, hosts);
                hosts.extend(link.host.as_deref());
            }
        }
    }
    shown.push('\n');
}

/// Texts in which much means something.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(vec![
            "*", "**", "***", "_", "`", "``", "```", "> ", ">", "\\", "[", "]", "](", "(", ")", "\n", "\n```\n", "```rust\n",
            " ", "a", "1", ".", ",", "字", "👩\u{200d}👧", "\u{202e}", "\u{301}", "\u{fe0f}", "\t", "\r\n", "http://", "https://a.org/",
            "[x](https://b.org/y)", "https://u:p@c.org", "https://bücher.example",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
        1 => ".{0,4}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn counts(text: &str) -> HashMap<char, usize> {
    let mut counts = HashMap::new();
    text.chars().for_each(|c| *counts.entry(c).or_default() += 1);
    counts
}

proptest! {
    #[test]
    fn nothing_is_lost_but_markers(text in texts()) {
        let safe = SafeText::new(&text);
        let (shown, _) = shown(&parse(&safe));
        let (before, after) = (counts(safe.as_str()), counts(&shown));
        let has_link = safe.as_str().contains("](");
        for (c, count) in before {
            let may_go = "*_`\\> \n".contains(c) || has_link;
            prop_assert!(may_go || after.get(&c) == Some(&count), "{:?} of {:?} in {:?}", c, safe, shown);
        }
        for c in shown.chars() {
            prop_assert!(c == '\n' || safe.as_str().contains(c), "{:?} of {:?} in {:?}", c, safe, shown);
        }
    }

    #[test]
    fn what_is_shown_is_safe(text in texts()) {
        let (shown, hosts) = shown(&parse(&SafeText::new(&text)));
        let again = SafeText::new(&shown);
        prop_assert_eq!(again.as_str(), &shown);
        prop_assert!(hosts.bytes().all(|byte| byte.is_ascii_graphic()), "{:?}", hosts);
    }

    #[test]
    fn what_has_no_markers_is_one_block_as_it_stands(text in "[a-z0-9 .,:;!?äöü字👋\n-]{0,60}") {
        let lines: Vec<_> = text.split('\n').map(|line| match line {
            "" => json!([]),
            line => json!([{"text": line}]),
        }).collect();
        prop_assert_eq!(json!(parse(&SafeText::new(&text))), json!([{"text": lines}]));
    }

    #[test]
    fn the_steps_are_few_for_any_text(text in texts()) {
        steps::take();
        parse(&SafeText::new(&text));
        prop_assert!(steps::take() <= 12 * text.len() + 12);
    }
}
