//! Command lines as getopt_long reads them, with its messages.

use serde::{Deserialize, Serialize};

use crate::program::{Io, STDERR, STDOUT, Step};
use crate::utilities::{busybox, options::is_busybox};

/// What a tool accepts.
pub struct Spec {
    /// Its name in messages.
    pub tool: &'static str,
    /// Short options as getopt writes them: `:` after one with an argument, `::` if it may be absent.
    pub short: &'static str,
    /// Long options, the letter that they stand for, and whether they take an argument.
    pub long: &'static [(&'static str, char, Argument)],
    /// The exit status for a wrong command line.
    pub status: i32,
}

/// Whether a long option takes an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// It does not.
    No,
    /// It has to.
    Required,
    /// After `=` only.
    Optional,
}

/// A command line that was understood.
#[derive(Default)]
pub struct Parsed {
    /// Options in their order, with their arguments.
    pub options: Vec<(char, String)>,
    /// The rest.
    pub operands: Vec<String>,
}

/// Text to print and a status to end with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The whole text, with its newline.
    pub text: String,
    /// The exit status; the text goes to standard output if it is 0.
    pub status: i32,
}

impl Failure {
    /// `tool: message`.
    pub fn new(tool: &str, message: impl std::fmt::Display, status: i32) -> Self {
        Self { text: format!("{tool}: {message}\n"), status }
    }

    /// `tool: message`, and where to get help.
    pub fn usage(tool: &str, message: impl std::fmt::Display, status: i32) -> Self {
        let help = match tool {
            "grep" => "Usage: grep [OPTION]... PATTERNS [FILE]...\n",
            "sed" => "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n",
            _ => "",
        };
        let prefix = if matches!(tool, "diff" | "cmp") { format!("{tool}: ") } else { String::new() };
        Self {
            text: format!("{tool}: {message}\n{help}{prefix}Try '{tool} --help' for more information.\n"),
            status,
        }
    }

    /// Prints the text.
    pub fn step(&self, io: &mut Io<'_>) -> Step {
        if self.status != 0 && is_busybox(io) {
            busybox::complain(io, &self.text);
            return Step::Exit(self.status);
        }
        let _ = io.write(if self.status == 0 { STDOUT } else { STDERR }, self.text.as_bytes());
        Step::Exit(self.status)
    }
}

impl Spec {
    /// Reads a command line; options and operands may be mixed.
    ///
    /// # Errors
    /// For an option that the tool does not have, or whose argument is missing or too much.
    pub fn parse(&self, args: &[String]) -> Result<Parsed, Failure> {
        let mut parsed = Parsed::default();
        let mut args = args.iter();
        while let Some(argument) = args.next() {
            if argument == "--" {
                parsed.operands.extend(args.cloned());
                break;
            }
            if let Some(long) = argument.strip_prefix("--") {
                self.long_option(long, &mut args, &mut parsed)?;
            } else if argument.len() > 1 && argument.starts_with('-') {
                self.short_options(&argument[1..], &mut args, &mut parsed)?;
            } else {
                parsed.operands.push(argument.clone());
            }
        }
        Ok(parsed)
    }

    fn short_options<'a>(
        &self,
        letters: &str,
        args: &mut impl Iterator<Item = &'a String>,
        parsed: &mut Parsed,
    ) -> Result<(), Failure> {
        for (at, letter) in letters.char_indices() {
            let known = self.short.find(letter).filter(|_| letter != ':');
            let Some(known) = known else {
                return Err(Failure::usage(
                    self.tool,
                    format_args!("invalid option -- '{letter}'"),
                    self.status,
                ));
            };
            if !self.short[known + letter.len_utf8()..].starts_with(':') {
                parsed.options.push((letter, String::new()));
                continue;
            }
            let rest = &letters[at + letter.len_utf8()..];
            if self.short[known + letter.len_utf8()..].starts_with("::") {
                parsed.options.push((letter, rest.to_owned()));
                break;
            }
            let value = if rest.is_empty() { args.next().cloned() } else { Some(rest.to_owned()) };
            let Some(value) = value else {
                let message = format!("option requires an argument -- '{letter}'");
                return Err(Failure::usage(self.tool, message, self.status));
            };
            parsed.options.push((letter, value));
            break;
        }
        Ok(())
    }

    fn long_option<'a>(
        &self,
        text: &str,
        args: &mut impl Iterator<Item = &'a String>,
        parsed: &mut Parsed,
    ) -> Result<(), Failure> {
        let (name, value) =
            text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
        if name == "help" {
            return Err(Failure { text: format!("Usage: {} [OPTION]... [FILE]...\n", self.tool), status: 0 });
        }
        let fail = |message: String| Err(Failure::usage(self.tool, message, self.status));
        let exact = self.long.iter().find(|(known, ..)| *known == name);
        let mut close = self.long.iter().filter(|(known, ..)| known.starts_with(name));
        let Some((known, letter, argument)) =
            exact.or_else(|| close.next().filter(|_| close.next().is_none()))
        else {
            let ambiguous: Vec<String> = self
                .long
                .iter()
                .filter(|(known, ..)| known.starts_with(name))
                .map(|(known, ..)| format!(" '--{known}'"))
                .collect();
            return fail(if ambiguous.is_empty() {
                format!("unrecognized option '--{text}'")
            } else {
                format!("option '--{name}' is ambiguous; possibilities:{}", ambiguous.concat())
            });
        };
        let value = match (argument, value) {
            (Argument::No, Some(_)) => return fail(format!("option '--{known}' doesn't allow an argument")),
            (Argument::Required, None) => match args.next() {
                Some(value) => value.clone(),
                None => return fail(format!("option '--{known}' requires an argument")),
            },
            (_, value) => value.unwrap_or_default(),
        };
        parsed.options.push((*letter, value));
        Ok(())
    }
}

/// A text in the quotes that coreutils put around what they were given.
pub fn quoted(text: &str) -> String {
    format!("‘{text}’")
}

/// A count with the suffixes of coreutils (`K` is 1024, `kB` 1000, `b` 512).
pub fn count(text: &str) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let (number, suffix) = text.split_at(digits);
    let factor: u64 = match suffix {
        "" => 1,
        "b" => 512,
        "kB" => 1000,
        "K" | "k" | "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "M" | "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "G" | "GiB" => 1 << 30,
        _ => return None,
    };
    if number.is_empty() && suffix.is_empty() {
        return None;
    }
    let number = if number.is_empty() { 1 } else { number.parse::<u64>().ok()? };
    number.checked_mul(factor)
}
