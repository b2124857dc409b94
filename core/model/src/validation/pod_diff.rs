//! The difference of two pod specs, as it follows the message that refuses a pod's update.

use k8s_openapi::api::core::v1::PodSpec;
use serde_json::{Map, Value};

use super::go_diff::diff;
use super::go_value::GoValue;

/// What the API server's own pod keeps in its security context and the API in the spec.
const HOST_FIELDS: [&str; 5] = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"];

/// What differs, a line's end included.
#[must_use]
pub fn pod_spec_diff(old: &PodSpec, new: &PodSpec) -> String {
    diff(&internal(old), &internal(new))
}

fn internal(spec: &PodSpec) -> GoValue {
    let mut value = serde_json::to_value(spec).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        let mut context = match fields.remove("securityContext") {
            Some(Value::Object(context)) => context,
            _ => Map::new(),
        };
        for name in HOST_FIELDS {
            if let Some(value) = fields.remove(name) {
                context.insert(name.to_owned(), value);
            }
        }
        fields.insert("securityContext".to_owned(), Value::Object(context));
    }
    GoValue::read("core.PodSpec", &value)
}
