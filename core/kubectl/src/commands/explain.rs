//! `kubectl explain`: headings, typed fields and, where the host has them, descriptions, all from the schema.

use model::schema::{Field, Schema, Shape, TypeId};

use crate::failure::{Failure, client};
use crate::flags::Flags;
use crate::resources;
use crate::session::{Flow, Outcome, Session};

/// Texts are broken so that no line is longer, if its words allow.
const LINE_CHARACTERS: usize = 80;
/// How far texts stand from the left.
const INDENT: usize = 4;
/// Of more values than these, lists of fields name only the first.
const VALUES_SHOWN: usize = 4;

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    match flags.text("output") {
        "" | "plaintext" => {}
        "plaintext-openapiv2" => crate::session::refuse(flags, &["output"])?,
        other => return Err(client(format!("unrecognized format: {other}"))),
    }
    let [subject] = flags.args.as_slice() else {
        return Err(client(if flags.args.is_empty() {
            "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources."
        } else {
            "We accept only this format: explain RESOURCE"
        }));
    };
    let mut parts = subject.split('.');
    let kind = resources::kind_of(parts.next().unwrap_or_default()).map_err(|failure| match failure {
        Failure::Client(text) => Failure::Plain(text),
        other => other,
    })?;
    let path: Vec<&str> = parts.collect();
    let info = kind.info();
    let version = flags.text("api-version");
    if !version.is_empty() && version != info.api_version() {
        let slash = if version.contains('/') { "" } else { "/" };
        return Err(client(format!(
            "couldn't find resource for \"{slash}{version}, Resource={}\"",
            info.plural
        )));
    }
    let schema = Schema::get();
    let Some(root) = schema.of_kind(info.group, info.version, info.name) else {
        return Err(client(format!("couldn't find resource for \"{}\"", info.resource())));
    };
    let mut text = String::new();
    if !info.group.is_empty() {
        text.push_str(&format!("GROUP:      {}\n", info.group));
    }
    text.push_str(&format!("KIND:       {}\nVERSION:    {}\n\n", info.name, info.version));
    let mut shown = Some(root);
    let mut said = schema.description(root);
    if !path.is_empty() {
        let mut at = Some(root);
        let mut found = None;
        for name in &path {
            found = at.and_then(|id| Some((id, schema.type_of(id).field(name)?)));
            let Some((_, field)) = found else {
                session.io.out(&text);
                let last = path.last().copied().unwrap_or_default();
                return Err(client(format!("field \"{last}\" does not exist")));
            };
            at = field.shape.struct_type();
        }
        if let Some((id, field)) = found {
            text.push_str(&format!("FIELD: {} <{}>\n", field.name, shape_of(schema, field)));
            text.push_str(&all_values(field));
            text.push('\n');
            let texts = [schema.field_description(id, field), schema.value_description(field)];
            said = texts.into_iter().flatten().reduce(|own, of_type| format!("{own}\n{of_type}"));
        }
        shown = at;
    }
    text.push_str("DESCRIPTION:\n");
    text.push_str(&said.map_or_else(|| "    <empty>\n".to_owned(), |said| wrapped(&said)));
    text.push_str("    \n");
    if let Some(id) = shown {
        text.push_str("FIELDS:\n");
        fields(schema, id, 1, flags.on("recursive"), &mut Vec::new(), &mut text);
    }
    text.push('\n');
    session.io.out(&text);
    Ok(Flow::Done)
}

/// Times are texts, and one field alone is of any shape but has a type's name.
fn shape_of(schema: &Schema, field: &Field) -> String {
    match (&field.shape, field.name) {
        (Shape::Time | Shape::MicroTime, _) => "string".to_owned(),
        (Shape::Any, "fieldsV1") => "FieldsV1".to_owned(),
        (shape, _) => schema.explain_name(shape),
    }
}

fn required(field: &Field) -> &'static str {
    if field.required { " -required-" } else { "" }
}

/// The values that a field may have, one a line.
fn all_values(field: &Field) -> String {
    if field.values.is_empty() {
        return "\n".to_owned();
    }
    let lines: String = field.values.iter().map(|value| format!("    {}\n", shown_value(value))).collect();
    format!("ENUM:\n{lines}")
}

/// The first of them, on one line.
fn first_values(field: &Field, indent: &str) -> String {
    if field.values.is_empty() {
        return String::new();
    }
    let mut words: Vec<&str> = field.values.iter().map(|value| shown_value(value)).collect();
    if words.len() > VALUES_SHOWN {
        words.truncate(VALUES_SHOWN);
        words.push("....");
    }
    format!("{indent}enum: {}\n", words.join(", "))
}

fn shown_value(value: &str) -> &str {
    if value.is_empty() { "\"\"" } else { value }
}

/// A text as indented lines. Blanks between words stay as they are, except where a line ends.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    for line in text.split('\n') {
        let mut current = String::new();
        let mut rest = line;
        while !rest.is_empty() {
            let word = rest.len() - rest.trim_start().len();
            let end = rest[word..].find(char::is_whitespace).map_or(rest.len(), |length| word + length);
            let (piece, behind) = rest.split_at(end);
            let is_full = current.chars().count() + piece.chars().count() > LINE_CHARACTERS - INDENT;
            if is_full && !current.is_empty() {
                push_line(&mut lines, &current);
                current.clear();
            }
            current.push_str(if current.is_empty() && is_full { piece.trim_start() } else { piece });
            rest = behind;
        }
        push_line(&mut lines, &current);
    }
    lines
}

fn push_line(lines: &mut String, line: &str) {
    lines.push_str(&format!("{:INDENT$}{line}\n", ""));
}

fn fields(
    schema: &Schema,
    id: TypeId,
    depth: usize,
    recursive: bool,
    above: &mut Vec<TypeId>,
    text: &mut String,
) {
    let indent = "  ".repeat(depth);
    for field in &schema.type_of(id).fields {
        let shape = shape_of(schema, field);
        text.push_str(&format!("{indent}{}\t<{shape}>{}\n", field.name, required(field)));
        text.push_str(&first_values(field, &indent));
        if !recursive {
            let said = schema.field_description(id, field);
            text.push_str(
                &said.map_or_else(|| format!("{indent}  <no description>\n"), |said| wrapped(&said)),
            );
            text.push('\n');
            continue;
        }
        if let Some(inner) = field.shape.struct_type()
            && !above.contains(&inner)
        {
            above.push(inner);
            fields(schema, inner, depth + 1, recursive, above, text);
            above.pop();
        }
    }
}
