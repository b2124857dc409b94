//! `-o go-template`: fields, `range`, `if`, `with`, `index`, `len`, comparisons and printing; anything else is an error.

use serde_json::Value;

use super::go_value;

/// What a template prints of a tree.
///
/// # Errors
/// If the template is wrong or uses what is not supported here.
pub fn render(template: &str, root: &Value) -> Result<String, String> {
    let pieces = split(template)?;
    let mut out = String::new();
    let end = Renderer { pieces: &pieces, root }.block(0, root, Some(&mut out))?;
    if end < pieces.len() {
        return Err(format!("error parsing template {template}, template: output:1: unexpected {{{{end}}}}"));
    }
    Ok(out)
}

/// Text, or the inside of `{{ }}`.
enum Piece {
    Text(String),
    Action(Vec<String>),
}

fn split(template: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    let mut trim = false;
    while let Some(start) = rest.find("{{") {
        let text = if trim { rest[..start].trim_start() } else { &rest[..start] };
        let mut inside = &rest[start + 2..];
        let text = match inside.strip_prefix("- ") {
            Some(after) => {
                inside = after;
                text.trim_end()
            }
            None => text,
        };
        pieces.push(Piece::Text(text.to_owned()));
        let end = inside.find("}}").ok_or_else(|| {
            format!("error parsing template {template}, template: output:1: unclosed action")
        })?;
        let (action, cut) = match inside[..end].strip_suffix(" -") {
            Some(action) => (action, true),
            None => (&inside[..end], false),
        };
        trim = cut;
        if !action.trim().starts_with("/*") {
            pieces.push(Piece::Action(words(action)?));
        }
        rest = &inside[end + 2..];
    }
    pieces.push(Piece::Text(if trim { rest.trim_start().to_owned() } else { rest.to_owned() }));
    Ok(pieces)
}

/// Words of an action; a text keeps its quotes, so that it is known as one.
fn words(action: &str) -> Result<Vec<String>, String> {
    let mut words: Vec<String> = Vec::new();
    let mut letters = action.trim().chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\n' => {}
            '(' | ')' | '|' => words.push(letter.to_string()),
            '"' | '`' => {
                let mut text = String::from('"');
                loop {
                    match letters.next() {
                        None => return Err("unterminated quoted string".to_owned()),
                        Some(end) if end == letter => break,
                        Some('\\') if letter == '"' => match letters.next() {
                            Some('n') => text.push('\n'),
                            Some('t') => text.push('\t'),
                            Some(other) => text.push(other),
                            None => return Err("unterminated quoted string".to_owned()),
                        },
                        Some(other) => text.push(other),
                    }
                }
                words.push(text);
            }
            _ => {
                let mut word = letter.to_string();
                while let Some(next) = letters.peek() {
                    if next.is_whitespace() || "()|".contains(*next) {
                        break;
                    }
                    word.extend(letters.next());
                }
                words.push(word);
            }
        }
    }
    Ok(words)
}

struct Renderer<'a> {
    pieces: &'a [Piece],
    root: &'a Value,
}

impl Renderer<'_> {
    /// Renders from `index` to the `end` or `else` that closes the block; without `out` it only looks for that.
    fn block(&self, mut index: usize, dot: &Value, mut out: Option<&mut String>) -> Result<usize, String> {
        while let Some(piece) = self.pieces.get(index) {
            match piece {
                Piece::Text(text) => {
                    if let Some(out) = out.as_deref_mut() {
                        out.push_str(text);
                    }
                    index += 1;
                }
                Piece::Action(words) => match words.first().map(String::as_str) {
                    Some("end" | "else") => return Ok(index),
                    Some("range" | "if" | "with") => {
                        index = self.control(index, words, dot, out.as_deref_mut())?;
                    }
                    _ => {
                        if let Some(out) = out.as_deref_mut() {
                            out.push_str(&self.print(words, dot)?);
                        }
                        index += 1;
                    }
                },
            }
        }
        Ok(index)
    }

    /// Renders a `range`, `if` or `with` and answers where it goes on behind its `end`.
    fn control(
        &self,
        at: usize,
        words: &[String],
        dot: &Value,
        mut out: Option<&mut String>,
    ) -> Result<usize, String> {
        let body = at + 1;
        let middle = self.block(body, dot, None)?;
        let has_else = matches!(self.pieces.get(middle), Some(Piece::Action(words)) if words[0] == "else");
        if matches!(self.pieces.get(middle), Some(Piece::Action(words)) if words.len() > 1) {
            return Err("\"else if\" is not supported in templates here".to_owned());
        }
        let end = if has_else { self.block(middle + 1, dot, None)? } else { middle };
        if end >= self.pieces.len() {
            return Err("template: output:1: unexpected EOF".to_owned());
        }
        if out.is_some() {
            let value = self.pipeline(&words[1..], dot)?;
            let items: Vec<Value> = match (words[0].as_str(), &value) {
                ("range", Value::Array(items)) => items.clone(),
                ("range", Value::Object(fields)) => fields.values().cloned().collect(),
                ("range", _) => Vec::new(),
                ("with", value) if truth(value) => vec![value.clone()],
                ("if", value) if truth(value) => vec![dot.clone()],
                _ => Vec::new(),
            };
            for item in &items {
                self.block(body, item, out.as_deref_mut())?;
            }
            if items.is_empty() && has_else {
                self.block(middle + 1, dot, out)?;
            }
        }
        Ok(end + 1)
    }

    fn print(&self, words: &[String], dot: &Value) -> Result<String, String> {
        Ok(match self.pipeline(words, dot)? {
            Value::Null => "<no value>".to_owned(),
            value => go_value::to_text(&value),
        })
    }

    fn pipeline(&self, words: &[String], dot: &Value) -> Result<Value, String> {
        let mut last: Option<Value> = None;
        for stage in words.split(|word| word == "|") {
            let mut arguments = self.arguments(stage, dot)?;
            if let Some(value) = last.take() {
                arguments.push(Argument::Value(value));
            }
            last = Some(call(arguments)?);
        }
        last.ok_or_else(|| "missing value for command".to_owned())
    }

    fn arguments(&self, words: &[String], dot: &Value) -> Result<Vec<Argument>, String> {
        let mut arguments = Vec::new();
        let mut index = 0;
        while let Some(word) = words.get(index) {
            if word == "(" {
                let mut depth = 1;
                let start = index + 1;
                while depth > 0 {
                    index += 1;
                    match words.get(index).map(String::as_str) {
                        Some("(") => depth += 1,
                        Some(")") => depth -= 1,
                        None => return Err("unclosed left paren".to_owned()),
                        _ => {}
                    }
                }
                arguments.push(Argument::Value(self.pipeline(&words[start..index], dot)?));
            } else {
                arguments.push(self.argument(word, dot)?);
            }
            index += 1;
        }
        Ok(arguments)
    }

    fn argument(&self, word: &str, dot: &Value) -> Result<Argument, String> {
        if let Some(text) = word.strip_prefix('"') {
            return Ok(Argument::Value(text.into()));
        }
        if let Some(path) = word.strip_prefix('.') {
            return Ok(Argument::Value(field(dot, path)));
        }
        if let Some(path) = word.strip_prefix('$') {
            return match path.strip_prefix('.') {
                Some(path) => Ok(Argument::Value(field(self.root, path))),
                None if path.is_empty() => Ok(Argument::Value(self.root.clone())),
                None => Err(format!("template variables (${path}) are not supported here")),
            };
        }
        if let Ok(number) = word.parse::<i64>() {
            return Ok(Argument::Value(number.into()));
        }
        Ok(match word {
            "true" => Argument::Value(true.into()),
            "false" => Argument::Value(false.into()),
            "nil" => Argument::Value(Value::Null),
            name => Argument::Function(name.to_owned()),
        })
    }
}

enum Argument {
    Value(Value),
    Function(String),
}

fn field(value: &Value, path: &str) -> Value {
    path.split('.').filter(|name| !name.is_empty()).fold(value.clone(), |value, name| value[name].clone())
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(on) => *on,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

fn call(arguments: Vec<Argument>) -> Result<Value, String> {
    let mut arguments = arguments.into_iter();
    let name = match arguments.next() {
        Some(Argument::Function(name)) => name,
        Some(Argument::Value(value)) => return Ok(value),
        None => return Err("missing value for command".to_owned()),
    };
    let values: Vec<Value> = arguments
        .map(|argument| match argument {
            Argument::Value(value) => Ok(value),
            Argument::Function(name) => Err(format!("function {name:?} used as a value")),
        })
        .collect::<Result<_, _>>()?;
    let text = || values.iter().map(go_value::to_text).collect::<Vec<_>>();
    Ok(match (name.as_str(), values.as_slice()) {
        ("print", _) => text().concat().into(),
        ("println", _) => format!("{}\n", text().join(" ")).into(),
        ("printf", [Value::String(format), rest @ ..]) => {
            let mut out = format.clone();
            for value in rest {
                let text = go_value::to_text(value);
                let spot = ["%s", "%v", "%d", "%q"].iter().filter_map(|verb| out.find(verb)).min();
                let Some(spot) = spot else { break };
                let shown = if out[spot..].starts_with("%q") { format!("{text:?}") } else { text };
                out.replace_range(spot..spot + 2, &shown);
            }
            out.into()
        }
        ("len", [Value::Array(items)]) => items.len().into(),
        ("len", [Value::Object(fields)]) => fields.len().into(),
        ("len", [Value::String(text)]) => text.len().into(),
        ("len", [Value::Null]) => 0.into(),
        ("not", [value]) => (!truth(value)).into(),
        ("and", values) => {
            values.iter().find(|value| !truth(value)).or(values.last()).cloned().unwrap_or_default()
        }
        ("or", values) => {
            values.iter().find(|value| truth(value)).or(values.last()).cloned().unwrap_or_default()
        }
        ("eq", [one, rest @ ..]) => rest.iter().any(|other| other == one).into(),
        ("ne", [one, other]) => (one != other).into(),
        ("lt" | "le" | "gt" | "ge", [one, other]) => {
            let (one, other) = (one.as_f64().unwrap_or(0.0), other.as_f64().unwrap_or(0.0));
            match name.as_str() {
                "lt" => one < other,
                "le" => one <= other,
                "gt" => one > other,
                _ => one >= other,
            }
            .into()
        }
        ("index", [value, keys @ ..]) => keys.iter().fold(value.clone(), |value, key| match key {
            Value::String(name) => value[name.as_str()].clone(),
            Value::Number(number) => {
                let index =
                    number.as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or(usize::MAX);
                value.get(index).cloned().unwrap_or_default()
            }
            _ => Value::Null,
        }),
        ("exists", [value, keys @ ..]) => {
            let mut value = value.clone();
            for key in keys {
                value = value[key.as_str().unwrap_or_default()].clone();
            }
            (!value.is_null()).into()
        }
        ("base64decode", [Value::String(text)]) => {
            use base64::Engine as _;
            let bytes =
                base64::engine::general_purpose::STANDARD.decode(text).map_err(|error| error.to_string())?;
            String::from_utf8_lossy(&bytes).into_owned().into()
        }
        _ => {
            return Err(format!(
                "error parsing template, template: output:1: function \"{name}\" not defined"
            ));
        }
    })
}
