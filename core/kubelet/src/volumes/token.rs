//! Service account tokens as pods get them. They name the right subject; their signature is only a text of the right length.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use k8s_openapi::api::core::v1::{Pod, ServiceAccountTokenProjection};
use model::{Kind, Object};
use serde_json::json;
use shell::Programs;

use crate::worker::Surroundings;

const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
const SIGNATURE_LENGTH: usize = 256;
/// A token is good for a year although less was asked for, so that clients that never read it again go on; it should be renewed
/// after this time.
const EXTENDED_SECONDS: i64 = 365 * 24 * 3600;

/// A token for a pod.
pub(super) fn issue<P: Programs>(
    s: &mut Surroundings<'_, P>,
    pod: &Object,
    source: &ServiceAccountTokenProjection,
) -> String {
    let account = pod.spec::<Pod>().service_account_name.clone().unwrap_or_else(|| "default".to_owned());
    let uid_of = |kind, namespace: &str, name: &str| {
        s.api.store().get(kind, namespace, name).map(|object| object.uid().to_owned()).unwrap_or_default()
    };
    let (account_uid, node_uid) =
        (uid_of(Kind::ServiceAccount, pod.namespace(), &account), uid_of(Kind::Node, "", &s.node.name));
    let audience = source.audience.clone().filter(|audience| !audience.is_empty());
    let asked = source.expiration_seconds.unwrap_or(3600);
    let lasts = if audience.is_none() && asked == 3607 { EXTENDED_SECONDS } else { asked };
    let issued = s.api.time().0.as_second();
    let claims = json!({
        "aud": [audience.as_deref().unwrap_or(ISSUER)],
        "exp": issued + lasts,
        "iat": issued,
        "iss": ISSUER,
        "jti": s.api.random().uuid(),
        "kubernetes.io": {
            "namespace": pod.namespace(),
            "node": {"name": &*s.node.name, "uid": node_uid},
            "pod": {"name": pod.name(), "uid": pod.uid()},
            "serviceaccount": {"name": account, "uid": account_uid},
            "warnafter": issued + asked,
        },
        "nbf": issued,
        "sub": format!("system:serviceaccount:{}:{account}", pod.namespace()),
    });
    let key = "podarium".repeat(4);
    let header = json!({"alg": "RS256", "kid": URL_SAFE_NO_PAD.encode(key)});
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signature: Vec<u8> = pod.uid().bytes().cycle().take(SIGNATURE_LENGTH).collect();
    format!("{}.{}.{}", part(&header), part(&claims), URL_SAFE_NO_PAD.encode(signature))
}
