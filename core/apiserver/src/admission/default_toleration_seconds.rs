//! DefaultTolerationSeconds: a pod stays five minutes on a node that is not ready or cannot be reached.

use k8s_openapi::api::core::v1::{Pod, Toleration};
use model::Object;

const SECONDS: i64 = 300;
const KEYS: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

pub(super) fn admit(object: &mut Object) {
    let tolerations = object.spec::<Pod>().tolerations.as_deref().unwrap_or_default();
    let missing: Vec<&str> = KEYS
        .into_iter()
        .filter(|key| !tolerations.iter().any(|toleration| covers(toleration, key)))
        .collect();
    if missing.is_empty() {
        return;
    }
    let tolerations = object.spec_mut::<Pod>().tolerations.get_or_insert_default();
    tolerations.extend(missing.into_iter().map(|key| Toleration {
        key: Some(key.to_owned()),
        operator: Some("Exists".to_owned()),
        effect: Some("NoExecute".to_owned()),
        toleration_seconds: Some(SECONDS),
        value: None,
    }));
}

fn covers(toleration: &Toleration, key: &str) -> bool {
    let wanted = |value: &Option<String>, wanted: &str| {
        value.as_deref().is_none_or(|text| text.is_empty() || text == wanted)
    };
    wanted(&toleration.key, key) && wanted(&toleration.effect, "NoExecute")
}
