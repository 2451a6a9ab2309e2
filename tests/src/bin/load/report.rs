//! What a run came to.

use crate::target::{Target, Usage};
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::time::Duration;

/// Longer ones are noted as this: two minutes, in microseconds.
const MICROS_MAX: u64 = 120_000_000;

/// Latencies, in microseconds and to three digits.
pub struct Latencies(Histogram<u64>);

impl Latencies {
    pub fn new() -> Self {
        // With bounds: one that grows by itself would cut off at what it holds so far.
        Self(Histogram::new_with_bounds(1, MICROS_MAX, 3).expect("the bounds and the digits are allowed"))
    }

    pub fn note(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    }

    pub fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("histograms of one kind grow together");
    }

    /// In milliseconds.
    pub fn summary(&self) -> Value {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1000.0;
        json!({"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p999": at(0.999), "max": self.0.max() as f64 / 1000.0})
    }
}

/// What the server took for so many messages.
pub fn cost(target: &Target, before: Usage, messages: u64) -> anyhow::Result<Value> {
    let after = target.usage()?;
    let cpu = (after.cpu - before.cpu).as_secs_f64();
    Ok(json!({
        "cpu_s": cpu,
        "cpu_s_per_10000": cpu * 10_000.0 / messages.max(1) as f64,
        "resident_kib": after.resident_kib,
        "start_ms": target.start.map(|start| start.as_secs_f64() * 1000.0),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_comes_out_as_it_went_in() {
        let (mut all, mut some) = (Latencies::new(), Latencies::new());
        for millis in 1..=100 {
            some.note(Duration::from_millis(millis));
        }
        all.add(&some);
        let summary = all.summary();
        for (quantile, millis) in [("p50", 50.0), ("p99", 99.0), ("max", 100.0)] {
            let told = summary[quantile].as_f64().unwrap();
            assert!((told - millis).abs() < 0.2, "{quantile} is {told}");
        }
    }
}
