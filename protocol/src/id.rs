//! The identifiers on the wire.

use crate::limits::{ID_BYTES_MAX, SEQ_MAX};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Milliseconds since 1970-01-01 UTC.
pub type UnixMillis = u64;

/// A text that is not the identifier it should be. It says what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadId(&'static str);

impl BadId {
    pub(crate) const fn expected(what: &'static str) -> Self {
        Self(what)
    }
}

/// An entry's number in its conversation: 1, 2, 3, ... up to 2^53 - 1. Zero stands for "before the first".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Seq(u64);

impl Seq {
    /// Before the first entry.
    pub const ZERO: Seq = Seq(0);
    /// The largest number there can be.
    pub const MAX: Seq = Seq(SEQ_MAX);

    /// The number `value`, or nothing when it is above 2^53 - 1.
    pub fn new(value: u64) -> Option<Self> {
        (value <= SEQ_MAX).then_some(Self(value))
    }

    /// The number itself.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The number before this one; that of zero is zero.
    pub fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The number after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Seq {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = u64::deserialize(deserializer)?;
        Self::new(value).ok_or_else(|| serde::de::Error::custom("a sequence number is at most 2^53 - 1"))
    }
}

/// 64 random bits, written as 16 lower-case hexadecimal digits.
macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// The identifier with these bits.
            pub const fn from_bits(bits: u64) -> Self {
                Self(bits)
            }

            /// The identifier's bits.
            pub const fn bits(self) -> u64 {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                let well_formed = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                let bits = well_formed.then(|| u64::from_str_radix(text, 16).ok()).flatten();
                bits.map(Self).ok_or(BadId($expected))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:016x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hex_id!(
    /// A conversation's identifier: 16 lower-case hexadecimal digits, made by the server.
    ConversationId,
    "a conversation's id is 16 lower-case hexadecimal digits"
);
hex_id!(
    /// A device's identifier: 16 lower-case hexadecimal digits, made by the server at login.
    DeviceId,
    "a device's id is 16 lower-case hexadecimal digits"
);

hex_id!(
    /// A file's identifier: 16 lower-case hexadecimal digits, made by the server when the upload begins.
    FileId,
    "a file's id is 16 lower-case hexadecimal digits"
);

/// A short text chosen by the client.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $allowed:expr, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                let allowed: fn(char) -> bool = $allowed;
                if (1..=ID_BYTES_MAX).contains(&text.len()) && text.chars().all(allowed) {
                    Ok(Self(text.into()))
                } else {
                    Err(BadId($expected))
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text_id!(
    /// The client's id of one send: 1 to 64 characters of `A-Z a-z 0-9 _ -`. The store holds it unique per
    /// conversation and sender for ever, so a send may be repeated until it is answered.
    ClientId,
    |c| c.is_ascii_alphanumeric() || c == '_' || c == '-',
    "a client id is 1 to 64 characters of A-Z, a-z, 0-9, '_' and '-'"
);
text_id!(
    /// The client's id of one request on one connection, repeated in the answer: 1 to 64 bytes of printable ASCII.
    RequestId,
    |c| c.is_ascii_graphic() || c == ' ',
    "a request's id is a string of 1 to 64 printable ASCII characters"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_id_has_one_spelling() {
        let id: ConversationId = "00ff00ff00ff00ff".parse().unwrap();
        assert_eq!(id.to_string(), "00ff00ff00ff00ff");
        for bad in ["", "ff", "00FF00FF00FF00FF", "+0ff00ff00ff00ff", "00ff00ff00ff00ff0"] {
            assert!(bad.parse::<ConversationId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn client_and_request_ids_are_short_and_plain() {
        let long = "x".repeat(65);
        for bad in ["", "a b", "a\n", "é", "$ne.", long.as_str()] {
            assert!(bad.parse::<ClientId>().is_err(), "{bad:?}");
        }
        assert!("A-b_9".parse::<ClientId>().is_ok());
        assert!("request 1".parse::<RequestId>().is_ok());
        assert!("\u{1b}[2J".parse::<RequestId>().is_err());
    }

    #[test]
    fn a_sequence_number_fits_javascript() {
        assert!(Seq::new(SEQ_MAX).is_some());
        assert!(Seq::new(SEQ_MAX + 1).is_none());
        assert!(serde_json::from_str::<Seq>("-1").is_err());
        assert!(serde_json::from_str::<Seq>("1.5").is_err());
    }
}
