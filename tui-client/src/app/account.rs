//! The form that erases the user: their name, so that nobody does it by accident, and their password.

use chat_protocol::{Password, UserName, limits};
use crossterm::event::{KeyCode, KeyEvent};

/// Two fields, of which the second one is masked.
#[derive(Clone, Default)]
pub struct DeletionForm {
    name: String,
    password: String,
    /// Whether the name has been given.
    is_confirmed: bool,
}

/// What a key came to.
pub enum Typed {
    /// The form goes on.
    More,
    /// It goes on, because of this.
    Wrong(String),
    /// All is given.
    Complete(Password),
}

impl std::fmt::Debug for DeletionForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeletionForm({})", self.name)
    }
}

impl DeletionForm {
    /// The name so far, the password's number of characters, and whether that is asked for.
    pub fn progress(&self) -> (&str, usize, bool) {
        (&self.name, self.password.chars().count(), self.is_confirmed)
    }

    pub fn type_key(&mut self, key: KeyEvent, me: &UserName) -> Typed {
        match key.code {
            KeyCode::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => drop(self.field().pop()),
            KeyCode::Enter if self.is_confirmed && self.password.is_empty() => {}
            KeyCode::Enter if self.is_confirmed => {
                return Typed::Complete(Password::new(std::mem::take(&mut self.password)));
            }
            KeyCode::Enter if self.name == me.as_str() => self.is_confirmed = true,
            KeyCode::Enter => return Typed::Wrong(format!("type your own name, {me}, if you mean it")),
            _ => {}
        }
        Typed::More
    }

    /// A password from a password safe.
    pub fn paste(&mut self, text: &str) {
        self.insert(text.lines().next().unwrap_or_default());
    }

    fn insert(&mut self, text: &str) {
        let field = self.field();
        if field.len() + text.len() <= limits::PASSWORD_BYTES_MAX {
            field.push_str(text);
        }
    }

    fn field(&mut self) -> &mut String {
        if self.is_confirmed { &mut self.password } else { &mut self.name }
    }
}
