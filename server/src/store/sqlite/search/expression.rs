//! A search in the language of FTS5, and what a message is found by besides its words.
//!
//! Words hold no ASCII but small letters and digits, so nothing in an expression can be taken for something else.

use crate::domain::Term;
use crate::store::UserId;
use crate::store::search::Wanted;
use chat_protocol::ConversationId;

/// The words of the column `meta`.
pub fn meta(conversation: ConversationId, sender: UserId, has_file: bool) -> String {
    let file = if has_file { " file" } else { "" };
    format!("{} {}{file}", place(conversation), person(sender))
}

/// What is asked of the index; none if everything fits. `scope` names conversations, or none for all.
pub fn expression(wanted: &Wanted, scope: &[ConversationId]) -> Option<String> {
    let terms = wanted.terms.iter().map(term);
    let sender = wanted.sender.map(|sender| format!("meta : {}", person(sender)));
    let file = wanted.has_file.then(|| "meta : file".to_owned());
    let places: Vec<_> = scope.iter().map(|conversation| place(*conversation)).collect();
    let scope = (!places.is_empty()).then(|| format!("meta : ({})", places.join(" OR ")));
    let parts: Vec<_> = terms.chain(sender).chain(file).chain(scope).collect();
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

fn term(term: &Term) -> String {
    let star = if term.is_prefix { " *" } else { "" };
    format!("{{text file}} : \"{}\"{star}", term.words.join(" "))
}

fn place(conversation: ConversationId) -> String {
    format!("c{conversation}")
}

fn person(user: UserId) -> String {
    format!("u{:x}", user.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_one_expression() {
        let term = |words: &[&str], is_prefix| Term {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            is_prefix,
        };
        let (one, two) = (ConversationId::from_bits(1), ConversationId::from_bits(u64::MAX));
        let terms = vec![term(&["so", "long"], false), term(&["than"], true)];
        let wanted = Wanted { terms, sender: Some(UserId(-1)), has_file: true, ..Wanted::default() };
        assert_eq!(
            expression(&wanted, &[one, two]).unwrap(),
            "{text file} : \"so long\" AND {text file} : \"than\" * AND meta : uffffffffffffffff AND meta : file \
             AND meta : (c0000000000000001 OR cffffffffffffffff)"
        );
        assert_eq!(expression(&Wanted::default(), &[]), None);
        assert_eq!(meta(one, UserId(255), true), "c0000000000000001 uff file");
    }
}
