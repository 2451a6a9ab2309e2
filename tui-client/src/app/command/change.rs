//! The grammar of commands about a message: `/edit [N] TEXT` and its like.

use super::Typed;
use chat_protocol::Seq;

/// Reads one of these commands; none when it is another one.
pub fn parse(name: &str, rest: &str) -> Option<Result<Typed, String>> {
    let (number, text) = numbered(rest);
    let said = (!text.is_empty()).then(|| text.to_owned());
    Some(match name {
        "/reply" => Ok(Typed::Reply(number, said)),
        "/edit" => Ok(Typed::Edit(number, said)),
        "/react" => said
            .map(|emoji| Typed::React(number, emoji))
            .ok_or_else(|| "/react [N] EMOJI: which one? :tada: is written so".to_owned()),
        "/unreact" => Ok(Typed::Unreact(number, said)),
        "/delete" => alone(name, Typed::Delete(number), text),
        "/versions" => alone(name, Typed::Versions(number), text),
        "/receipts" => match rest {
            "" => Ok(Typed::Receipts(None)),
            "on" => Ok(Typed::Receipts(Some(true))),
            "off" => Ok(Typed::Receipts(Some(false))),
            _ => Err("/receipts on or /receipts off".to_owned()),
        },
        _ => return None,
    })
}

pub fn alone(name: &str, typed: Typed, text: &str) -> Result<Typed, String> {
    if text.is_empty() { Ok(typed) } else { Err(format!("{name} [N]: the number of a message, or nothing")) }
}

/// A message's number, if the text begins with one, as it is shown or without its brackets; and what follows.
pub fn numbered(rest: &str) -> (Option<Seq>, &str) {
    let (word, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let bare = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')).unwrap_or(word);
    let bare = bare.strip_prefix('#').unwrap_or(bare);
    let is_number = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    match bare.parse().ok().filter(|_| is_number).and_then(Seq::new) {
        Some(number) => (Some(number), text.trim_start()),
        None => (None, rest),
    }
}

#[cfg(test)]
mod tests {
    use crate::app::command::{Typed, parse};
    use crate::app::fixture::seq;

    #[test]
    fn a_number_may_stand_before_what_is_said() {
        let text = |text: &str| Some(text.to_owned());
        for (typed, expected) in [
            ("/reply yes", Typed::Reply(None, text("yes"))),
            ("/reply 12  yes\nand no", Typed::Reply(Some(seq(12)), text("yes\nand no"))),
            ("/reply [12]", Typed::Reply(Some(seq(12)), None)),
            ("/reply", Typed::Reply(None, None)),
            ("/reply 12th", Typed::Reply(None, text("12th"))),
            ("/edit #7 12", Typed::Edit(Some(seq(7)), text("12"))),
            ("/edit 99999999999999999999", Typed::Edit(None, text("99999999999999999999"))),
            ("/delete", Typed::Delete(None)),
            ("/delete 3", Typed::Delete(Some(seq(3)))),
            ("/react :tada:", Typed::React(None, ":tada:".to_owned())),
            ("/react 3 🎉", Typed::React(Some(seq(3)), "🎉".to_owned())),
            ("/unreact", Typed::Unreact(None, None)),
            ("/unreact 3 🎉", Typed::Unreact(Some(seq(3)), text("🎉"))),
            ("/versions 3", Typed::Versions(Some(seq(3)))),
            ("/receipts", Typed::Receipts(None)),
            ("/receipts off", Typed::Receipts(Some(false))),
        ] {
            assert_eq!(parse(typed), Ok(expected), "{typed:?}");
        }
        for typed in ["/delete that", "/react", "/react 3", "/versions all", "/receipts maybe"] {
            assert!(parse(typed).is_err(), "{typed:?}");
        }
    }
}
