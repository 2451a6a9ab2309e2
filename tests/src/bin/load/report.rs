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

/// What so many messages took.
pub struct Cost {
    server: Usage,
    server_per_10000: f64,
    /// The database's CPU seconds; none when the store is a file, whose work is the server's.
    pub database_per_10000: Option<f64>,
}

impl Cost {
    pub fn since(target: &Target, before: Usage, messages: u64) -> anyhow::Result<Self> {
        let after = target.usage()?;
        let per_10000 = |cpu: Duration| cpu.as_secs_f64() * 10_000.0 / messages.max(1) as f64;
        Ok(Self {
            server: after,
            server_per_10000: per_10000(after.cpu - before.cpu),
            database_per_10000: after
                .database_cpu
                .zip(before.database_cpu)
                .map(|(after, before)| per_10000(after - before)),
        })
    }

    pub fn json(&self, target: &Target) -> Value {
        json!({
            "cpu_s_per_10000": self.server_per_10000,
            "database_cpu_s_per_10000": self.database_per_10000,
            "resident_kib": self.server.resident_kib,
            "start_ms": target.start.map(|start| start.as_secs_f64() * 1000.0),
        })
    }
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
