//! `cargo xtask truth [WORD...] [--diff] [--record]`: plays the recorded entries whose names have all words, and prints how many pass.
//! `--record` writes those that pass onto the list of what passed once.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::process::ExitCode;

use tests::truth::{Report, Suite, Verdict};

const FLAGS: [&str; 2] = ["--diff", "--record"];
/// With no more entries than this, every difference is shown.
const SHOWN_MAX: usize = 12;

fn main() -> ExitCode {
    let (flags, words): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    match play(&flags, &words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is as it should be.
fn play(flags: &[String], words: &[String]) -> Result<bool, String> {
    if let Some(unknown) = flags.iter().find(|flag| !FLAGS.contains(&flag.as_str())) {
        return Err(format!("unknown flag {unknown}: there are {}", FLAGS.join(" and ")));
    }
    let asked = |flag: &str| flags.iter().any(|other| other == flag);
    let mut suite = Suite::read()?;
    let verdicts = suite.play(words);
    let shown = verdicts.len() <= SHOWN_MAX || asked("--diff");
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
    if asked("--record") {
        suite.record(&verdicts)?;
    }
    let report = Report::new(&verdicts, &suite.known, &suite.passed, words.is_empty());
    println!("{report}");
    Ok(report.is_clean())
}
