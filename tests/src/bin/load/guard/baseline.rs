//! What the server took when somebody last looked at it and found it good: a figure and a tolerance for each measure, kept in the
//! repository by the name of the build and by the processor, for the times of another one are not those of this one, nor are the
//! threads that take memory.

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The measures of one build on one processor, by their names.
pub type Measures = BTreeMap<String, Measure>;

/// The measures by the name of the build, and then by that of the processor.
type Kept = BTreeMap<String, BTreeMap<String, Measures>>;

/// What is kept of one measure. Less is better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    pub figure: f64,
    /// The share of the figure by which one run may be above it.
    pub tolerance: f64,
}

/// Of many more measurements of the same program than were made, hardly one is further off than so many times the furthest of them.
const BEYOND_SEEN: f64 = 3.0;
/// A few measurements may lie together by chance, so no tolerance is less than this.
const TOLERANCE_MIN: f64 = 0.1;
/// Measurements that a tolerance is made of.
pub const RUNS_MIN: usize = 5;

/// How a measurement stands to what is kept.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    Worse(String),
    Fits(String),
    /// The baseline should be lowered, or the gain may be lost again without anybody seeing it.
    Better(String),
}

impl Measure {
    /// The middle of these, and a tolerance by how far they lie from it.
    pub fn of(runs: &[f64]) -> Self {
        let figure = crate::turns::median(runs);
        let furthest = runs.iter().map(|run| (run / figure - 1.0).abs()).fold(0.0, f64::max);
        let tolerance = (furthest * BEYOND_SEEN).max(TOLERANCE_MIN);
        Self { figure: round(figure, 1000.0), tolerance: round(tolerance, 1000.0) }
    }

    pub fn judge(self, name: &str, now: f64) -> Verdict {
        let (Self { figure, tolerance }, change) = (self, now / self.figure - 1.0);
        let percent = |share: f64| round(share * 100.0, 10.0);
        let told = format!(
            "{name} is {}, {:+} % of the {figure} that it was (tolerance {} %)",
            round(now, 1000.0),
            percent(change),
            percent(tolerance)
        );
        if change > tolerance {
            Verdict::Worse(format!("worse: {told}"))
        } else if change < -tolerance {
            Verdict::Better(format!("better: {told}; take this as the baseline with `load guard --write`"))
        } else {
            Verdict::Fits(told)
        }
    }
}

fn round(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts
}

/// What is kept of this build on this processor, if anything is.
///
/// # Errors
/// The file cannot be read, or nothing is kept of the build on any.
pub fn of(file: &Path, build: &str, processor: &str) -> anyhow::Result<Option<Measures>> {
    let kept = read(file)?.remove(build);
    let mut kept =
        kept.with_context(|| format!("{} has nothing of a {build} build: see --write", file.display()))?;
    Ok(kept.remove(processor))
}

/// Keeps this instead of what was kept of the build on this processor.
///
/// # Errors
/// The file cannot be read or written, or there is nothing to keep.
pub fn keep(file: &Path, build: &str, processor: &str, measures: Measures) -> anyhow::Result<()> {
    ensure!(!measures.is_empty(), "there is nothing to keep");
    let mut kept = read(file)?;
    kept.entry(build.to_owned()).or_default().insert(processor.to_owned(), measures);
    Ok(std::fs::write(file, serde_json::to_string_pretty(&kept)? + "\n")?)
}

fn read(file: &Path) -> anyhow::Result<Kept> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    serde_json::from_str(&text).with_context(|| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tolerance_is_wider_than_what_was_seen() {
        assert_eq!(Measure::of(&[10.0, 10.2, 9.9, 10.5, 9.8]), Measure { figure: 10.0, tolerance: 0.15 });
        assert_eq!(Measure::of(&[10.0; 5]), Measure { figure: 10.0, tolerance: TOLERANCE_MIN });
    }

    #[test]
    fn what_is_beyond_the_tolerance_is_told() {
        let kept = Measure { figure: 10.0, tolerance: 0.1 };
        let of = |now| kept.judge("cpu_of_relay", now);
        assert_eq!(
            of(11.5),
            Verdict::Worse(
                "worse: cpu_of_relay is 11.5, +15 % of the 10 that it was (tolerance 10 %)".to_owned()
            )
        );
        for now in [9.5, 10.0, 10.9] {
            assert!(matches!(of(now), Verdict::Fits(_)), "{now}");
        }
        assert!(matches!(of(8.5), Verdict::Better(_)));
    }

    #[test]
    fn what_is_kept_of_one_build_on_one_processor_leaves_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("baseline.json");
        std::fs::write(&file, "{}").unwrap();
        let measures = |figure| Measures::from([("m".to_owned(), Measure { figure, tolerance: 0.1 })]);
        for (build, processor, figure) in
            [("debug", "p", 1.0), ("release", "p", 2.0), ("debug", "q", 3.0), ("debug", "p", 4.0)]
        {
            keep(&file, build, processor, measures(figure)).unwrap();
        }
        assert_eq!(of(&file, "debug", "p").unwrap(), Some(measures(4.0)));
        assert_eq!(of(&file, "debug", "q").unwrap(), Some(measures(3.0)));
        assert_eq!(of(&file, "release", "p").unwrap(), Some(measures(2.0)));
        assert_eq!(of(&file, "release", "q").unwrap(), None);
        assert!(of(&file, "bench", "p").unwrap_err().to_string().contains("bench"));
    }
}
