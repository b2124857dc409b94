//! Running a template's nodes over a tree. `None` stands for what is not there, which prints `<no value>`.

use serde_json::Value;

use super::super::go_value;
use super::ExecutionError;
use super::functions::{self, truth};
use super::parse::{Branch, Command, Node, Operand, Pipe, Term, Word};

type Found = Option<Value>;
type Result<T> = std::result::Result<T, ExecutionError>;

/// How a list of nodes ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Through,
    Break,
    Continue,
}

/// Runs the nodes; what they print goes to `out`, also if one fails.
pub(super) fn run(nodes: &[Node], root: &Value, strict: bool, out: &mut String) -> Result<()> {
    let variables = vec![("$".to_owned(), Some(root.clone()))];
    Evaluation { variables, strict, out }.list(nodes, &Some(root.clone())).map(|_| ())
}

struct Evaluation<'o> {
    variables: Vec<(String, Found)>,
    strict: bool,
    out: &'o mut String,
}

fn error(position: usize, context: String, message: impl Into<String>) -> ExecutionError {
    ExecutionError { position, context, message: message.into() }
}

fn at(operand: &Operand, message: impl Into<String>) -> ExecutionError {
    error(operand.position, operand.text.clone(), message)
}

impl Evaluation<'_> {
    fn list(&mut self, nodes: &[Node], dot: &Found) -> Result<Flow> {
        for node in nodes {
            match node {
                Node::Text(text) => self.out.push_str(text),
                Node::Action(pipe) => {
                    let value = self.pipe(pipe, dot)?;
                    if pipe.variables.is_empty() {
                        self.out.push_str(&printed(&value));
                    }
                }
                Node::Branch(branch) => {
                    let outer = self.variables.len();
                    let flow = self.branch(branch, dot)?;
                    self.variables.truncate(outer);
                    if flow != Flow::Through {
                        return Ok(flow);
                    }
                }
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
            }
        }
        Ok(Flow::Through)
    }

    fn branch(&mut self, branch: &Branch, dot: &Found) -> Result<Flow> {
        if branch.word == Word::Range {
            return self.range(branch, dot).map(|()| Flow::Through);
        }
        let value = self.pipe(&branch.pipe, dot)?;
        match (value.as_ref().is_some_and(truth), branch.word) {
            (true, Word::With) => self.list(&branch.body, &value),
            (true, _) => self.list(&branch.body, dot),
            (false, _) => self.list(&branch.otherwise, dot),
        }
    }

    fn range(&mut self, branch: &Branch, dot: &Found) -> Result<()> {
        let (names, outer) = (&branch.pipe.variables, self.variables.len());
        // The variables take each item, not the whole.
        let plain = Pipe { variables: Vec::new(), ..branch.pipe.clone() };
        let value = self.pipe(&plain, dot)?;
        let items: Vec<(Value, Value)> = match value {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => {
                items.into_iter().enumerate().map(|(index, item)| (index.into(), item)).collect()
            }
            Some(Value::Object(fields)) => {
                let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
                fields.sort_by(|one, other| one.0.cmp(&other.0));
                fields.into_iter().map(|(name, value)| (name.into(), value)).collect()
            }
            Some(Value::Number(count)) if count.is_i64() => {
                (0..count.as_i64().unwrap_or(0)).map(|index| (index.into(), index.into())).collect()
            }
            Some(other) => {
                let last = branch.pipe.commands.last().and_then(|command| command.operands.last());
                let message = format!("range can't iterate over {}", go_value::to_text(&other));
                return Err(last.map_or_else(|| error(0, String::new(), &message), |last| at(last, &message)));
            }
        };
        if items.is_empty() {
            return self.list(&branch.otherwise, dot).map(|_| ());
        }
        for (key, item) in items {
            let values = if names.len() == 2 { vec![key, item.clone()] } else { vec![item.clone()] };
            for (name, value) in names.iter().zip(values) {
                self.set(name, Some(value), branch.pipe.assigns);
            }
            let flow = self.list(&branch.body, &Some(item))?;
            self.variables.truncate(outer);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: Found, assigns: bool) {
        if assigns && let Some(known) = self.variables.iter_mut().rev().find(|(known, _)| known == name) {
            known.1 = value;
        } else {
            self.variables.push((name.to_owned(), value));
        }
    }

    fn pipe(&mut self, pipe: &Pipe, dot: &Found) -> Result<Found> {
        let mut last: Option<Found> = None;
        for command in &pipe.commands {
            // Nothing, passed on, is Go's nil.
            let value = self.command(command, dot, last.take())?.filter(|value| !value.is_null());
            last = Some(value);
        }
        let value = last.flatten();
        for name in &pipe.variables {
            self.set(name, value.clone(), pipe.assigns);
        }
        Ok(value)
    }

    fn command(&mut self, command: &Command, dot: &Found, last: Option<Found>) -> Result<Found> {
        let Some((first, arguments)) = command.operands.split_first() else { return Ok(None) };
        if let Term::Function(name) = &first.term {
            return self.call(name, command, arguments, dot, last);
        }
        let with_arguments = !arguments.is_empty() || last.is_some();
        if matches!(first.term, Term::Nil) {
            return Err(at(first, "nil is not a command"));
        }
        if with_arguments {
            return Err(at(
                first,
                match first.fields.last() {
                    Some(field) => format!("{field} is not a method but has arguments"),
                    None => format!("can't give argument to non-function {}", first.text),
                },
            ));
        }
        self.operand(first, dot)
    }

    fn operand(&mut self, operand: &Operand, dot: &Found) -> Result<Found> {
        let value = match &operand.term {
            Term::Dot => dot.clone(),
            Term::Nil => None,
            Term::Constant(value) => Some(value.clone()),
            Term::Variable(name) => {
                let known = self.variables.iter().rev().find(|(known, _)| known == name);
                known.and_then(|(_, value)| value.clone())
            }
            Term::Function(name) => {
                let command = Command { position: operand.position, operands: vec![operand.clone()] };
                self.call(name, &command, &[], dot, None)?
            }
            Term::Pipe(pipe) => self.pipe(pipe, dot)?,
        };
        operand.fields.iter().try_fold(value, |value, field| self.field(operand, value, field))
    }

    fn field(&self, operand: &Operand, value: Found, name: &str) -> Result<Found> {
        match value {
            None if self.strict => Err(at(operand, format!("nil data; no entry for key {name:?}"))),
            None => Ok(None),
            Some(Value::Null) => Err(at(operand, format!("nil pointer evaluating interface {{}}.{name}"))),
            Some(Value::Object(mut fields)) => match fields.remove(name) {
                None if self.strict => Err(at(operand, format!("map has no entry for key {name:?}"))),
                found => Ok(found),
            },
            Some(_) => Err(at(operand, format!("can't evaluate field {name} in type interface {{}}"))),
        }
    }

    fn call(
        &mut self,
        name: &str,
        command: &Command,
        arguments: &[Operand],
        dot: &Found,
        last: Option<Found>,
    ) -> Result<Found> {
        let failed = |message: String| error(command.position, command.text(), message);
        let count = arguments.len() + usize::from(last.is_some());
        functions::check_count(name, count).map_err(&failed)?;
        let mut values = Vec::new();
        for argument in arguments {
            let value = self.operand(argument, dot)?;
            // `and` and `or` look no further than they need.
            if matches!((name, value.as_ref().is_some_and(truth)), ("and", false) | ("or", true)) {
                return Ok(value);
            }
            let value = value.unwrap_or_default();
            if values.is_empty() {
                functions::check_type(name, &value).map_err(|message| at(argument, message))?;
            }
            values.push(value);
        }
        values.extend(last.map(Option::unwrap_or_default));
        functions::call(name, values)
            .map(Some)
            .map_err(|message| failed(format!("error calling {name}: {message}")))
    }
}

fn printed(value: &Found) -> String {
    match value {
        None | Some(Value::Null) => "<no value>".to_owned(),
        Some(value) => go_value::to_text(value),
    }
}
