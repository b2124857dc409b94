//! `podarium lessons`: proves each lesson, step by step.

use lexopt::prelude::*;

/// Proves the lessons named, or all.
pub fn run(mut parser: lexopt::Parser) -> Result<u8, String> {
    let mut wanted = Vec::new();
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Value(id) => wanted.push(id.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().to_string()),
        }
    }
    if wanted.is_empty() {
        wanted.extend(sandbox::proof::all().map(str::to_owned));
    }
    let mut failed = 0;
    for id in &wanted {
        let faults = sandbox::proof::prove(id);
        if faults.is_empty() {
            println!("{id}: proved");
            continue;
        }
        failed += 1;
        println!("{id}: not proved");
        for fault in faults {
            println!("  {}", fault.trim_end());
        }
    }
    println!("{} passed, {failed} failed", wanted.len() - failed);
    Ok(u8::from(failed > 0))
}
