//! `cargo xtask truth [WORD...] [--diff]`: plays the recorded entries whose names have all words, and prints how many pass.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::process::ExitCode;

use tests::truth::{Report, Suite, Verdict};

/// With no more entries than this, every difference is shown.
const SHOWN_MAX: usize = 12;

fn main() -> ExitCode {
    let (flags, words): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let suite = match Suite::read() {
        Ok(suite) => suite,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let verdicts = suite.play(&words);
    let shown = verdicts.len() <= SHOWN_MAX || flags.iter().any(|flag| flag == "--diff");
    for (name, verdict) in verdicts.iter().filter(|_| shown) {
        if let Verdict::Failed(mismatches) = verdict {
            println!("--- {name}");
            for mismatch in mismatches {
                println!("  {}", mismatch.at);
                for line in mismatch.difference.lines() {
                    println!("    {line}");
                }
            }
        }
    }
    let report = Report::new(&verdicts, &suite.known, words.is_empty());
    println!("{report}");
    if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
