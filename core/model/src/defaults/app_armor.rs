//! AppArmor profiles, which pods name in a field and, for older readers, in annotations.

use k8s_openapi::api::core::v1::{AppArmorProfile, Container, PodSpec};

use crate::metadata::StringMap;

/// The annotation's key, before the container's name.
pub const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The annotations that say what the fields say and are not there yet.
#[must_use]
pub fn annotations(spec: &PodSpec, given: &StringMap) -> StringMap {
    let pod = spec.security_context.as_ref().and_then(|context| context.app_armor_profile.as_ref());
    let mut missing = StringMap::new();
    for container in spec.init_containers.iter().flatten().chain(&spec.containers) {
        let key = format!("{ANNOTATION}{}", container.name);
        let value = own(container).or(pod).and_then(annotation_value);
        if let Some(value) = value
            && !given.contains_key(&key)
        {
            missing.insert(key, value);
        }
    }
    missing
}

fn own(container: &Container) -> Option<&AppArmorProfile> {
    container.security_context.as_ref()?.app_armor_profile.as_ref()
}

fn annotation_value(profile: &AppArmorProfile) -> Option<String> {
    match profile.type_.as_str() {
        "RuntimeDefault" => Some("runtime/default".to_owned()),
        "Unconfined" => Some("unconfined".to_owned()),
        "Localhost" => Some(format!("localhost/{}", profile.localhost_profile.as_deref().unwrap_or(""))),
        _ => None,
    }
}
