//! The instructions that make words.

use brush_parser::word::TildeExpr;

use super::expand::parameter_name;
use super::fields::{self, Segment};
use super::variables::{Value, Variable};
use super::{Flow, Shell};
use crate::io::Io;
use crate::language::Instruction;

impl Shell {
    /// Runs an instruction of a word; an error ends the command.
    pub(super) fn word_instruction(
        &mut self,
        io: &mut Io<'_>,
        instruction: &Instruction,
    ) -> Result<Flow, String> {
        match instruction {
            Instruction::BeginWord => self.frame().words.push(Vec::new()),
            Instruction::BeginList => self.frame().lists.push(Vec::new()),
            Instruction::Text { text, quoted } => {
                let segment =
                    if *quoted { Segment::Quoted(text.clone()) } else { Segment::Plain(text.clone()) };
                self.add(segment);
            }
            Instruction::Tilde(tilde) => {
                let folder = self.tilde(io, tilde);
                self.add(Segment::Quoted(folder));
            }
            Instruction::Expand { parameter, indirect, operation, quoted } => {
                self.expand(io, parameter, *indirect, operation, *quoted)?;
            }
            Instruction::JumpIfSet { parameter, indirect, null, target } => {
                let mut parameter = parameter.clone();
                let index = self.take_index(&parameter);
                let mut given = self.give(io, &parameter, index.as_deref());
                if *indirect {
                    if let super::parameters::Given::One(name) = given {
                        parameter = brush_parser::word::Parameter::Named(name);
                    }
                    given = self.give(io, &parameter, None);
                }
                if given.is_set(*null) {
                    self.frame().at = *target;
                }
            }
            Instruction::AssignParameter(parameter) => {
                let value = self.frame().values.pop().unwrap_or_default();
                match parameter {
                    brush_parser::word::Parameter::Named(name) => {
                        if !self.variables.set(name, value) {
                            return Err(format!("{name}: readonly variable"));
                        }
                    }
                    brush_parser::word::Parameter::NamedWithIndex { name, .. } => {
                        let index = self.frame().values.pop().unwrap_or_default();
                        self.set_element(name, &index, value);
                    }
                    other => return Err(format!("{}: cannot assign in this way", parameter_name(other))),
                }
            }
            Instruction::ParameterError { parameter, null } => {
                let message = self.frame().values.pop().unwrap_or_default();
                let name = parameter_name(parameter);
                let standard = if *null { "parameter null or not set" } else { "parameter not set" };
                return Err(format!("{name}: {}", if message.is_empty() { standard } else { &message }));
            }
            Instruction::Arithmetic { quoted } => {
                let expression = self.frame().values.pop().unwrap_or_default();
                let number = self.arithmetic(&expression)?.to_string();
                self.add(if *quoted { Segment::Quoted(number) } else { Segment::Split(number) });
            }
            Instruction::EndField => {
                let word = self.frame().words.pop().unwrap_or_default();
                let fields = self.fields_of(io, &word);
                if let Some(list) = self.frame().lists.last_mut() {
                    list.extend(fields);
                }
            }
            Instruction::EndValue => self.end_value(fields::value_of),
            Instruction::EndPattern => self.end_value(fields::pattern_of),
            Instruction::EndRegex => self.end_value(fields::regex_of),
            Instruction::AppendValue => {
                let frame = self.frame();
                let name = fields::value_of(&frame.words.pop().unwrap_or_default());
                let value = frame.values.pop().unwrap_or_default();
                if let Some(list) = frame.lists.last_mut() {
                    list.push(name + &value);
                }
            }
            _ => return self.assignment_instruction(io, instruction),
        }
        Ok(Flow::Next)
    }

    fn assignment_instruction(&mut self, io: &mut Io<'_>, instruction: &Instruction) -> Result<Flow, String> {
        match instruction {
            Instruction::Assign { name, indexed, append, temporary } => {
                let value = self.frame().values.pop().unwrap_or_default();
                if *indexed {
                    let index = self.frame().values.pop().unwrap_or_default();
                    let value =
                        if *append { self.element(name, &index).unwrap_or_default() + &value } else { value };
                    self.set_element(name, &index, value);
                } else if *temporary {
                    let old = if *append { self.scalar(name).unwrap_or_default() } else { String::new() };
                    let variable = Variable { exported: true, ..Variable::scalar(old + &value) };
                    self.frame().temporary.push((name.clone(), variable));
                } else {
                    if self.options.xtrace {
                        let prefix = self.scalar("PS4").unwrap_or_else(|| "+ ".to_owned());
                        io.err(&format!("{prefix}{name}={}\n", super::escapes::quote(&value)));
                    }
                    self.assign(name, &value, *append)?;
                }
            }
            Instruction::AssignArray { name, append } => {
                let list = self.frame().lists.pop().unwrap_or_default();
                let variable = self.variables.entry(name);
                if variable.read_only {
                    return Err(format!("{name}: readonly variable"));
                }
                if let Value::Map(elements) = &mut variable.value {
                    if !append {
                        elements.clear();
                    }
                    let mut pairs = list.into_iter();
                    while let Some(key) = pairs.next() {
                        elements.insert(key, pairs.next().unwrap_or_default());
                    }
                    return Ok(Flow::Next);
                }
                let mut elements = match std::mem::replace(&mut variable.value, Value::Unset) {
                    Value::Array(elements) if *append => elements,
                    Value::Scalar(text) if *append => [(0, text)].into(),
                    _ => std::collections::BTreeMap::new(),
                };
                let next = elements.keys().last().map_or(0, |last| last + 1);
                elements.extend((next..).zip(list));
                variable.value = Value::Array(elements);
            }
            Instruction::AssignElement { name } => {
                let value = self.frame().values.pop().unwrap_or_default();
                let key = self.frame().values.pop().unwrap_or_default();
                self.set_element(name, &key, value);
            }
            _ => {}
        }
        Ok(Flow::Next)
    }

    /// Sets a variable as an assignment does: calculated if it is an integer, exported under `set -a`.
    pub(super) fn assign(&mut self, name: &str, value: &str, append: bool) -> Result<(), String> {
        let integer = self.variables.get(name).is_some_and(|variable| variable.integer);
        let old = if append { self.scalar(name) } else { None };
        let value = if integer {
            let old = old.map_or(Ok(0), |old| self.arithmetic(&old))?;
            old.wrapping_add(self.arithmetic(value)?).to_string()
        } else {
            old.unwrap_or_default() + value
        };
        if name == "OPTIND" {
            self.getopts = (value.parse().unwrap_or(1), 0);
        }
        if !self.variables.set(name, value) {
            return Err(format!("{name}: readonly variable"));
        }
        if self.options.allexport {
            self.variables.entry(name).exported = true;
        }
        Ok(())
    }

    pub(super) fn add(&mut self, segment: Segment) {
        if let Some(word) = self.frame().words.last_mut() {
            word.push(segment);
        }
    }

    fn end_value(&mut self, make: fn(&[Segment]) -> String) {
        let frame = self.frame();
        let word = frame.words.pop().unwrap_or_default();
        frame.values.push(make(&word));
    }

    fn tilde(&self, io: &mut Io<'_>, tilde: &TildeExpr) -> String {
        match tilde {
            TildeExpr::Home => self.scalar("HOME").unwrap_or_else(|| io.context().home.clone()),
            TildeExpr::UserHome(user) => {
                let users = io.read_file("/etc/passwd").unwrap_or_default();
                let users = String::from_utf8_lossy(&users);
                let line = users.lines().find(|line| line.split(':').next() == Some(user.as_str()));
                line.and_then(|line| line.split(':').nth(5)).map_or_else(|| format!("~{user}"), str::to_owned)
            }
            TildeExpr::WorkingDir => io.cwd().to_owned(),
            TildeExpr::OldWorkingDir => self.scalar("OLDPWD").unwrap_or_else(|| "~-".to_owned()),
            TildeExpr::NthDirFromTopOfDirStack { n, .. } | TildeExpr::NthDirFromBottomOfDirStack { n } => {
                self.folders.get(*n).cloned().unwrap_or_else(|| format!("~{n}"))
            }
        }
    }
}
