//! Command lines as `getopt_long` reads them, with its messages.

use super::busybox;
use crate::io::Io;
use crate::machine::Userland;

/// What a utility accepts.
#[derive(Clone, Copy)]
pub struct Spec {
    /// Short options, `:` after one with a value.
    pub short: &'static str,
    /// Long options and the short one that each stands for; `=` after one with a value.
    pub long: &'static [(&'static str, char)],
    /// What follows the name in `Usage:`.
    pub usage: &'static str,
    /// The status of a wrong command line.
    pub status: i32,
    /// Whether the first operand ends the options (`env`, `timeout`, `xargs`: what follows belongs to the command).
    pub command: bool,
}

/// A command line that was understood.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// Options with their values, in order.
    pub options: Vec<(char, String)>,
    /// The rest.
    pub operands: Vec<String>,
}

impl Parsed {
    /// Whether an option is given.
    #[must_use]
    pub fn has(&self, letter: char) -> bool {
        self.options.iter().any(|(option, _)| *option == letter)
    }

    /// The last value of an option.
    #[must_use]
    pub fn value(&self, letter: char) -> Option<&str> {
        self.options.iter().rev().find(|(option, _)| *option == letter).map(|(_, value)| value.as_str())
    }
}

impl Spec {
    /// Options of these short letters only.
    #[must_use]
    pub const fn new(short: &'static str, usage: &'static str) -> Self {
        Self { short, long: &[], usage, status: 1, command: false }
    }

    /// Reads a command line.
    ///
    /// # Errors
    /// The status to end with, after the message is printed.
    pub fn parse(&self, io: &mut Io<'_>, args: &[String]) -> Result<Parsed, i32> {
        self.read(args).map_err(|problem| {
            let name = name_of(args);
            match problem {
                None => {
                    io.out(&format!("Usage: {name} {}\n", self.usage));
                    0
                }
                Some(message) => self.complain(io, &name, &message),
            }
        })
    }

    fn complain(&self, io: &mut Io<'_>, name: &str, message: &str) -> i32 {
        if io.context().userland == Userland::Busybox {
            busybox::misused(io, name, Some(message), self.usage);
        } else {
            io.err(&format!("{name}: {message}\nTry '{name} --help' for more information.\n"));
        }
        self.status
    }

    /// Says that an operand is missing or too much.
    pub fn misused(&self, io: &mut Io<'_>, args: &[String], message: &str) -> i32 {
        self.complain(io, &name_of(args), message)
    }

    fn takes_value(&self, letter: char) -> Option<bool> {
        let at = self.short.find(letter).filter(|_| letter != ':')?;
        Some(self.short[at + letter.len_utf8()..].starts_with(':'))
    }

    /// A problem without text asks for help.
    fn read(&self, args: &[String]) -> Result<Parsed, Option<String>> {
        let mut parsed = Parsed::default();
        let mut rest = args.iter().skip(1);
        while let Some(arg) = rest.next() {
            if arg == "--" {
                parsed.operands.extend(rest.cloned());
                break;
            }
            if let Some(long) = arg.strip_prefix("--") {
                if long == "help" {
                    return Err(None);
                }
                let (name, value) =
                    long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
                let letter = self.long.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter);
                let letter = letter.ok_or_else(|| Some(format!("unrecognized option '--{name}'")))?;
                let value = match (self.takes_value(letter).unwrap_or(false), value) {
                    (true, Some(value)) => value.to_owned(),
                    (true, None) => rest
                        .next()
                        .cloned()
                        .ok_or_else(|| Some(format!("option '--{name}' requires an argument")))?,
                    (false, value) => value.unwrap_or_default().to_owned(),
                };
                parsed.options.push((letter, value));
            } else if arg.len() > 1 && arg.starts_with('-') {
                self.short_options(&arg[1..], &mut rest, &mut parsed)?;
            } else {
                parsed.operands.push(arg.clone());
                if self.command {
                    parsed.operands.extend(rest.cloned());
                    break;
                }
            }
        }
        Ok(parsed)
    }

    fn short_options<'a>(
        &self,
        letters: &str,
        rest: &mut impl Iterator<Item = &'a String>,
        parsed: &mut Parsed,
    ) -> Result<(), Option<String>> {
        for (at, letter) in letters.char_indices() {
            match self.takes_value(letter) {
                None => return Err(Some(format!("invalid option -- '{letter}'"))),
                Some(false) => parsed.options.push((letter, String::new())),
                Some(true) => {
                    let inline = &letters[at + letter.len_utf8()..];
                    let value =
                        if inline.is_empty() { rest.next().cloned() } else { Some(inline.to_owned()) };
                    let missing = || Some(format!("option requires an argument -- '{letter}'"));
                    parsed.options.push((letter, value.ok_or_else(missing)?));
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The name of a utility in its messages.
#[must_use]
pub fn name_of(args: &[String]) -> String {
    let name = args.first().map_or("", String::as_str);
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

/// Whether the context's utilities are BusyBox's.
#[must_use]
pub fn is_busybox(io: &Io<'_>) -> bool {
    io.context().userland == Userland::Busybox
}

/// A span of time as `sleep` and `timeout` read it: `1.5`, `2m`.
#[must_use]
pub fn time_span(text: &str) -> Option<f64> {
    let (number, factor) = match text.char_indices().last()? {
        (at, 's') => (&text[..at], 1.0),
        (at, 'm') => (&text[..at], 60.0),
        (at, 'h') => (&text[..at], 3600.0),
        (at, 'd') => (&text[..at], 86_400.0),
        _ => (text, 1.0),
    };
    if number == "infinity" || number == "inf" {
        return Some(f64::MAX);
    }
    let valid = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    number.parse::<f64>().ok().filter(|_| valid).map(|seconds| seconds * factor)
}
