//! `-o`: the forms in which kubectl prints objects.

pub mod columns;
pub mod go_template;
pub mod go_value;
pub mod sort;
pub mod table;
pub mod typed_json;

use model::{Kind, manifest};
use serde_json::{Value, json};
use shell::Io;

use crate::failure::{Failure, Result, client};
use crate::flags::Flags;
use crate::paths;
use crate::session::Session;
use crate::text::go_error;

/// A form.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Format {
    /// Columns, as the server makes them.
    Table {
        /// With those that `-o wide` adds.
        wide: bool,
    },
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// JSON of an object that a generator made.
    TypedJson,
    /// `pod/web`.
    Name,
    /// A JSONPath template.
    JsonPath {
        /// Its text.
        path: String,
        /// Whether a missing field is an error.
        strict: bool,
    },
    /// What a JSONPath finds, as JSON.
    JsonPathAsJson(String),
    /// Columns of one's own: heading and path.
    Columns(Vec<(String, String)>),
    /// A Go template.
    GoTemplate {
        /// Its text.
        template: String,
        /// Whether a missing key is an error.
        strict: bool,
    },
}

const ALWAYS: &[&str] = &[
    "go-template",
    "go-template-file",
    "json",
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "name",
    "template",
    "templatefile",
    "yaml",
];
const WITH_COLUMNS: &[&str] = &[
    "custom-columns",
    "custom-columns-file",
    "go-template",
    "go-template-file",
    "json",
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "name",
    "template",
    "templatefile",
    "wide",
    "yaml",
];

impl Format {
    /// The form that `-o` and `--template` ask for; none if they are silent.
    ///
    /// # Errors
    /// If there is no such form, or what it needs is missing or wrong.
    pub fn of(session: &mut Session<'_, '_>, flags: &Flags, with_columns: bool) -> Result<Option<Self>> {
        Self::read(session.io, flags, with_columns)
    }

    /// The same for a command that needs no cluster.
    ///
    /// # Errors
    /// If there is no such form, or what it needs is missing or wrong.
    pub fn read(io: &mut Io<'_>, flags: &Flags, with_columns: bool) -> Result<Option<Self>> {
        let strict = flags.knows("allow-missing-template-keys") && !flags.on("allow-missing-template-keys");
        let json_path = |path: String| paths::template(&path).map(|_| Self::JsonPath { path, strict });
        let go_template = |template: String| {
            go_template::Template::parse(&template).map(|_| Self::GoTemplate { template, strict })
        };
        let text = flags.text("output");
        let template = if flags.knows("template") { flags.text("template") } else { "" };
        let (name, argument) = match text.split_once('=') {
            Some((name, argument)) => (name, argument),
            None => (text, template),
        };
        let allowed = if with_columns { WITH_COLUMNS } else { ALWAYS };
        if name.is_empty() && template.is_empty() {
            return Ok(None);
        }
        let name = if name.is_empty() { "go-template" } else { name };
        if !allowed.contains(&name) {
            return Err(client(format!(
                "unable to match a printer suitable for the output format \"{text}\", allowed formats are: {}",
                allowed.join(",")
            )));
        }
        let mut file = |path: &str| -> Result<String> {
            let bytes = io.read_file(path).map_err(|error| {
                // The columns' own reader says it a little otherwise.
                let what = if name == "custom-columns-file" { "template" } else { "--template" };
                client(format!("error reading {what} {path}, open {path}: {}", go_error(error)))
            })?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let needed = |argument: &str| match argument {
            "" => Err(client("template format specified but no template given")),
            argument => Ok(argument.to_owned()),
        };
        Ok(Some(match name {
            "wide" => Self::Table { wide: true },
            "yaml" => Self::Yaml,
            "json" => Self::Json,
            "name" => Self::Name,
            "jsonpath" => json_path(needed(argument)?)?,
            "jsonpath-file" => json_path(file(&needed(argument)?)?)?,
            "jsonpath-as-json" => Self::JsonPathAsJson(checked_path(needed(argument)?)?),
            "custom-columns" => Self::Columns(columns::parse(argument)?),
            "custom-columns-file" => Self::Columns(columns::parse_file(&file(argument)?)?),
            "go-template-file" | "templatefile" => go_template(file(&needed(argument)?)?)?,
            _ => go_template(needed(argument)?)?,
        }))
    }

    /// The same form for objects that a generator made.
    #[must_use]
    pub fn typed(self) -> Self {
        if self == Self::Json { Self::TypedJson } else { self }
    }

    /// Prints one tree. `printed` counts what was printed before, for YAML's separators.
    ///
    /// # Errors
    /// If a template cannot be used.
    pub fn print(&self, value: &Value, printed: usize) -> Result<String> {
        Ok(match self {
            Self::Yaml if printed > 0 => format!("---\n{}", manifest::to_yaml(value)),
            Self::Yaml => manifest::to_yaml(value),
            Self::Json => manifest::to_json(value),
            Self::TypedJson => typed_json::print(value),
            Self::Name => format!("{}\n", name_of(value)),
            Self::JsonPath { path, strict } => paths::render(path, value, *strict)?,
            Self::JsonPathAsJson(path) => {
                manifest::to_json(&Value::Array(paths::find(&paths::template(path)?, value)?))
            }
            Self::Columns(columns) => columns::print(columns, std::slice::from_ref(value), true)?,
            Self::GoTemplate { template, strict } => go_template::Template::parse(template)?
                .render(value, *strict)
                .map_err(|(printed, failure)| Failure::Printed(printed, Box::new(failure)))?,
            Self::Table { .. } => String::new(),
        })
    }
}

fn checked_path(path: String) -> Result<String> {
    paths::template(&path).map(|_| path)
}

/// `deployment.apps/web`, of any tree that has a kind and a name.
pub fn name_of(value: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (version, kind, name) =
        (text(&value["apiVersion"]), text(&value["kind"]), text(&value["metadata"]["name"]));
    if let Some(kind) = Kind::from_api(&version, &kind) {
        return crate::resources::kind_and_name(kind, &name);
    }
    let group = version.split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
    format!("{}{group}/{name}", kind.to_lowercase())
}

/// Trees as the `List` that stands for several.
#[must_use]
pub fn list_of(items: &[Value]) -> Value {
    json!({ "apiVersion": "v1", "items": items, "kind": "List", "metadata": { "resourceVersion": "" } })
}
