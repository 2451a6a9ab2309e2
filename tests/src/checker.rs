//! The judge of a history: whether what was acknowledged, what is stored and what was seen are one and the same log.

use std::collections::{HashMap, HashSet};

/// Everything that is known of one conversation after a story.
#[derive(Debug, Default)]
pub struct Account {
    /// What clients meant to send: text by client id.
    pub meant: HashMap<String, String>,
    /// What was acknowledged: number by client id.
    pub acked: HashMap<String, u64>,
    /// What is in the store, in its order: number and client id.
    pub stored: Vec<(u64, String)>,
    /// What each reader saw, in the order they saw it.
    pub seen: Vec<Vec<(u64, String)>>,
}

impl Account {
    /// Every broken promise, one line each; empty when all were kept.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (place, (seq, id)) in self.stored.iter().enumerate() {
            if *seq != place as u64 + 1 {
                faults.push(format!("P4: number {seq} stands at place {}", place + 1));
            }
            if !self.meant.contains_key(id) {
                faults.push(format!("nobody sent {id}, which is stored as {seq}"));
            }
        }
        let numbers: HashMap<_, _> = self.stored.iter().map(|(seq, id)| (id.as_str(), *seq)).collect();
        if numbers.len() != self.stored.len() {
            faults.push(format!("P3: {} entries but {} client ids", self.stored.len(), numbers.len()));
        }
        for (id, seq) in &self.acked {
            if numbers.get(id.as_str()) != Some(seq) {
                faults.push(format!(
                    "P1: {id} was acked as {seq}, but stored is {:?}",
                    numbers.get(id.as_str())
                ));
            }
        }
        let missing = self.meant.keys().filter(|id| !numbers.contains_key(id.as_str()));
        faults.extend(missing.map(|id| format!("P9: {id} was queued but never arrived")));
        for (reader, seen) in self.seen.iter().enumerate() {
            if *seen != self.stored {
                let doubled = seen.len() - seen.iter().collect::<HashSet<_>>().len();
                let (count, all) = (seen.len(), self.stored.len());
                faults.push(format!("P6: reader {reader} saw {count} ({doubled} of them twice) of {all}"));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Account {
        let stored = vec![(1, "a".to_owned()), (2, "b".to_owned())];
        Account {
            meant: stored.iter().map(|(_, id)| (id.clone(), "x".to_owned())).collect(),
            acked: stored.iter().map(|(seq, id)| (id.clone(), *seq)).collect(),
            seen: vec![stored.clone()],
            stored,
        }
    }

    /// A judge who never finds anything would let everything pass.
    #[test]
    fn each_broken_promise_is_found() {
        assert_eq!(good().faults(), Vec::<String>::new());
        type Spoil = fn(&mut Account);
        let breaks: [(&str, Spoil); 6] = [
            ("P4", |account| account.stored[1].0 = 3),
            ("P3", |account| account.stored.push((3, "a".to_owned()))),
            ("P1", |account| drop(account.stored.pop())),
            ("P9", |account| drop(account.meant.insert("c".to_owned(), "y".to_owned()))),
            ("P6", |account| account.seen[0].swap(0, 1)),
            ("P6", |account| account.seen[0].push((2, "b".to_owned()))),
        ];
        for (promise, spoil) in breaks {
            let mut account = good();
            spoil(&mut account);
            let faults = account.faults();
            assert!(faults.iter().any(|fault| fault.starts_with(promise)), "{promise}: {faults:?}");
        }
    }
}
