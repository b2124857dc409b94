//! Expansions of parameters: the value, and what an operation makes of it.

use brush_parser::word::{Parameter, ParameterTransformOp, SubstringMatchKind};

use super::fields::Segment;
use super::parameters::Given;
use super::{Shell, escapes, pattern};
use crate::io::Io;
use crate::language::Operation;

type Result<T> = std::result::Result<T, String>;

impl Shell {
    /// Adds what an expansion gives to the word.
    pub(super) fn expand(
        &mut self,
        io: &mut Io<'_>,
        parameter: &Parameter,
        indirect: bool,
        operation: &Operation,
        quoted: bool,
    ) -> Result<()> {
        let parameter = self.pointed(io, parameter, indirect)?;
        let index = self.take_index(&parameter);
        let given = match operation {
            Operation::Keys | Operation::Names => {
                let Parameter::NamedWithAllIndices { name, concatenate } = &parameter else { return Ok(()) };
                let values = match operation {
                    Operation::Keys => self.all_keys(name),
                    _ => self.variables.names().into_iter().filter(|other| other.starts_with(name)).collect(),
                };
                Given::Many { values, joined: *concatenate }
            }
            _ => self.give(io, &parameter, index.as_deref()),
        };
        if matches!(given, Given::Unset) && self.options.nounset {
            return Err(format!("{}: unbound variable", parameter_name(&parameter)));
        }
        let given = self.operate(given, operation)?;
        self.add_given(given, quoted);
        Ok(())
    }

    /// `${!x}`: the parameter whose name is the value of this one.
    fn pointed(&mut self, io: &mut Io<'_>, parameter: &Parameter, indirect: bool) -> Result<Parameter> {
        if !indirect {
            return Ok(parameter.clone());
        }
        let index = self.take_index(parameter);
        let Given::One(name) = self.give(io, parameter, index.as_deref()) else {
            return Err(format!("{}: invalid indirect expansion", parameter_name(parameter)));
        };
        let parsed = brush_parser::word::parse_parameter(&name, &brush_parser::ParserOptions::default())
            .map_err(|_| format!("{name}: invalid variable name"))?;
        if let Parameter::NamedWithIndex { index, .. } = &parsed {
            self.frame().values.push(index.clone());
        }
        Ok(parsed)
    }

    /// The index that an element's instructions left.
    pub(super) fn take_index(&mut self, parameter: &Parameter) -> Option<String> {
        match parameter {
            Parameter::NamedWithIndex { .. } => self.frame().values.pop(),
            _ => None,
        }
    }

    fn take_value(&mut self) -> String {
        self.frame().values.pop().unwrap_or_default()
    }

    fn add_given(&mut self, given: Given, quoted: bool) {
        let separator: String = self.variables.text("IFS").unwrap_or(" ").chars().take(1).collect();
        let Some(word) = self.frame().words.last_mut() else { return };
        let segment = |text| if quoted { Segment::Quoted(text) } else { Segment::Split(text) };
        match given {
            Given::Unset => word.push(segment(String::new())),
            Given::One(text) => word.push(segment(text)),
            Given::Many { values, joined: true } if quoted => {
                word.push(Segment::Quoted(values.join(&separator)));
            }
            Given::Many { values, .. } => {
                for (index, value) in values.into_iter().enumerate() {
                    if index > 0 {
                        // An unquoted empty value makes no field of its own.
                        let open =
                            quoted || word.last().is_some_and(|last| *last != Segment::Split(String::new()));
                        if open {
                            word.push(Segment::Break);
                        }
                    }
                    word.push(segment(value));
                }
            }
        }
    }

    fn operate(&mut self, given: Given, operation: &Operation) -> Result<Given> {
        match operation {
            Operation::Value | Operation::Keys | Operation::Names => Ok(given),
            Operation::Length => Ok(Given::One(match given {
                Given::Unset => "0".to_owned(),
                Given::One(text) => text.chars().count().to_string(),
                Given::Many { values, .. } => values.len().to_string(),
            })),
            Operation::Substring { has_length } => {
                let offset = self.take_value();
                let offset = self.arithmetic(&offset)?;
                let length = match has_length {
                    true => {
                        let length = self.take_value();
                        Some((self.arithmetic(&length)?, length))
                    }
                    false => None,
                };
                self.slice(given, offset, length.as_ref())
            }
            Operation::RemovePrefix { longest } => {
                let pattern = self.take_value();
                Ok(each(given, |text| remove_prefix(text, &pattern, *longest)))
            }
            Operation::RemoveSuffix { longest } => {
                let pattern = self.take_value();
                Ok(each(given, |text| remove_suffix(text, &pattern, *longest)))
            }
            Operation::Replace(kind) => {
                let pattern = self.take_value();
                let replacement = self.take_value();
                Ok(each(given, |text| replace(text, &pattern, &replacement, kind)))
            }
            Operation::Case { upper, first } => {
                let pattern = self.take_value();
                Ok(each(given, |text| change_case(text, &pattern, *upper, *first)))
            }
            Operation::Transform(transform) => Ok(each(given, |text| transformed(text, transform))),
        }
    }

    fn slice(&self, given: Given, offset: i64, length: Option<&(i64, String)>) -> Result<Given> {
        let range = |count: usize| -> Result<(usize, usize)> {
            let count = count as i64;
            let start = if offset < 0 { count + offset } else { offset };
            if start < 0 || start > count {
                return Ok((0, 0));
            }
            let end = match length {
                None => count,
                Some((length, _)) if *length >= 0 => count.min(start.saturating_add(*length)),
                Some((length, text)) => {
                    let end = count + length;
                    if end < start {
                        return Err(format!("{text}: substring expression < 0"));
                    }
                    end
                }
            };
            Ok((start as usize, end as usize))
        };
        Ok(match given {
            Given::Unset => Given::One(String::new()),
            Given::One(text) => {
                let chars: Vec<char> = text.chars().collect();
                let (start, end) = range(chars.len())?;
                Given::One(chars[start..end].iter().collect())
            }
            Given::Many { values, joined } => {
                // Of the positional parameters, number 0 is the name of the shell.
                let positional = values == self.positional;
                let values: Vec<String> =
                    if positional { [vec![self.name.clone()], values].concat() } else { values };
                let (start, end) = match (length, positional) {
                    (Some((length, _)), true) if offset >= 0 => {
                        let start = (offset as usize).min(values.len());
                        (start, (start + (*length).max(0) as usize).min(values.len()))
                    }
                    _ => range(values.len())?,
                };
                Given::Many { values: values[start..end].to_vec(), joined }
            }
        })
    }
}

pub(super) fn parameter_name(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Named(name) => name.clone(),
        Parameter::NamedWithIndex { name, index } => format!("{name}[{index}]"),
        Parameter::NamedWithAllIndices { name, concatenate } => {
            format!("{name}[{}]", if *concatenate { '*' } else { '@' })
        }
        Parameter::Positional(number) => format!("${number}"),
        Parameter::Special(special) => special.to_string(),
    }
}

fn each(given: Given, change: impl Fn(&str) -> String) -> Given {
    match given {
        Given::Unset => Given::One(change("")),
        Given::One(text) => Given::One(change(&text)),
        Given::Many { values, joined } => {
            Given::Many { values: values.iter().map(|value| change(value)).collect(), joined }
        }
    }
}

fn remove_prefix(text: &str, pattern: &str, longest: bool) -> String {
    let mut ends = pattern::prefixes(pattern, text);
    let end = if longest { ends.next_back() } else { ends.next() };
    text[end.unwrap_or(0)..].to_owned()
}

fn remove_suffix(text: &str, pattern: &str, longest: bool) -> String {
    let mut starts = pattern::suffixes(pattern, text);
    let start = if longest { starts.next() } else { starts.next_back() };
    text[..start.unwrap_or(text.len())].to_owned()
}

fn replace(text: &str, pattern: &str, replacement: &str, kind: &SubstringMatchKind) -> String {
    if pattern.is_empty() {
        return text.to_owned();
    }
    match kind {
        SubstringMatchKind::Prefix => match pattern::prefixes(pattern, text).next_back() {
            Some(end) => format!("{replacement}{}", &text[end..]),
            None => text.to_owned(),
        },
        SubstringMatchKind::Suffix => match pattern::suffixes(pattern, text).next() {
            Some(start) => format!("{}{replacement}", &text[..start]),
            None => text.to_owned(),
        },
        SubstringMatchKind::FirstOccurrence | SubstringMatchKind::Anywhere => {
            let all = matches!(kind, SubstringMatchKind::Anywhere);
            let mut result = String::new();
            let mut rest = text;
            while !rest.is_empty() {
                match pattern::prefixes(pattern, rest).next_back().filter(|end| *end > 0) {
                    Some(end) => {
                        result.push_str(replacement);
                        rest = &rest[end..];
                        if !all {
                            break;
                        }
                    }
                    None => {
                        let step = rest.chars().next().map_or(1, char::len_utf8);
                        result.push_str(&rest[..step]);
                        rest = &rest[step..];
                    }
                }
            }
            result + rest
        }
    }
}

fn change_case(text: &str, pattern: &str, upper: bool, first: bool) -> String {
    text.chars()
        .enumerate()
        .map(|(index, c)| {
            let chosen =
                (!first || index == 0) && (pattern.is_empty() || pattern::matches(pattern, &c.to_string()));
            match (chosen, upper) {
                (false, _) => c.to_string(),
                (true, true) => c.to_uppercase().to_string(),
                (true, false) => c.to_lowercase().to_string(),
            }
        })
        .collect()
}

fn transformed(text: &str, transform: &ParameterTransformOp) -> String {
    match transform {
        ParameterTransformOp::ToUpperCase => text.to_uppercase(),
        ParameterTransformOp::ToLowerCase => text.to_lowercase(),
        ParameterTransformOp::CapitalizeInitial => change_case(text, "", true, true),
        ParameterTransformOp::Quoted => {
            let quoted = escapes::quote(text);
            if quoted.starts_with(['\'', '$']) { quoted } else { format!("'{quoted}'") }
        }
        ParameterTransformOp::ExpandEscapeSequences => escapes::ansi_c(text),
        _ => text.to_owned(),
    }
}
