//! From a YAML parser's events to a value with places.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::{Map, Value};

use super::Document;
use super::error::ManifestError;
use super::number::{float_value, format_go_float};
use super::scalar::{Scalar, resolve};
use super::spans::{Position, Spans};
use super::tabs;

/// Nesting beyond this is refused (no manifest is that deep, and values are dropped recursively).
const DEPTH_MAX: usize = 400;
/// Values that aliases may repeat in one document, before it counts as an attack on memory.
const ALIASED_VALUES_MAX: usize = 400_000;

/// The first document of the text, `None` if it says nothing.
pub(super) fn build(text: &str, first_line: usize) -> Result<Option<Document>, ManifestError> {
    if let Some(error) = control_character(text, first_line) {
        return Err(error);
    }
    let document = match parse(text, first_line)? {
        Ok(document) => document,
        Err(error) => {
            let (mut error, mut forgiven) = (error, text.to_owned());
            loop {
                let Some(next) = tabs::forgive(&forgiven, &error) else {
                    return Err(ManifestError::from_scan(&error, text, first_line));
                };
                forgiven = next;
                match parse(&forgiven, first_line)? {
                    Ok(document) => break document,
                    Err(next) => error = next,
                }
            }
        }
    };
    Ok(document.filter(|document| !document.value.is_null()))
}

/// What the parser says of the text is the inner error, what kubectl says of its values the outer.
fn parse(text: &str, first_line: usize) -> Result<Result<Option<Document>, ScanError>, ManifestError> {
    let mut builder = Builder { first_line, ..Builder::default() };
    let mut misuse = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => return Ok(Err(error)),
        };
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        // kubectl parses the whole document before it looks at values, so structural errors come first.
        if misuse.is_none() {
            misuse = builder.take(event, span).err();
        }
    }
    let wrong_tab = || tabs::misplaced(text, &builder.texts, first_line);
    if let Some(error) = misuse.or_else(wrong_tab) {
        return Err(error);
    }
    Ok(Ok(builder.done.map(|node| Document { value: node.value, spans: node.spans })))
}

fn control_character(text: &str, first_line: usize) -> Option<ManifestError> {
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let at = text.find(control)?;
    let before = &text[..at];
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let position = Position { line: first_line + line + 1, column: column + 1 };
    Some(ManifestError::yaml("yaml: control characters are not allowed", position))
}

#[derive(Clone)]
struct Node {
    value: Value,
    spans: Spans,
    /// A plain `<<`, which as a key merges.
    merges: bool,
}

enum Frame {
    Sequence {
        anchor: usize,
        start: Position,
        values: Vec<Value>,
        spans: Vec<Spans>,
    },
    Mapping {
        anchor: usize,
        start: Position,
        values: Map<String, Value>,
        spans: BTreeMap<String, Spans>,
        key: Option<Node>,
    },
}

#[derive(Default)]
struct Builder {
    first_line: usize,
    stack: Vec<Frame>,
    anchors: BTreeMap<usize, Node>,
    aliased_values: usize,
    /// First and last line of texts of several lines: tabs may stand there.
    texts: Vec<(usize, usize)>,
    done: Option<Node>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), ManifestError> {
        let (start, end) = (self.position(span.start), self.position(span.end));
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if style != ScalarStyle::Plain && start.line < end.line {
                    self.texts.push((span.start.line(), span.end.line()));
                }
                let value = scalar_value(&text, style, tag.as_deref(), start)?;
                let merges = style == ScalarStyle::Plain && text == "<<" && tag.is_none();
                let spans = Spans { start, end, ..Spans::default() };
                self.finish(Node { value, spans, merges }, anchor)
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(ManifestError::yaml("yaml: anchor value contains itself", start));
                };
                self.aliased_values += count_values(&node.value);
                if self.aliased_values > ALIASED_VALUES_MAX {
                    return Err(ManifestError::yaml("yaml: document contains excessive aliasing", start));
                }
                let spans = Spans { start, end, ..node.spans };
                self.finish(Node { spans, ..node }, 0)
            }
            Event::SequenceStart(anchor, _) => {
                self.open(Frame::Sequence { anchor, start, values: Vec::new(), spans: Vec::new() }, start)
            }
            Event::MappingStart(anchor, _) => self.open(
                Frame::Mapping { anchor, start, values: Map::new(), spans: BTreeMap::new(), key: None },
                start,
            ),
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            _ => Ok(()),
        }
    }

    fn position(&self, mark: Marker) -> Position {
        Position { line: self.first_line + mark.line(), column: mark.col() + 1 }
    }

    fn open(&mut self, frame: Frame, start: Position) -> Result<(), ManifestError> {
        if self.stack.len() >= DEPTH_MAX {
            return Err(ManifestError::yaml("yaml: exceeded max depth of 10000", start));
        }
        self.stack.push(frame);
        Ok(())
    }

    fn close(&mut self, end: Position) -> Result<(), ManifestError> {
        match self.stack.pop() {
            Some(Frame::Sequence { anchor, start, values, spans, .. }) => {
                let spans = Spans { start, end, items: spans, ..Spans::default() };
                self.finish(Node { value: Value::Array(values), spans, merges: false }, anchor)
            }
            Some(Frame::Mapping { anchor, start, values, spans, .. }) => {
                let spans = Spans { start, end, fields: spans, ..Spans::default() };
                self.finish(Node { value: Value::Object(values), spans, merges: false }, anchor)
            }
            None => Ok(()),
        }
    }

    /// A complete value goes where it belongs: into the innermost open collection, or it is the document.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), ManifestError> {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.stack.last_mut() {
            None => self.done = Some(node),
            Some(Frame::Sequence { values, spans, .. }) => {
                values.push(node.value);
                spans.push(node.spans);
            }
            Some(Frame::Mapping { values, spans, key, .. }) => match key.take() {
                None => *key = Some(node),
                Some(key) if key.merges => merge(values, spans, node)?,
                Some(key) => {
                    let name = key_text(&key, &node.value)?;
                    let mut places = node.spans;
                    places.key = Some(key.spans.start);
                    spans.insert(name.clone(), places);
                    values.insert(name, node.value);
                }
            },
        }
        Ok(())
    }
}

/// `<<`: the fields of a mapping, or of several, the first of which wins. They replace what stands before them.
fn merge(
    values: &mut Map<String, Value>,
    spans: &mut BTreeMap<String, Spans>,
    node: Node,
) -> Result<(), ManifestError> {
    let start = node.spans.start;
    let wrong =
        || ManifestError::yaml("yaml: map merge requires map or sequence of maps as the value", start);
    match node.value {
        Value::Object(fields) => {
            spans.extend(node.spans.fields);
            values.extend(fields);
        }
        Value::Array(items) => {
            for (value, places) in items.into_iter().zip(node.spans.items).rev() {
                let Value::Object(fields) = value else { return Err(wrong()) };
                spans.extend(places.fields);
                values.extend(fields);
            }
        }
        _ => return Err(wrong()),
    }
    Ok(())
}

/// JSON's keys are texts: `yes: 1` is the key `true`.
fn key_text(key: &Node, value: &Value) -> Result<String, ManifestError> {
    let message = match &key.value {
        Value::String(text) => return Ok(text.clone()),
        Value::Bool(truth) => return Ok(truth.to_string()),
        Value::Number(number) if number.is_f64() => {
            return Ok(format_go_float(number.as_f64().unwrap_or_default(), 21));
        }
        Value::Number(number) => return Ok(number.to_string()),
        Value::Null => {
            format!("unsupported map key of type: %!s(<nil>), key: <nil>, value: {}", go_syntax(value))
        }
        key => format!("yaml: invalid map key: {}", go_syntax(key)),
    };
    Err(ManifestError::yaml(&message, key.spans.start))
}

/// A value as Go's `%#v` shows it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(key, value)| format!("{key:?}:{}", go_syntax(value))).collect();
            format!("map[interface {{}}]interface {{}}{{{}}}", fields.join(", "))
        }
        plain => plain.to_string(),
    }
}

fn count_values(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count_values).sum(),
        Value::Object(fields) => fields.values().map(count_values).sum(),
        _ => 0,
    }
}

fn scalar_value(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    start: Position,
) -> Result<Value, ManifestError> {
    let core = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
    let plain = style == ScalarStyle::Plain;
    match (tag, core) {
        (Some(_), None | Some("str")) => return Ok(Value::from(text)),
        (Some(_), Some("binary")) => return decode_binary(text, start),
        (None, _) if !plain => return Ok(Value::from(text)),
        _ => {}
    }
    let scalar = resolve(text);
    let found = match (core, scalar) {
        (None, scalar) => scalar,
        (Some("int"), Scalar::Integer(_) | Scalar::Unsigned(_)) => scalar,
        (Some("float"), Scalar::Float(_)) => scalar,
        (Some("float"), Scalar::Integer(number)) => Scalar::Float(number as f64),
        (Some("bool"), Scalar::Bool(_)) | (Some("null"), Scalar::Null) => scalar,
        (Some("timestamp"), Scalar::Timestamp) => scalar,
        (Some(wanted @ ("int" | "float" | "bool" | "null" | "timestamp")), scalar) => {
            let message = format!("yaml: cannot decode !!{} `{text}` as a !!{wanted}", tag_of(scalar));
            return Err(ManifestError::yaml(&message, start));
        }
        (Some(_), _) => Scalar::Text,
    };
    Ok(match found {
        Scalar::Null => Value::Null,
        Scalar::Bool(truth) => Value::from(truth),
        Scalar::Integer(number) => Value::from(number),
        Scalar::Unsigned(number) => Value::from(number as f64),
        Scalar::Float(float) if float.is_finite() => float_value(float),
        Scalar::Float(float) => {
            let name = if float.is_nan() {
                "NaN"
            } else if float > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            return Err(ManifestError::yaml(&format!("json: unsupported value: {name}"), start));
        }
        Scalar::Timestamp | Scalar::Text => Value::from(text),
    })
}

fn tag_of(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Null => "null",
        Scalar::Bool(_) => "bool",
        Scalar::Integer(_) | Scalar::Unsigned(_) => "int",
        Scalar::Float(_) => "float",
        Scalar::Timestamp => "timestamp",
        Scalar::Text => "str",
    }
}

fn decode_binary(text: &str, start: Position) -> Result<Value, ManifestError> {
    use base64::Engine;
    let compact: String = text.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(compact)
        .map_err(|_| ManifestError::yaml("yaml: !!binary value contains invalid base64 data", start))?;
    Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned()))
}
