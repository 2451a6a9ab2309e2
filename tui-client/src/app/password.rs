//! The form that changes the password.

use chat_protocol::{Password, limits};
use crossterm::event::{KeyCode, KeyEvent};

/// What each field asks for.
pub const FIELDS: [&str; 3] = ["Password so far", "New password", "New one once more"];

/// Three masked fields, one after the other.
#[derive(Clone, Default)]
pub struct PasswordForm {
    fields: [String; 3],
    at: usize,
}

/// What a key came to.
pub enum Typed {
    /// The form goes on.
    More,
    /// The form goes on from its second field, because of this.
    Wrong(String),
    /// All is given.
    Complete { old: Password, new: Password },
}

impl std::fmt::Debug for PasswordForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PasswordForm(field {})", self.at)
    }
}

impl PasswordForm {
    /// Which field is being filled in, and how many characters each has.
    pub fn progress(&self) -> (usize, [usize; 3]) {
        (self.at, self.fields.each_ref().map(|field| field.chars().count()))
    }

    pub fn type_key(&mut self, key: KeyEvent) -> Typed {
        match key.code {
            KeyCode::Char(c) if self.fields[self.at].len() < limits::PASSWORD_BYTES_MAX => {
                self.fields[self.at].push(c)
            }
            KeyCode::Backspace => drop(self.fields[self.at].pop()),
            KeyCode::Enter | KeyCode::Tab if self.at < 2 => self.at += 1,
            KeyCode::Enter => return self.complete(),
            _ => {}
        }
        Typed::More
    }

    /// A password from a password safe.
    pub fn paste(&mut self, text: &str) {
        let line = text.lines().next().unwrap_or_default();
        let room = limits::PASSWORD_BYTES_MAX.saturating_sub(self.fields[self.at].len());
        if line.len() <= room {
            self.fields[self.at].push_str(line);
        }
    }

    fn complete(&mut self) -> Typed {
        let [old, new, again] = &self.fields;
        let wrong = if new != again {
            "the two new passwords differ".to_owned()
        } else if new.len() < limits::PASSWORD_BYTES_MIN {
            format!("a password has at least {} bytes", limits::PASSWORD_BYTES_MIN)
        } else {
            return Typed::Complete { old: Password::new(old.as_str()), new: Password::new(new.as_str()) };
        };
        (self.fields[1], self.fields[2], self.at) = (String::new(), String::new(), 1);
        Typed::Wrong(wrong)
    }
}
