//! From the recorded OpenAPI documents to the one compact file that `model::schema` reads.
//!
//! A line `@NAME [atomic] [GROUP/VERSION/KIND]` opens a type; each of its fields follows as `NAME SHAPE FLAG...`:
//!
//! | shape | | flag | |
//! |---|---|---|---|
//! | `s` `b` `i` `l` `d` `y` | string, boolean, int32, int64, double, bytes | `!` | required |
//! | `t` `u` `q` `x` `*` | time, micro time, quantity, int or string, anything | `=JSON` | default |
//! | `#N` | the N-th type of the file | `LM:a,b` `LS` `LA` | list that is a map by keys, a set, atomic |
//! | `[]SHAPE` `{}SHAPE` | list, map | `A` | atomic map |
//! | | | `K:key` | merge key of a strategic patch |
//! | | | `P:merge,retainKeys` | its strategy |
//! | | | `E:a,b` | the values it may have |

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

/// Types that are no structs to us.
const SPECIAL: [(&str, &str); 11] = [
    ("io.k8s.apimachinery.pkg.apis.meta.v1.Time", "t"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", "u"),
    ("io.k8s.apimachinery.pkg.api.resource.Quantity", "q"),
    ("io.k8s.apimachinery.pkg.util.intstr.IntOrString", "x"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", "*"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.Patch", "*"),
    ("io.k8s.apimachinery.pkg.runtime.RawExtension", "*"),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON", "*"),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray", "*"),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool", "*"),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray", "*"),
];

/// Writes `core/model/data/schema.txt` anew from `tests/truth/api/openapi`.
pub fn write_schema() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = generate_schema(&root.join("tests/truth/api/openapi"))?;
    let target = root.join("core/model/data/schema.txt");
    std::fs::write(&target, text).map_err(|error| format!("{}: {error}", target.display()))
}

/// The text of `core/model/data/schema.txt`, from the folder of recorded OpenAPI v3 documents.
pub fn generate_schema(openapi: &Path) -> Result<String, String> {
    let schemas = read_schemas(openapi)?;
    let names: Vec<&str> = schemas
        .keys()
        .map(String::as_str)
        .filter(|name| !SPECIAL.iter().any(|(special, _)| special == name))
        .collect();
    let index: BTreeMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    let mut text = String::new();
    for name in &names {
        write_type(&mut text, name, &schemas[*name], &index)?;
    }
    Ok(text)
}

fn read_schemas(openapi: &Path) -> Result<BTreeMap<String, Value>, String> {
    let explain = |error: &dyn std::fmt::Display| format!("{}: {error}", openapi.display());
    let mut schemas = BTreeMap::new();
    for entry in std::fs::read_dir(openapi).map_err(|error| explain(&error))? {
        let path = entry.map_err(|error| explain(&error))?.path();
        if path.extension().is_none_or(|extension| extension != "json") || path.ends_with("index.json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).map_err(|error| explain(&error))?;
        let document: Value = serde_json::from_str(&text).map_err(|error| explain(&error))?;
        for (name, schema) in document["schemas"].as_object().into_iter().flatten() {
            schemas.insert(name.clone(), schema.clone());
        }
    }
    Ok(schemas)
}

fn write_type(
    text: &mut String,
    name: &str,
    schema: &Value,
    index: &BTreeMap<&str, usize>,
) -> Result<(), String> {
    let _ = write!(text, "@{name}");
    if schema["x-kubernetes-map-type"] == "atomic" {
        text.push_str(" atomic");
    }
    // Types that every group shares (DeleteOptions, WatchEvent) are the type of no kind.
    if let Some([kind]) = schema["x-kubernetes-group-version-kind"].as_array().map(Vec::as_slice) {
        let part = |key: &str| kind[key].as_str().unwrap_or_default();
        let _ = write!(text, " {}/{}/{}", part("group"), part("version"), part("kind"));
    }
    text.push('\n');
    let required: Vec<&Value> = schema["required"].as_array().into_iter().flatten().collect();
    for (field, property) in schema["properties"].as_object().into_iter().flatten() {
        let shape = shape(property, index).map_err(|why| format!("{name}.{field}: {why}"))?;
        let _ = write!(text, "{field} {shape}");
        if required.iter().any(|required| *required == field) {
            text.push_str(" !");
        }
        write_flags(text, property);
        text.push('\n');
    }
    Ok(())
}

fn shape(property: &Value, index: &BTreeMap<&str, usize>) -> Result<String, String> {
    let reference = property["$ref"].as_str().or_else(|| property["allOf"][0]["$ref"].as_str());
    if let Some(reference) = reference {
        let name = reference.rsplit('/').next().unwrap_or_default();
        if let Some((_, letter)) = SPECIAL.iter().find(|(special, _)| *special == name) {
            return Ok((*letter).to_owned());
        }
        return index.get(name).map(|at| format!("#{at}")).ok_or_else(|| format!("no type {name}"));
    }
    let word = |key: &str| property[key].as_str().unwrap_or_default();
    Ok(match (word("type"), word("format")) {
        ("array", _) => format!("[]{}", shape(&property["items"], index)?),
        ("object", _) if property["additionalProperties"].is_object() => {
            format!("{{}}{}", shape(&property["additionalProperties"], index)?)
        }
        ("object", _) => "*".to_owned(),
        ("string", "byte") => "y".to_owned(),
        ("string", _) => "s".to_owned(),
        ("boolean", _) => "b".to_owned(),
        ("integer", "int32") => "i".to_owned(),
        ("integer", _) => "l".to_owned(),
        ("number", _) => "d".to_owned(),
        (kind, format) => return Err(format!("type {kind:?} of format {format:?}")),
    })
}

fn write_flags(text: &mut String, property: &Value) {
    let words = |value: &Value| -> String {
        let words: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        words.join(",")
    };
    let default = &property["default"];
    if !default.is_null() {
        let _ = write!(text, " ={default}");
    }
    match property["x-kubernetes-list-type"].as_str() {
        Some("map") => {
            let _ = write!(text, " LM:{}", words(&property["x-kubernetes-list-map-keys"]));
        }
        Some("set") => text.push_str(" LS"),
        Some("atomic") => text.push_str(" LA"),
        _ => {}
    }
    if property["x-kubernetes-map-type"] == "atomic" {
        text.push_str(" A");
    }
    if let Some(key) = property["x-kubernetes-patch-merge-key"].as_str() {
        let _ = write!(text, " K:{key}");
    }
    if let Some(strategy) = property["x-kubernetes-patch-strategy"].as_str() {
        let _ = write!(text, " P:{strategy}");
    }
    if property["enum"].is_array() {
        let _ = write!(text, " E:{}", words(&property["enum"]));
    }
}
