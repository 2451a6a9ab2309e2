//! User names: ASCII, lower case, so that nobody can look like somebody else.

use crate::limits::NAME_BYTES_MAX;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::{Borrow, Cow};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A user's name: `[a-z0-9][a-z0-9_.-]{0,31}`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct UserName(#[serde(serialize_with = "as_str")] Arc<str>);

/// A text that is not a user name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to 32 characters of a-z, 0-9, '_', '.' and '-', and starts with a letter or a digit")]
pub struct BadName;

impl UserName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let lower_or_digit = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = text.as_bytes();
        let first = bytes.first().ok_or(BadName)?;
        let rest_is_fine = bytes.iter().all(|b| lower_or_digit(b) || b"_.-".contains(b));
        if bytes.len() <= NAME_BYTES_MAX && lower_or_digit(first) && rest_is_fine {
            Ok(Self(text.into()))
        } else {
            Err(BadName)
        }
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Borrow<str> for UserName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for UserName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn as_str<S: serde::Serializer>(name: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_the_allowed_form() {
        let long = "a".repeat(32);
        for good in ["a", "0", "alice", "a_b.c-d", "9lives", long.as_str()] {
            assert_eq!(good.parse::<UserName>().map(|n| n.as_str().to_owned()), Ok(good.to_owned()));
        }
        let too_long = "a".repeat(33);
        for bad in [
            "",
            "Alice",
            "_a",
            ".a",
            "-a",
            "a b",
            "а",
            "a\0",
            "a\u{202e}",
            "é",
            too_long.as_str(),
            "a/b",
            "$ne",
        ] {
            assert_eq!(bad.parse::<UserName>(), Err(BadName), "{bad:?}");
        }
    }
}
