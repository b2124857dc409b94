//! `echo`.

use crate::interpreter::escapes::{Style, unescape};
use crate::io::Io;
use crate::program::STDOUT;

/// `echo` as a program.
pub fn run(io: &mut Io<'_>, args: &[String]) -> i32 {
    print(io, args, "")
}

/// Prints its arguments; `-n`, `-e` and `-E` as bash's. A message begins with `prefix`.
pub fn print(io: &mut Io<'_>, args: &[String], prefix: &str) -> i32 {
    let (mut newline, mut escapes) = (true, false);
    let mut rest = args.iter().skip(1).peekable();
    let is_flags =
        |arg: &&String| arg.len() > 1 && arg.starts_with('-') && arg[1..].chars().all(|c| "neE".contains(c));
    while let Some(flags) = rest.next_if(is_flags) {
        for flag in flags[1..].chars() {
            match flag {
                'n' => newline = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
    }
    let words: Vec<&str> = rest.map(String::as_str).collect();
    let text = words.join(" ");
    let (mut bytes, complete) =
        if escapes { unescape(&text, Style::Echo) } else { (text.into_bytes(), true) };
    if newline && complete {
        bytes.push(b'\n');
    }
    match io.try_write(STDOUT, &bytes) {
        Ok(()) | Err(crate::file_system::Errno::BrokenPipe) => 0,
        Err(errno) => {
            let name = args.first().cloned().unwrap_or_default();
            io.err(&format!("{prefix}{name}: write error: {errno}\n"));
            1
        }
    }
}
