//! The closed loop on two targets in turn, so that whatever else the machine does meets both: what a message costs on one and on
//! the other. What the index does afterwards is a part of it.

use crate::closed;
use crate::pair::Pair;
use crate::progress::{Count, Progress};
use crate::target::Target;
use serde_json::{Value, json};
use std::time::Duration;

/// CPU seconds of 10,000 messages, of each round.
pub struct Compared {
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Compared {
    /// As many times the first one's as the second one's cost is, by the medians.
    pub fn ratio(&self) -> f64 {
        median(&self.second) / median(&self.first)
    }

    /// The same by the cheapest round of each: who else wants the machine makes a round dearer, and never cheaper.
    pub fn ratio_of_least(&self) -> f64 {
        least(&self.second) / least(&self.first)
    }

    /// Under these names.
    pub fn json(&self, first: &str, second: &str) -> Value {
        json!({
            format!("cpu_s_per_10000_{first}"): median(&self.first), format!("cpu_s_per_10000_{second}"): median(&self.second),
            "ratio": self.ratio(), "rounds": {first: self.first, second: self.second},
        })
    }
}

/// As many rounds as are wanted, each of a run on the first target and one on the second. Only the first people of each talk.
pub async fn in_turn(
    scenario: &'static str,
    first: &Target,
    second: &Target,
    options: closed::Options,
    rounds: usize,
) -> anyhow::Result<Compared> {
    let (_progress, [done, messages]) = Progress::start(scenario, ["runs", "messages"]);
    let mut compared = Compared { first: Vec::new(), second: Vec::new() };
    for _ in 0..rounds {
        compared.first.push(cost(first, options, &messages).await?);
        done.add(1);
        compared.second.push(cost(second, options, &messages).await?);
        done.add(1);
    }
    Ok(compared)
}

/// CPU seconds of 10,000 messages, from rest to rest.
async fn cost(target: &Target, options: closed::Options, messages: &Count) -> anyhow::Result<f64> {
    let people = &target.people[..options.pairs * 2];
    let pairs = Pair::of_all(target.address, people, &Count::default()).await?;
    let before = target.rests().await?;
    let talked = closed::talk(pairs, options, messages).await?;
    let taken: Duration = target.rests().await?.cpu - before.cpu;
    Ok(taken.as_secs_f64() * 10_000.0 / talked.messages as f64)
}

/// The middle one, or the lower of the two in the middle.
pub fn median(of: &[f64]) -> f64 {
    let mut sorted = of.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) / 2]
}

fn least(of: &[f64]) -> f64 {
    of.iter().copied().fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_of_the_medians_or_of_the_least() {
        let compared = Compared { first: vec![2.0, 9.0, 1.0], second: vec![3.0, 6.0, 0.5] };
        assert_eq!((compared.ratio(), compared.ratio_of_least(), median(&[2.0, 1.0])), (1.5, 0.5, 1.0));
    }
}
