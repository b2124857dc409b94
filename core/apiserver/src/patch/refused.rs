//! Why a patch, or what it makes of an object, is refused, in the server's words.

use model::manifest::Step;
use model::patch::{PatchError, go_value};
use model::schema::{ProblemKind, Schema};
use model::status::{Cause, Details};
use model::validation::{ErrorList, Path};
use model::{Kind, Object, Reason, Status, status::Result};
use serde_json::Value;

use super::Target;
use crate::options::PatchKind;

/// Which operation failed and why is not said.
pub(super) fn json_patch_refused(_: &PatchError) -> Status {
    Status::new(Reason::Invalid, "the server rejected our request due to an error in our request")
}

/// A patch has to be of its kind's form; `null` changes nothing.
pub(super) fn check_form(patch_kind: PatchKind, patch: &Value) -> Result<()> {
    let found = match patch {
        Value::Null if patch_kind == PatchKind::Merge => {
            return Err(Status::bad_request("Invalid JSON Patch"));
        }
        Value::Null => return Ok(()),
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let refuse = |prefix: &str, found: &str, wanted: &str| {
        Err(Status::bad_request(format!(
            "{prefix}json: cannot unmarshal {found} into Go value of type {wanted}"
        )))
    };
    let decoding = "error decoding patch: ";
    match (patch_kind, patch) {
        (PatchKind::Json, Value::Array(operations)) => match operations.iter().find(|one| !one.is_object()) {
            Some(Value::String(_)) => refuse(decoding, "string", "handlers.jsonPatchOp"),
            Some(Value::Array(_)) => refuse(decoding, "array", "handlers.jsonPatchOp"),
            Some(Value::Bool(_)) => refuse(decoding, "bool", "handlers.jsonPatchOp"),
            Some(Value::Number(_)) => refuse(decoding, "number", "handlers.jsonPatchOp"),
            _ => Ok(()),
        },
        (PatchKind::Json, _) => refuse(decoding, found, "[]handlers.jsonPatchOp"),
        (_, Value::Object(_)) => Ok(()),
        (PatchKind::Strategic, _) => refuse("", found, "map[string]interface {}"),
        _ => refuse(decoding, found, "map[string]interface {}"),
    }
}

/// A strategic patch is merged into a typed object: what does not fit is the patch's own fault.
pub(super) fn check_shapes(kind: Kind, patched: &Value, patch: &Value) -> Result<()> {
    let (schema, info) = (Schema::get(), kind.info());
    let Some(root) = schema.of_kind(info.group, info.version, info.name) else { return Ok(()) };
    let problems = schema.check(root, patched);
    let Some(problem) = problems.iter().find(|problem| problem.kind == ProblemKind::WrongType) else {
        return Ok(());
    };
    let found = problem.path.iter().fold(patched, |value, step| match step {
        Step::Key(name) => &value[name.as_str()],
        Step::Index(index) => &value[*index],
    });
    // Of a number that should have been a text the message does not say which.
    let message = match found {
        Value::Number(number) => {
            problem.message.replacen("unmarshal number into", &format!("unmarshal number {number} into"), 1)
        }
        _ => problem.message.clone(),
    };
    match conversion_failure(&message) {
        Some(why) => Err(invalid_patch(&within_quotes(&go_value(patch)), &why)),
        None => Ok(()),
    }
}

/// In the words of the conversion from a tree to a typed object, what the schema says in those of JSON.
pub(crate) fn conversion_failure(message: &str) -> Option<String> {
    let (found, rest) = message.strip_prefix("json: cannot unmarshal ")?.split_once(" into Go ")?;
    let (_, wanted) = rest.rsplit_once(' ')?;
    if rest == "value of type int32" && found.contains(['.', 'e', 'E']) {
        // A number or a text reads itself.
        return Some(message.to_owned());
    }
    let (found, number) = found.split_once(' ').unwrap_or((found, ""));
    let found = match found {
        "object" => "map",
        "array" => "slice",
        "number" if number.contains(['.', 'e', 'E']) => "float64",
        "number" => "int64",
        other => other,
    };
    let scalar = matches!(wanted, "string" | "bool" | "int32" | "int64" | "int");
    Some(match (found, wanted) {
        (found, wanted) if wanted.starts_with("[]") => format!("cannot restore slice from {found}"),
        (found, wanted) if wanted.starts_with("map[") => format!("cannot restore map from {found}"),
        (found, wanted) if !scalar && wanted.contains('.') => format!("cannot restore struct from: {found}"),
        ("int64", "string") | ("float64", "int32" | "int64") => format!("cannot convert {found} to {wanted}"),
        (_, wanted) if scalar => format!("unrecognized type: {wanted}"),
        _ => return None,
    })
}

/// What a JSON or merge patch made must still be of the kind, or say nothing of it.
pub(super) fn check_kind(kind: Kind, patched: &mut Value, shown: &impl Fn() -> String) -> Result<()> {
    let info = kind.info();
    let own = info.api_version();
    for (field, own) in [("apiVersion", own.as_str()), ("kind", info.name)] {
        if patched[field].as_str().is_none_or(str::is_empty) {
            patched[field] = own.into();
        }
    }
    let said = |field: &str| patched[field].as_str().unwrap_or_default().to_owned();
    let (version, name) = (said("apiVersion"), said("kind"));
    if (version.as_str(), name.as_str()) == (own.as_str(), info.name) {
        return Ok(());
    }
    let why = if Kind::from_api(&version, &name).is_some() {
        let given = version.rsplit('/').next().unwrap_or_default();
        let package =
            if info.group.is_empty() { "core" } else { info.group.split('.').next().unwrap_or_default() };
        format!("converting ({given}.{name}) to ({package}.{}): unknown conversion", info.name)
    } else {
        format!(
            "no kind \"{name}\" is registered for version \"{version}\" in scheme \"pkg/runtime/scheme.go:110\""
        )
    };
    Err(invalid_patch(&within_quotes(&shown()), &why))
}

/// What a JSON or merge patch made is read as JSON.
pub(super) fn unlike_its_kind(shown: &impl Fn() -> String, status: Status) -> Status {
    match status.message.split_once(": ") {
        Some((_, why)) if status.reason == Reason::BadRequest => invalid_patch(&within_quotes(&shown()), why),
        _ => status,
    }
}

fn within_quotes(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

pub(super) fn invalid_patch(value: &str, why: &str) -> Status {
    let detail = format!("Invalid value: \"{value}\": {why}");
    let cause =
        Cause { reason: "FieldValueInvalid".to_owned(), message: detail.clone(), field: "patch".to_owned() };
    let details = Details { causes: vec![cause], ..Details::default() };
    let message = format!("patch: {detail}");
    Status { reason: Reason::Invalid, message, details: Some(Box::new(details)) }
}

/// A patch may name the revision that it is meant for.
pub(crate) fn check_revision(patched: &Value) -> Result<()> {
    match patched["metadata"]["resourceVersion"].as_str() {
        Some(text) if !text.is_empty() && text.parse::<u64>().is_err() => {
            let message = format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
            Err(Status::new(Reason::Unknown, message))
        }
        _ => Ok(()),
    }
}

/// Refuses an object that is called otherwise than the request says.
pub(crate) fn check_url(target: &Target<'_>, metadata: &Value) -> Result<()> {
    let said = |what: &str| metadata[what].as_str().unwrap_or_default();
    let pairs = [("name", target.name), ("namespace", target.namespace)];
    for (what, url) in pairs {
        let is = said(what);
        if is != url && (what == "name" || !is.is_empty()) {
            return Err(Status::bad_request(format!(
                "the {what} of the object ({is}) does not match the {what} on the URL ({url})"
            )));
        }
    }
    Ok(())
}

pub(crate) fn check_identity(object: &Object, old: &Object) -> Result<()> {
    if object.name().is_empty() {
        let why = "was undeterminable: name must be provided";
        return Err(Status::bad_request(format!(
            "the name of the object ({} based on URL) {why}",
            old.name()
        )));
    }
    if object.name() != old.name() {
        return Err(Status::bad_request(format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            object.name(),
            old.name()
        )));
    }
    if object.namespace() != old.namespace() {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if !object.uid().is_empty() && object.uid() != old.uid() {
        // A replacement would fail its precondition; a patch has none.
        let mut errors = ErrorList::new();
        errors.invalid(&Path::root("metadata").child("uid"), object.uid(), "field is immutable");
        return errors.to_status(object.kind(), object.name()).map_or(Ok(()), |status| Err(*status));
    }
    Ok(())
}
