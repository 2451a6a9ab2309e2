//! What becomes of the text in the composer: a message, an answer to one, or another text for one.

use super::Composer;
use chat_protocol::{Quote, Seq};

/// What is written for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Purpose {
    /// A message.
    #[default]
    Say,
    /// A message that answers this one.
    Reply(Box<Quote>),
    /// Another text for the user's message with this number.
    Edit {
        seq: Seq,
        /// What was begun before, and comes back.
        draft: String,
        /// What that was to answer.
        answers: Option<Box<Quote>>,
    },
}

impl Composer {
    /// What is written from here on answers this message.
    pub fn begin_reply(&mut self, quote: Quote) {
        self.give_up_edit();
        self.purpose = Purpose::Reply(Box::new(quote));
    }

    /// Puts a message's text in place of what is there, to be edited.
    pub fn begin_edit(&mut self, seq: Seq, text: &str) {
        self.give_up_edit();
        let draft = self.text();
        let answers = match std::mem::take(&mut self.purpose) {
            Purpose::Reply(quote) => Some(quote),
            Purpose::Say | Purpose::Edit { .. } => None,
        };
        self.set(text);
        self.purpose = Purpose::Edit { seq, draft, answers };
    }

    /// What is written has been handed over. What was begun before an edit comes back.
    pub fn finish(&mut self) {
        if !self.give_up_edit() {
            self.clear();
        }
    }

    /// Writes for nothing in particular any more; false when it was so already. What answers a message stays as a text.
    pub fn cancel_purpose(&mut self) -> bool {
        self.give_up_edit() || std::mem::take(&mut self.purpose) != Purpose::Say
    }

    /// What is begun and is no edit.
    pub fn draft(&self) -> String {
        match &self.purpose {
            Purpose::Edit { draft, .. } => draft.clone(),
            Purpose::Say | Purpose::Reply(_) => self.text(),
        }
    }

    fn give_up_edit(&mut self) -> bool {
        if !matches!(self.purpose, Purpose::Edit { .. }) {
            return false;
        }
        if let Purpose::Edit { draft, answers, .. } = std::mem::take(&mut self.purpose) {
            self.set(&draft);
            self.purpose = answers.map_or(Purpose::Say, Purpose::Reply);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{name, seq};
    use chat_protocol::Message;

    fn quote() -> Quote {
        Quote::of(seq(1), name("bob"), &Message::of("what?"))
    }

    #[test]
    fn what_was_begun_comes_back_after_an_edit() {
        let mut composer = Composer::default();
        composer.begin_reply(quote());
        composer.set("half an ans");
        composer.begin_edit(seq(2), "helo");
        composer.begin_edit(seq(3), "wrold");
        assert_eq!((composer.text().as_str(), composer.draft().as_str()), ("wrold", "half an ans"));
        composer.finish();
        assert_eq!(composer.text(), "half an ans");
        assert_eq!(composer.purpose, Purpose::Reply(Box::new(quote())));
        assert!(composer.cancel_purpose());
        assert_eq!(composer.text(), "half an ans");
        assert!(!composer.cancel_purpose());
        composer.finish();
        assert!(composer.is_empty());
    }
}
