//! ConfigMaps and Secrets.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};

use super::error::ErrorList;
use super::names;
use super::path::Path;
use super::text;
use crate::metadata::Metadata;

const BYTES_MAX: usize = 1024 * 1024;
const IMMUTABLE: &str = "field is immutable when `immutable` is set";
const ACCOUNT_ANNOTATION: &str = "kubernetes.io/service-account.name";

/// A ConfigMap.
pub fn config_map(config: &ConfigMap, errors: &mut ErrorList) {
    let none = BTreeMap::new();
    let binary = config.binary_data.as_ref().unwrap_or(&none);
    let mut size = 0;
    for (key, value) in config.data.iter().flatten() {
        let field = Path::root("data");
        let at = field.entry("", key);
        errors.problems(&at, key, names::config_key_problems(key));
        if binary.contains_key(key) {
            errors.invalid(&at, key, "duplicate of key present in binaryData");
        }
        size += value.len();
    }
    for (key, value) in binary {
        let field = Path::root("binaryData");
        errors.problems(&field.entry("", key), key, names::config_key_problems(key));
        size += value.0.len();
    }
    if size > BYTES_MAX {
        errors.too_long(&Path::whole(), BYTES_MAX);
    }
}

/// What may not change of a ConfigMap.
pub fn config_map_update(new: &ConfigMap, old: &ConfigMap, errors: &mut ErrorList) {
    if old.immutable != Some(true) {
        return;
    }
    if new.immutable != Some(true) {
        errors.forbidden(&Path::root("immutable"), IMMUTABLE);
    }
    if !same(&new.data, &old.data) {
        errors.forbidden(&Path::root("data"), IMMUTABLE);
    }
    if !same(&new.binary_data, &old.binary_data) {
        errors.forbidden(&Path::root("binaryData"), IMMUTABLE);
    }
}

fn same<V: PartialEq>(a: &Option<BTreeMap<String, V>>, b: &Option<BTreeMap<String, V>>) -> bool {
    let empty = |map: &Option<BTreeMap<String, V>>| map.as_ref().is_none_or(BTreeMap::is_empty);
    a == b || empty(a) && empty(b)
}

/// A Secret and what its type demands.
pub fn secret(meta: &Metadata, secret: &Secret, errors: &mut ErrorList) {
    let none = BTreeMap::new();
    let data = secret.data.as_ref().unwrap_or(&none);
    let field = Path::root("data");
    let mut size = 0;
    for (key, value) in data {
        errors.problems(&field.entry("", key), key, names::config_key_problems(key));
        size += value.0.len();
    }
    if size > BYTES_MAX {
        errors.too_long(&field, BYTES_MAX);
    }
    match text(&secret.type_) {
        "kubernetes.io/service-account-token" => {
            let account = meta.annotations.get(ACCOUNT_ANNOTATION);
            let path = Path::root("metadata");
            require(
                account.is_some_and(|name| !name.is_empty()),
                &path.entry("annotations", ACCOUNT_ANNOTATION),
                errors,
            );
        }
        "kubernetes.io/dockercfg" => json(data, ".dockercfg", &field, errors),
        "kubernetes.io/dockerconfigjson" => json(data, ".dockerconfigjson", &field, errors),
        "kubernetes.io/basic-auth" => {
            let either = data.contains_key("username") || data.contains_key("password");
            require(either, &field.entry("", "username"), errors);
            require(either, &field.entry("", "password"), errors);
        }
        "kubernetes.io/ssh-auth" => {
            let given = data.get("ssh-privatekey").is_some_and(|key| !key.0.is_empty());
            require(given, &field.entry("", "ssh-privatekey"), errors);
        }
        "kubernetes.io/tls" => {
            for key in ["tls.crt", "tls.key"] {
                require(data.contains_key(key), &field.entry("", key), errors);
            }
        }
        _ => {}
    }
}

fn require(given: bool, path: &Path<'_>, errors: &mut ErrorList) {
    if !given {
        errors.required(path, "");
    }
}

fn json(data: &BTreeMap<String, ByteString>, key: &str, field: &Path<'_>, errors: &mut ErrorList) {
    let at = field.entry("", key);
    let Some(value) = data.get(key) else {
        errors.required(&at, "");
        return;
    };
    let read = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&value.0);
    if read.is_err() {
        errors.invalid(&at, "<secret contents redacted>", go_json_error(&value.0));
    }
}

/// What Go's decoder says of text that is no JSON object.
fn go_json_error(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    match crate::manifest::read_json(&text) {
        Ok(_) => "json: cannot unmarshal value into Go value of type map[string]interface {}".to_owned(),
        Err(error) if error.message.contains("EOF") => "unexpected end of JSON input".to_owned(),
        // The place is not said.
        Err(error) => error.message.rsplit(": ").next().unwrap_or_default().to_owned(),
    }
}

/// What may not change of a Secret.
pub fn secret_update(new: &Secret, old: &Secret, errors: &mut ErrorList) {
    if new.type_ != old.type_ {
        errors.invalid(&Path::root("type"), text(&new.type_), "field is immutable");
    }
    if old.immutable != Some(true) {
        return;
    }
    if new.immutable != Some(true) {
        errors.forbidden(&Path::root("immutable"), IMMUTABLE);
    }
    if !same(&new.data, &old.data) {
        errors.forbidden(&Path::root("data"), IMMUTABLE);
    }
}
