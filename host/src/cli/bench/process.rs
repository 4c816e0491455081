//! What the system knows about a process: time on a processor, memory. Nothing where it does not say.

use std::time::Duration;

/// Ticks of `/proc/PID/stat` per second: fixed for programs, whatever the kernel does inside.
const TICKS_PER_SECOND: u32 = 100;

/// Time that all threads of this process have run so far.
pub(super) fn cpu() -> Option<Duration> {
    ticks(&std::fs::read_to_string("/proc/self/stat").ok()?)
        .map(|n| Duration::from_secs(n) / TICKS_PER_SECOND)
}

/// Time that this thread has run so far, to the nanosecond.
pub(super) fn thread_cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// Memory of a process that lies in RAM, kilobytes.
pub(super) fn resident_kb(pid: u32) -> Option<u64> {
    resident(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// Own and system time. The name before them may contain anything, so counting begins behind it.
fn ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

fn resident(status: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_and_system_time_are_found_behind_a_name_with_blanks_and_brackets() {
        assert_eq!(ticks("7 (a) b) S 1 2 3 4 5 6 7 8 9 10 120 30 0 0 20"), Some(150));
        assert_eq!(ticks("nonsense"), None);
    }

    #[test]
    fn resident_memory_is_read_from_its_line() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t  61234 kB\nThreads:\t3\n"), Some(61_234));
        assert_eq!(resident("Name:\tx\n"), None);
    }
}
