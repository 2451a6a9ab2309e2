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

/// The kind of the processor, and how much of it there is.
///
/// # Errors
/// The system is no Linux, or does not tell how much of it there is.
pub fn processor() -> anyhow::Result<String> {
    let kind = kind_of(&std::fs::read_to_string("/proc/cpuinfo")?);
    let cores = std::thread::available_parallelism()?;
    Ok(format!("{kind}, {cores} cores"))
}

/// The name, the family and the model, for names can be general; on ARM, where nothing has a name, the implementer and the part.
fn kind_of(cpuinfo: &str) -> String {
    let fields: Vec<_> = cpuinfo.lines().filter_map(|line| line.split_once(':')).collect();
    let of = |key: &str| fields.iter().find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim());
    let named = || {
        let (name, family, model) = (of("model name")?, of("cpu family")?, of("model")?);
        Some(format!("{name}, family {family}, model {model}"))
    };
    let numbered = || Some(format!("implementer {}, part {}", of("CPU implementer")?, of("CPU part")?));
    named().or_else(numbered).unwrap_or_else(|| "unknown".to_owned())
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
    fn a_processor_is_known_by_its_name_or_by_its_numbers() {
        let x86 = "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\nmodel\t\t: 18\n";
        let arm = "processor\t: 0\nBogoMIPS\t: 243.75\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n";
        for (told, kind) in [
            (x86, "AMD EPYC, family 25, model 17"),
            (arm, "implementer 0x41, part 0xd0c"),
            ("processor\t: 0\nhart\t\t: 1\n", "unknown"),
        ] {
            assert_eq!(kind_of(told), kind);
        }
    }

    #[test]
    fn a_threads_time_is_its_own() {
        // The system notes a thread's time when it looks at it the next time.
        let busy = || while cpu_of_threads(std::process::id(), "busy").unwrap().is_zero() {};
        std::thread::Builder::new().name("busy-1".to_owned()).spawn(busy).unwrap().join().unwrap();
        assert!(cpu_of_threads(std::process::id(), "nobody").is_err());
    }
}
