//! Reads a command line by pflag's rules: `--flag=value`, `--flag value`, `-n x`, `-nx`, joined letters, and `--`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use engine::Duration;
use serde::{Deserialize, Serialize};

use crate::command_table::{CommandSpec, CommandTable, Flag, FlagKind};
use crate::durations::parse_duration;

/// A text of the table of commands.
type Text = Cow<'static, str>;

/// What a command line said.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Flags {
    values: BTreeMap<Text, Vec<String>>,
    defaults: BTreeMap<Text, Text>,
    /// What is not a flag.
    pub args: Vec<String>,
    /// How many of `args` stood before `--`, if there was one.
    pub before_dashes: Option<usize>,
    /// Whether help was asked for.
    pub help: bool,
    /// Flags that are given but have gone out of use, each with what is to be said.
    pub notes: Vec<String>,
}

/// Where the client's log says that its warnings of `--dry-run` come from.
const DRY_RUN_ALONE: &str = "helpers.go:703]";
const DRY_RUN_BOOLEAN: &str = "helpers.go:717]";

/// What is said of a value that a flag once had, which is still taken. `--dry-run` alone comes as `unchanged`.
fn former_value(command: &str, flag: &str, value: &str) -> Option<String> {
    let instead = match (flag, value) {
        ("dry-run", "unchanged") => {
            return Some(format!(
                "{DRY_RUN_ALONE} --dry-run is deprecated and can be replaced with --dry-run=client."
            ));
        }
        ("dry-run", "true") => "client",
        ("dry-run", "false") => "none",
        ("cascade", "true") if command == "delete" => "background",
        ("cascade", "false") if command == "delete" => "orphan",
        _ => return None,
    };
    let from = if flag == "cascade" { "warning:" } else { DRY_RUN_BOOLEAN };
    Some(format!(
        "{from} --{flag}={value} is deprecated (boolean value) and can be replaced with --{flag}={instead}."
    ))
}

impl Flags {
    /// Reads `words` for `command`.
    ///
    /// # Errors
    /// The text after `error: `, if a flag is not known or has a wrong value.
    pub fn parse(table: &CommandTable, command: &CommandSpec, words: &[String]) -> Result<Self, String> {
        let mut flags = Self::default();
        for flag in command.flags.iter().chain(&table.global_flags) {
            flags.defaults.entry(flag.name.into()).or_insert(flag.default.into());
        }
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if word == "--" {
                flags.before_dashes = Some(flags.args.len());
                flags.args.extend(rest.cloned());
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                flags.read_long(table, command, long, &mut rest)?;
            } else if word.len() > 1 && word.starts_with('-') {
                flags.read_short(table, command, &word[1..], word, &mut rest)?;
            } else {
                flags.args.push(word.clone());
            }
        }
        Ok(flags)
    }

    fn read_long<'a>(
        &mut self,
        table: &CommandTable,
        command: &CommandSpec,
        text: &str,
        rest: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        if name == "help" {
            self.help = true;
            return Ok(());
        }
        if name == "record" && RECORDING.contains(&command.path) {
            self.notes
                .push("Flag --record has been deprecated, --record will be removed in the future".to_owned());
            self.values.insert("record".into(), vec![value.unwrap_or_else(|| "true".to_owned())]);
            return Ok(());
        }
        let flag = table.flag(command, name).ok_or_else(|| format!("unknown flag: --{name}"))?;
        let value = match value.or_else(|| flag.bare.map(str::to_owned)) {
            Some(value) => value,
            None => rest.next().cloned().ok_or_else(|| format!("flag needs an argument: --{name}"))?,
        };
        self.notes.extend(former_value(command.path, name, &value));
        self.set(flag, value)
    }

    fn read_short<'a>(
        &mut self,
        table: &CommandTable,
        command: &CommandSpec,
        letters: &str,
        word: &str,
        rest: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        for (index, letter) in letters.char_indices() {
            let after = &letters[index + letter.len_utf8()..];
            if letter == 'h' && table.short_flag(command, 'h').is_none() {
                self.help = true;
                return Ok(());
            }
            let shown = if index == 0 { word.to_owned() } else { format!("-{}", &letters[index..]) };
            let flag = table
                .short_flag(command, letter)
                .ok_or_else(|| format!("unknown shorthand flag: '{letter}' in {shown}"))?;
            if let Some(value) = after.strip_prefix('=') {
                return self.set(flag, value.to_owned());
            }
            if let Some(bare) = flag.bare {
                self.set(flag, bare.to_owned())?;
                continue;
            }
            let value = if after.is_empty() {
                rest.next()
                    .cloned()
                    .ok_or_else(|| format!("flag needs an argument: '{letter}' in {shown}"))?
            } else {
                after.to_owned()
            };
            return self.set(flag, value);
        }
        Ok(())
    }

    fn set(&mut self, flag: &Flag, value: String) -> Result<(), String> {
        check_value(flag, &value)?;
        let values = self.values.entry(flag.name.into()).or_default();
        match flag.kind {
            FlagKind::Slice => values.extend(split_commas(&value)),
            FlagKind::Array => values.push(value),
            _ => *values = vec![value],
        }
        Ok(())
    }

    /// Whether the flag was given.
    #[must_use]
    pub fn given(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// A flag's text.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        match self.values.get(name) {
            Some(values) => values.last().map_or("", String::as_str),
            None => self.defaults.get(name).map_or("", |text| text),
        }
    }

    /// Whether a flag is on.
    #[must_use]
    pub fn on(&self, name: &str) -> bool {
        parse_bool(self.text(name)).unwrap_or(false)
    }

    /// A flag's number.
    #[must_use]
    pub fn int(&self, name: &str) -> i64 {
        self.text(name).parse().unwrap_or(0)
    }

    /// A flag's span; negative ones count as none.
    #[must_use]
    pub fn duration(&self, name: &str) -> Duration {
        let micros = parse_duration(self.text(name)).unwrap_or(0) / 1000;
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// A flag's texts.
    #[must_use]
    pub fn list(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the command has such a flag.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.defaults.contains_key(name)
    }

    /// The flags that were given, as `--name=value`, in their order by name.
    #[must_use]
    pub fn as_given(&self) -> Vec<String> {
        self.values.iter().map(|(name, values)| format!("--{name}={}", values.join(","))).collect()
    }
}

/// Commands that still take `--record`.
const RECORDING: &[&str] = &[
    "apply",
    "annotate",
    "edit",
    "expose",
    "label",
    "patch",
    "replace",
    "run",
    "scale",
    "autoscale",
    "set image",
    "set env",
    "set resources",
    "set selector",
    "set serviceaccount",
    "create",
];

/// Go's `strconv.ParseBool`.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn check_value(flag: &Flag, value: &str) -> Result<(), String> {
    let why = match flag.kind {
        FlagKind::Bool if parse_bool(value).is_none() => {
            format!("strconv.ParseBool: parsing {value:?}: invalid syntax")
        }
        FlagKind::Int if value.parse::<i64>().is_err() => {
            format!("strconv.ParseInt: parsing {value:?}: invalid syntax")
        }
        FlagKind::Duration => match parse_duration(value) {
            Ok(_) => return Ok(()),
            Err(why) => why,
        },
        _ => return Ok(()),
    };
    let short = flag.short.map(|letter| format!("-{letter}, ")).unwrap_or_default();
    Err(format!("invalid argument {value:?} for \"{short}--{}\" flag: {why}", flag.name))
}

/// A list with commas, where quotes keep a comma (as Go's CSV reader has it).
fn split_commas(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => parts.push(String::new()),
            _ => {
                if let Some(last) = parts.last_mut() {
                    last.push(letter);
                }
            }
        }
    }
    parts
}
