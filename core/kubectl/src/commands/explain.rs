//! `kubectl explain`: headings and typed fields from the schema. Descriptions are not part of this program.

use model::schema::{Field, Schema, Shape, TypeId};

use crate::failure::{Failure, client};
use crate::flags::Flags;
use crate::resources;
use crate::session::{Flow, Outcome, Session};

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
    if !path.is_empty() {
        let mut at = Some(root);
        let mut field = None;
        for name in &path {
            field = at.and_then(|id| schema.type_of(id).field(name));
            let Some(found) = field else {
                session.io.out(&text);
                let last = path.last().copied().unwrap_or_default();
                return Err(client(format!("field \"{last}\" does not exist")));
            };
            at = found.shape.struct_type();
        }
        if let Some(field) = field {
            text.push_str(&format!("FIELD: {} <{}>\n", field.name, shape_of(schema, field)));
            text.push_str(&values(field, 0));
            text.push('\n');
        }
        shown = at;
    }
    text.push_str("DESCRIPTION:\n    <empty>\n");
    if let Some(id) = shown {
        text.push_str("    \nFIELDS:\n");
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

fn values(field: &Field, depth: usize) -> String {
    if field.values.is_empty() {
        return String::new();
    }
    let indent = "  ".repeat(depth);
    if depth == 0 {
        return format!(
            "ENUM:\n{}",
            field.values.iter().map(|value| format!("    {value}\n")).collect::<String>()
        );
    }
    format!("{indent}enum: {}\n", field.values.join(", "))
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
        text.push_str(&values(field, depth));
        if !recursive {
            text.push_str(&format!("{indent}  <no description>\n\n"));
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
