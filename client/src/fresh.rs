//! The ids that messages get.

use chat_protocol::ClientId;
use std::time::{SystemTime, UNIX_EPOCH};
use ulid::Ulid;

/// A fresh id for a message: a [ULID](https://github.com/ulid/spec). What is sent later sorts after what was sent earlier, so in the
/// server's index of client ids it stands beside the last one, and not on a page of its own.
pub fn fresh_client_id() -> ClientId {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let ulid = Ulid::from_parts(millis, u128::from_ne_bytes(random));
    ulid.to_string().parse().expect("letters and digits are a client id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_client_id_sorts_after_an_earlier_one() {
        let time = |id: &ClientId| Ulid::from_string(id.as_str()).unwrap().timestamp_ms();
        let first = fresh_client_id();
        let second = std::iter::repeat_with(fresh_client_id).find(|id| time(id) > time(&first)).unwrap();
        assert!(first.as_str() < second.as_str(), "{first:?} {second:?}");
    }
}
