//! `podarium bench`: what the simulator costs, measured as CPU time of this one thread.

use lexopt::prelude::*;
use sandbox::bench::Bench;

/// Runs all benches, or those whose name contains a word.
pub fn run(mut parser: lexopt::Parser) -> Result<u8, String> {
    let (mut wanted, mut json) = (String::new(), false);
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Long("json") => json = true,
            Value(name) => wanted = name.to_string_lossy().into_owned(),
            other => return Err(other.unexpected().to_string()),
        }
    }
    let mut all = Vec::new();
    for bench in Bench::ALL.iter().filter(|bench| bench.name.contains(&wanted)) {
        let mut measurement = bench.measure(cpu_seconds);
        measurement.figures.push(("peak_mib", peak_kib() as f64 / 1024.0));
        if !json {
            println!("{measurement}");
        }
        all.push(measurement);
    }
    if all.is_empty() {
        return Err(format!("no bench is called {wanted:?}"));
    }
    if json {
        println!("{}", sandbox::bench::to_json(&all));
    }
    Ok(0)
}

/// The most memory that this process has held so far, in KiB, where the system tells it.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// CPU time of this process in seconds, where the system tells it.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split_whitespace()
        .next()
        .and_then(|nanos| nanos.parse::<f64>().ok())
        .map_or(0.0, |nanos| nanos / 1e9)
}
