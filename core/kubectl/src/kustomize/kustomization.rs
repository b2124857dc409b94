//! The file that says what is to be put together.

use model::manifest;
use serde_json::Value;

use crate::failure::{Result, client};

/// Fields that a kustomization may have.
const FIELDS: &[&str] = &[
    "apiVersion",
    "bases",
    "buildMetadata",
    "commonAnnotations",
    "commonLabels",
    "components",
    "configMapGenerator",
    "configurations",
    "crds",
    "generatorOptions",
    "generators",
    "helmCharts",
    "helmGlobals",
    "images",
    "kind",
    "labels",
    "metadata",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "openapi",
    "patches",
    "patchesJson6902",
    "patchesStrategicMerge",
    "replacements",
    "replicas",
    "resources",
    "secretGenerator",
    "sortOptions",
    "transformers",
    "validators",
    "vars",
];

/// Fields that do nothing here: refused if they say anything.
const UNSUPPORTED: &[&str] = &[
    "buildMetadata",
    "configurations",
    "crds",
    "generators",
    "helmCharts",
    "helmGlobals",
    "openapi",
    "transformers",
    "validators",
    "vars",
];

/// Fields that have gone out of use, and what takes their place.
const DEPRECATED: &[(&str, &str)] = &[
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
];

/// What the file says.
#[derive(Debug)]
pub(super) struct Kustomization(Value);

impl Kustomization {
    pub(super) fn parse(text: &str, root: &str) -> Result<Self> {
        let value = manifest::read_value(text).map_err(|error| {
            let why = error.message.trim_start_matches("error converting YAML to JSON: ");
            client(format!("invalid Kustomization: {why}"))
        })?;
        let Some(fields) = value.as_object() else {
            return Err(client("invalid Kustomization: json: cannot unmarshal into a Kustomization"));
        };
        if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return Err(client(format!("invalid Kustomization: json: unknown field {unknown:?}")));
        }
        if !matches!(value["kind"].as_str(), None | Some("" | "Kustomization" | "Component")) {
            return Err(client(format!(
                "Failed to read kustomization file under {root}:\nkind should be Kustomization or Component"
            )));
        }
        let says = |name: &&&str| match &value[**name] {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            _ => true,
        };
        if let Some(name) = UNSUPPORTED.iter().find(says) {
            return Err(client(format!("{name} of a kustomization is not supported in this cluster yet")));
        }
        Ok(Self(value))
    }

    /// What is said of fields that have gone out of use.
    pub(super) fn warnings(&self) -> Vec<String> {
        let given = DEPRECATED.iter().filter(|(name, _)| !self.0[*name].is_null());
        given
            .map(|(name, instead)| {
                format!(
                    "# Warning: '{name}' is deprecated. Please use '{instead}' instead. Run 'kustomize edit fix' to update your Kustomization automatically."
                )
            })
            .collect()
    }

    pub(super) fn is_component(&self) -> bool {
        self.0["kind"] == "Component"
    }

    /// Whether the objects stay in the order in which they came.
    pub(super) fn keeps_order(&self) -> bool {
        self.0["sortOptions"]["order"] == "fifo"
    }

    /// The texts of these lists, one after the other.
    pub(super) fn paths(&self, names: &[&str]) -> Vec<String> {
        let lists = names.iter().flat_map(|name| self.list(name));
        lists.filter_map(|entry| entry.as_str().map(str::to_owned)).collect()
    }

    /// A field.
    pub(super) fn get(&self, name: &str) -> &Value {
        &self.0[name]
    }

    /// A field's text.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    /// A field's list.
    pub(super) fn list(&self, name: &str) -> &[Value] {
        self.0[name].as_array().map_or(&[], Vec::as_slice)
    }
}
