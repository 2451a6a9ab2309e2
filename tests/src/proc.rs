//! What Linux tells of a process in `/proc`.

use anyhow::Context;
use std::path::Path;
use std::time::Duration;

/// What a process holds in memory, in KiB.
///
/// # Errors
/// There is no such process, or the system is no Linux; so with all of these.
pub fn resident_kib(pid: u32) -> anyhow::Result<u64> {
    memory_kib(pid, "VmRSS")
}

/// One of the kinds of memory that are told of a process, in KiB.
///
/// # Errors
/// As [`resident_kib`]; or there is no such kind.
pub fn memory_kib(pid: u32, kind: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let of_kind = |line: &'_ str| line.strip_prefix(kind)?.strip_prefix(':').map(str::to_owned);
    let told = status.lines().find_map(of_kind).with_context(|| kind.to_owned())?;
    Ok(told.trim().trim_end_matches(" kB").parse()?)
}

/// The CPU time of a process. Linux counts it in hundredths of a second (`getconf CLK_TCK`).
///
/// # Errors
/// As [`resident_kib`].
pub fn cpu(pid: &str) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(')').context("a name in brackets")?.1;
    let fields: Vec<_> = fields.split_whitespace().collect();
    // proc(5): fields 14 and 15, counted from 1 and from before the name.
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

/// The kind of the processor: its name, its family and model, for names can be general, and how much of it there is.
///
/// # Errors
/// The system is no Linux, or tells nothing of it.
pub fn processor() -> anyhow::Result<String> {
    let told = std::fs::read_to_string("/proc/cpuinfo")?;
    let of = |key: &str| {
        let line = told.lines().find(|line| line.split(':').next().is_some_and(|name| name.trim() == key));
        line.and_then(|line| Some(line.split_once(':')?.1.trim())).with_context(|| key.to_owned())
    };
    let cores = std::thread::available_parallelism()?;
    Ok(format!("{}, family {}, model {}, {cores} cores", of("model name")?, of("cpu family")?, of("model")?))
}

/// The CPU time of those threads of a process whose names begin so, to the nanosecond.
///
/// # Errors
/// As [`resident_kib`]; or there is no such thread.
pub fn cpu_of_threads(pid: u32, named: &str) -> anyhow::Result<Duration> {
    let (mut nanos, mut threads) = (0, 0);
    for thread in Path::new("/proc").join(pid.to_string()).join("task").read_dir()? {
        let thread = thread?.path();
        if std::fs::read_to_string(thread.join("comm"))?.starts_with(named) {
            let told = std::fs::read_to_string(thread.join("schedstat"))?;
            nanos += told.split_whitespace().next().context("a time")?.parse::<u64>()?;
            threads += 1;
        }
    }
    anyhow::ensure!(threads > 0, "process {pid} has no thread {named}");
    Ok(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threads_time_is_its_own() {
        // The system notes a thread's time when it looks at it the next time.
        let busy = || while cpu_of_threads(std::process::id(), "busy").unwrap().is_zero() {};
        std::thread::Builder::new().name("busy-1".to_owned()).spawn(busy).unwrap().join().unwrap();
        assert!(cpu_of_threads(std::process::id(), "nobody").is_err());
    }
}
