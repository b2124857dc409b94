//! What a parameter gives: variables, arrays, positional and special ones.

use brush_parser::word::{Parameter, SpecialParameter};

use super::variables::Value;
use super::{Shell, ash};
use crate::io::Io;

/// What a parameter gives.
pub(super) enum Given {
    /// Nothing: it is not set.
    Unset,
    /// One text.
    One(String),
    /// Several texts; `joined` if quotes make one of them (`$*`).
    Many { values: Vec<String>, joined: bool },
}

impl Given {
    pub(super) fn is_set(&self, null: bool) -> bool {
        match self {
            Self::Unset => false,
            Self::One(text) => !(null && text.is_empty()),
            Self::Many { values, .. } => !(values.is_empty() || null && values.iter().all(String::is_empty)),
        }
    }
}

impl Shell {
    /// The value of a variable as one text; also of those that the shell makes up.
    pub(crate) fn scalar(&self, name: &str) -> Option<String> {
        self.variables.text(name).map(str::to_owned)
    }

    pub(super) fn dynamic(&self, io: &mut Io<'_>, name: &str) -> Option<String> {
        match name {
            "RANDOM" => Some((io.random() % 32_768).to_string()),
            "SRANDOM" => Some((io.random() as u32).to_string()),
            "SECONDS" => Some(io.now().since(self.seconds).as_secs().to_string()),
            "EPOCHSECONDS" => Some(io.unix_time().0.to_string()),
            "EPOCHREALTIME" => {
                let (seconds, micros) = io.unix_time();
                Some(format!("{seconds}.{micros:06}"))
            }
            "LINENO" if ash::is_ash(io) => Some(self.ash_line().to_string()),
            "LINENO" => Some(self.line.to_string()),
            "BASHPID" => Some(io.local_pid().to_string()),
            "PPID" => Some(io.parent_pid().to_string()),
            "UID" | "EUID" => Some(io.user().0.to_string()),
            _ => None,
        }
    }

    /// What a parameter gives; an element's index is given as text.
    pub(super) fn give(&mut self, io: &mut Io<'_>, parameter: &Parameter, index: Option<&str>) -> Given {
        match parameter {
            Parameter::Positional(0) => Given::One(self.name.clone()),
            Parameter::Positional(number) => {
                self.positional.get(*number as usize - 1).cloned().map_or(Given::Unset, Given::One)
            }
            Parameter::Special(special) => self.special(io, special),
            Parameter::Named(name) => match name.as_str() {
                "PIPESTATUS" => self.pipe_status.first().map_or(Given::Unset, |s| Given::One(s.to_string())),
                _ => match self.dynamic(io, name).or_else(|| self.scalar(name)) {
                    Some(text) => Given::One(text),
                    None => Given::Unset,
                },
            },
            Parameter::NamedWithIndex { name, .. } => {
                let index = index.unwrap_or("0");
                if name == "PIPESTATUS" {
                    let at = index.parse().unwrap_or(usize::MAX);
                    return self.pipe_status.get(at).map_or(Given::Unset, |s| Given::One(s.to_string()));
                }
                self.element(name, index).map_or(Given::Unset, Given::One)
            }
            Parameter::NamedWithAllIndices { name, concatenate } => {
                let values = self.all_values(name);
                Given::Many { values, joined: *concatenate }
            }
        }
    }

    pub(super) fn all_values(&self, name: &str) -> Vec<String> {
        if name == "PIPESTATUS" {
            return self.pipe_status.iter().map(i32::to_string).collect();
        }
        match self.variables.get(name).map(|variable| &variable.value) {
            Some(Value::Array(elements)) => elements.values().cloned().collect(),
            Some(Value::Map(elements)) => elements.values().cloned().collect(),
            Some(Value::Scalar(text)) => vec![text.clone()],
            Some(Value::Unset) | None => Vec::new(),
        }
    }

    pub(super) fn all_keys(&self, name: &str) -> Vec<String> {
        match self.variables.get(name).map(|variable| &variable.value) {
            Some(Value::Array(elements)) => elements.keys().map(i64::to_string).collect(),
            Some(Value::Map(elements)) => elements.keys().cloned().collect(),
            Some(Value::Scalar(_)) => vec!["0".to_owned()],
            Some(Value::Unset) | None => Vec::new(),
        }
    }

    fn special(&self, io: &Io<'_>, special: &SpecialParameter) -> Given {
        Given::One(match special {
            SpecialParameter::AllPositionalParameters { concatenate } => {
                return Given::Many { values: self.positional.clone(), joined: *concatenate };
            }
            SpecialParameter::PositionalParameterCount => self.positional.len().to_string(),
            SpecialParameter::LastExitStatus => self.status.to_string(),
            SpecialParameter::CurrentOptionFlags => self.flags(),
            SpecialParameter::ProcessId => self.shell_pid(io).to_string(),
            SpecialParameter::LastBackgroundProcessId => match self.last_background {
                Some(pid) => pid.to_string(),
                None => return Given::Unset,
            },
            SpecialParameter::ShellName => self.name.clone(),
        })
    }

    /// `$$`: in a subshell still the number of the shell that made it.
    fn shell_pid(&self, io: &Io<'_>) -> u32 {
        self.variables
            .text("_podarium_pid")
            .and_then(|pid| pid.parse().ok())
            .unwrap_or_else(|| io.local_pid())
    }

    fn flags(&self) -> String {
        let flags = [
            (self.options.errexit, 'e'),
            (self.options.noglob, 'f'),
            (true, 'h'),
            (self.options.interactive, 'i'),
            (self.options.nounset, 'u'),
            (self.options.verbose, 'v'),
            (self.options.xtrace, 'x'),
            (true, 'B'),
        ];
        flags.iter().filter(|(on, _)| *on).map(|(_, flag)| *flag).collect()
    }
}
