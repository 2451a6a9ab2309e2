//! Names of users and groups: ASCII, lower case, so that none can look like another.

use crate::limits::NAME_BYTES_MAX;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::{Borrow, Cow};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A text that is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to 32 characters of a-z, 0-9, '_', '.' and '-', and starts with a letter or a digit")]
pub struct BadName;

macro_rules! plain_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(serialize_with = "as_str")] Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                if is_name(text) { Ok(Self(text.into())) } else { Err(BadName) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

plain_name!(
    /// A user's name: `[a-z0-9][a-z0-9_.-]{0,31}`. Cheap to clone.
    UserName
);
plain_name!(
    /// A group's name, shown as `#name`: `[a-z0-9][a-z0-9_.-]{0,31}`. Those of public groups are unique. Cheap to clone.
    GroupName
);

fn is_name(text: &str) -> bool {
    let lower_or_digit = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    let rest_is_fine = bytes.iter().all(|b| lower_or_digit(b) || b"_.-".contains(b));
    bytes.len() <= NAME_BYTES_MAX && bytes.first().is_some_and(lower_or_digit) && rest_is_fine
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
