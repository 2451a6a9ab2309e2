//! What stands in the place of a name whose account has ended.

use chat_protocol::UserName;

/// How such a name begins. Nobody can register one, so nobody is mistaken for somebody who has gone.
pub const TOMBSTONE: &str = "deleted-";

/// Whether a name could be mistaken for one.
pub fn is_tombstone(name: &UserName) -> bool {
    name.as_str().starts_with(TOMBSTONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tombstone_is_known_by_its_beginning() {
        for (name, expected) in
            [("deleted-1a2b", true), ("deleted-", true), ("deleted", false), ("undeleted-1", false)]
        {
            assert_eq!(is_tombstone(&name.parse().unwrap()), expected, "{name}");
        }
    }
}
