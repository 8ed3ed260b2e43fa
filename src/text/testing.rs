//! Whether work grows with its input as it should, told by CPU time: time on the wall is everybody's.

/// Runs `work` on inputs of two sizes, eight times apart, and fails if it took more than three times as much as
/// linear work would: quadratic work takes eight times as much. The best of three runs counts.
#[track_caller]
pub fn assert_linear(name: &str, small: usize, mut work: impl FnMut(usize)) {
    let mut best = |size: usize| {
        let runs = (0..3).map(|_| {
            let before = cpu_ns();
            work(size);
            cpu_ns() - before
        });
        runs.min().unwrap_or(0)
    };
    // The kernel counts in steps of some milliseconds.
    let (little, much) = (best(small).max(5_000_000), best(small * 8));
    assert!(much <= little * 8 * 3, "{name}: {little} ns for {small}, {much} ns for eight times as much");
}

/// Nanoseconds this thread has been on a processor; 0 where the system does not tell.
fn cpu_ns() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
}
