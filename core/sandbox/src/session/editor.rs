//! What is said of a manifest while it is being typed: mistakes at their line, what could come next, what a field is.

use apiserver::decode::{self, FieldValidation};
use model::manifest::{self, Document, Position, Step, parse_path};
use model::schema::{Field, ProblemKind, Schema, TypeId};
use model::{Kind, defaults, validation};
use protocol::{CompletionItem, Diagnostic, HoverView, Severity};
use serde_json::Value;

/// Every mistake in a manifest.
pub(super) fn check(text: &str) -> Vec<Diagnostic> {
    let read = manifest::read(text);
    let mut found: Vec<Diagnostic> =
        read.documents.iter().flat_map(|document| check_document(text, document)).collect();
    if let Some(error) = read.error {
        found.push(diagnostic(text, error.position, Severity::Error, &error.to_string()));
    }
    found
}

fn check_document(text: &str, document: &Document) -> Vec<Diagnostic> {
    let word = |name: &str| document.value.get(name).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind_name) = (word("apiVersion"), word("kind"));
    let at = |steps: &[Step]| document.spans.nearest(steps).anchor();
    let say = |steps: &[Step], severity, message: &str| diagnostic(text, at(steps), severity, message);
    let Some(root) = Schema::get().of_object(api_version, kind_name) else {
        let message = format!("no matches for kind \"{kind_name}\" in version \"{api_version}\"");
        return vec![say(&[Step::Key("kind".to_owned())], Severity::Error, &message)];
    };
    let problems = Schema::get().check(root, &document.value);
    let wrong: Vec<Diagnostic> = problems
        .iter()
        .filter(|problem| problem.kind != ProblemKind::MissingField)
        .map(|problem| say(&problem.path, Severity::Error, &problem.message))
        .collect();
    if !wrong.is_empty() {
        return wrong;
    }
    let Some(kind) = Kind::from_api(api_version, kind_name) else { return Vec::new() };
    match decode::object(kind, document.value.clone(), FieldValidation::Strict) {
        Err(status) => vec![say(&[], Severity::Error, &status.message)],
        Ok((mut object, _)) => {
            if object.metadata.namespace.is_empty() && kind.info().namespaced() {
                object.metadata_mut().namespace = "default".to_owned();
            }
            defaults::apply(&mut object);
            let errors = validation::create(&object);
            errors
                .iter()
                .map(|error| say(&parse_path(&error.field), Severity::Error, &error.to_string()))
                .collect()
        }
    }
}

/// Underlines the word at a place.
fn diagnostic(text: &str, at: Position, severity: Severity, message: &str) -> Diagnostic {
    let (line, column) = (at.line.saturating_sub(1), at.column.saturating_sub(1));
    let row: Vec<char> = text.lines().nth(line).unwrap_or_default().chars().collect();
    // What stands at blanks, or behind the row, is shown at the row's first word.
    let first = row.iter().position(|c| !c.is_whitespace()).unwrap_or(0);
    let column = if row.get(column).is_some_and(|c| !c.is_whitespace()) { column } else { first };
    let word = row.iter().skip(column).take_while(|c| !c.is_whitespace() && **c != ':').count().max(1);
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Diagnostic {
        line: number(line),
        column: number(column),
        end_column: number(column + word),
        severity,
        message: message.to_owned(),
    }
}

/// Where a line stands in a document, told by indentation, so that half-typed text has a place too.
struct Place {
    api_version: String,
    kind: String,
    /// The keys above the line.
    above: Vec<String>,
    /// The key on the line itself, as far as it is typed.
    key: String,
    /// Whether the cursor is behind the colon.
    in_value: bool,
}

fn place(text: &str, line: u32, column: u32) -> Place {
    let lines: Vec<&str> = text.lines().collect();
    let at = (line as usize).min(lines.len().saturating_sub(1));
    let first = lines[..at].iter().rposition(|row| row.trim_end() == "---").map_or(0, |index| index + 1);
    let last =
        lines[at..].iter().position(|row| row.trim_end() == "---").map_or(lines.len(), |index| at + index);
    let value_of = |name: &str| {
        let rows = lines[first..last.max(first)].iter();
        let mut found = rows.filter_map(|row| row.strip_prefix(name)?.strip_prefix(':'));
        found.next().unwrap_or_default().trim().trim_matches('"').to_owned()
    };
    let current = lines.get(at).copied().unwrap_or_default();
    let typed: String = current.chars().take(column as usize).collect();
    let (mut indent, key) = key_of(&typed);
    if current.trim().is_empty() {
        indent = column as usize;
    }
    let mut above = Vec::new();
    for row in lines[first..at].iter().rev() {
        if row.trim().is_empty() || row.trim_start().starts_with('#') {
            continue;
        }
        let (other, name) = key_of(row);
        let begins_item = row.trim_start().starts_with("- ");
        if other < indent {
            above.push(name.to_owned());
            indent = if begins_item { row.len() - row.trim_start().len() + 1 } else { other };
        }
    }
    above.reverse();
    Place {
        api_version: value_of("apiVersion"),
        kind: value_of("kind"),
        above,
        in_value: typed.contains(": "),
        key: key.to_owned(),
    }
}

/// The column at which a row's key begins (behind dashes), and the key.
fn key_of(row: &str) -> (usize, &str) {
    let mut rest = row.trim_start();
    while let Some(item) = rest.strip_prefix("- ") {
        rest = item.trim_start();
    }
    (row.len() - rest.len(), rest.split(':').next().unwrap_or_default().trim())
}

impl Place {
    fn root(&self) -> Option<TypeId> {
        Schema::get().of_object(&self.api_version, &self.kind)
    }

    fn path(&self) -> Vec<&str> {
        self.above.iter().map(String::as_str).collect()
    }
}

/// What could come at a place.
pub(super) fn complete(text: &str, line: u32, column: u32) -> Vec<CompletionItem> {
    let place = place(text, line, column);
    if place.in_value {
        return values(&place);
    }
    let Some(root) = place.root() else {
        let names = ["apiVersion", "kind", "metadata", "spec", "data"];
        return names.map(|name| item(name, &format!("{name}: "), "")).to_vec();
    };
    let fields = Schema::get().fields_at(root, &place.path()).unwrap_or_default();
    let wanted = fields.iter().filter(|field| field.name.starts_with(&place.key));
    wanted.map(|field| item(field.name, &insertion(field), &described(field))).collect()
}

fn values(place: &Place) -> Vec<CompletionItem> {
    if place.above.is_empty() && matches!(place.key.as_str(), "kind" | "apiVersion") {
        // What the one says already rules out most of the other.
        let asks_kind = place.key == "kind";
        let fits = |kind: &Kind| {
            let info = kind.info();
            if asks_kind { info.api_version() == place.api_version } else { info.name == place.kind }
        };
        let word = |kind: Kind| {
            let info = kind.info();
            if asks_kind { info.name.to_owned() } else { info.api_version() }
        };
        let mut words: Vec<String> = Kind::all().filter(fits).map(word).collect();
        if words.is_empty() {
            words.extend(Kind::all().map(word));
        }
        words.sort();
        words.dedup();
        return words.iter().map(|word| item(word, word, "")).collect();
    }
    let mut path = place.path();
    path.push(&place.key);
    let field = place.root().and_then(|root| Schema::get().field_at(root, &path));
    field.map(|field| field.values.iter().map(|value| item(value, value, "")).collect()).unwrap_or_default()
}

fn item(label: &str, insert: &str, detail: &str) -> CompletionItem {
    CompletionItem { label: label.to_owned(), insert: insert.to_owned(), detail: detail.to_owned() }
}

fn insertion(field: &Field) -> String {
    let opens = field.shape.struct_type().is_some();
    if opens { format!("{}:", field.name) } else { format!("{}: ", field.name) }
}

fn described(field: &Field) -> String {
    let required = if field.required && field.default.is_none() { " -required-" } else { "" };
    format!("<{}>{required}", Schema::get().explain_name(&field.shape))
}

/// What the field on a line is.
pub(super) fn hover(text: &str, line: u32, column: u32) -> Option<HoverView> {
    let row = text.lines().nth(line as usize)?;
    let (_, key) = key_of(row);
    let place = place(text, line, column.max(u32::try_from(row.len()).unwrap_or(u32::MAX)));
    let mut path = place.path();
    path.push(key);
    let (owner, field) = Schema::get().owner_and_field_at(place.root()?, &path)?;
    Some(HoverView {
        path: format!("{}.{}", place.kind.to_lowercase(), path.join(".")),
        field_type: described(field),
        description: Schema::get().field_description(owner, field).unwrap_or_default(),
    })
}
