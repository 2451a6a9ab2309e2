//! How long the entries of a log are kept.

use chat_protocol::UnixMillis;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Before which time entries are due to go, under the server's rule and a group's number of days (0 where it has none): the
/// shorter one holds. None where everything is kept.
pub fn due_before(now: UnixMillis, server: Option<Duration>, group_days: u32) -> Option<UnixMillis> {
    let group = (group_days > 0).then(|| DAY * group_days);
    let kept = server.into_iter().chain(group).min()?;
    Some(now.saturating_sub(u64::try_from(kept.as_millis()).unwrap_or(u64::MAX)))
}

/// The server's rule in days, as clients are told: a day that is begun counts.
pub fn told_days(server: Duration) -> u32 {
    let days = server.as_secs().div_ceil(DAY.as_secs()).max(1);
    u32::try_from(days).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = 1_000 * 86_400_000;

    #[test]
    fn the_shorter_rule_holds() {
        let days_back = |server: Option<u32>, group| {
            due_before(NOW, server.map(|days| DAY * days), group).map(|due| (NOW - due) / 86_400_000)
        };
        assert_eq!(days_back(None, 0), None);
        assert_eq!(days_back(Some(90), 0), Some(90));
        assert_eq!(days_back(None, 30), Some(30));
        assert_eq!(days_back(Some(90), 30), Some(30));
        assert_eq!(days_back(Some(30), 90), Some(30), "a group cannot keep what the server does not");
        assert_eq!(due_before(NOW, None, 36_500), Some(0), "longer than there has been time");
        assert_eq!(due_before(NOW, Some(Duration::MAX), 0), Some(0));
        assert_eq!(due_before(NOW, Some(Duration::ZERO), 0), Some(NOW));
    }

    #[test]
    fn a_day_that_is_begun_counts() {
        let told = [0, 1, 86_400, 86_401].map(|seconds| told_days(Duration::from_secs(seconds)));
        assert_eq!(told, [1, 1, 1, 2]);
        assert_eq!(told_days(Duration::MAX), u32::MAX);
    }
}
