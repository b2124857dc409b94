//! Who may do what.

use model::Kind;
use serde::{Deserialize, Serialize};

use crate::caller::Caller;

/// What a request wants to do.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    /// `get`, `list`, `create`...
    pub verb: &'a str,
    /// The kind of object.
    pub kind: Kind,
    /// `status`, `log`..., or empty.
    pub subresource: &'a str,
    /// The namespace, or empty.
    pub namespace: &'a str,
    /// The object's name, or empty.
    pub name: &'a str,
}

/// Decides on requests.
pub trait Authorizer {
    /// Whether the caller may; if not, why (often nothing).
    ///
    /// # Errors
    /// The reason for a refusal.
    fn authorize(&self, caller: &Caller, attributes: &Attributes<'_>) -> Result<(), String>;
}

/// The authorizers that a cluster can be set up with: a closed list, since it is part of the world's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum AuthorizationMode {
    /// Everyone may do everything.
    #[default]
    AlwaysAllow,
    /// Only what is listed, for tests: `patch deployments/scale`.
    #[cfg(test)]
    #[serde(skip)]
    Only(&'static [&'static str]),
}

impl Authorizer for AuthorizationMode {
    #[cfg_attr(not(test), expect(unused_variables, reason = "all may do all"))]
    fn authorize(&self, _caller: &Caller, attributes: &Attributes<'_>) -> Result<(), String> {
        match self {
            Self::AlwaysAllow => Ok(()),
            #[cfg(test)]
            Self::Only(allowed) => {
                let resource = attributes.kind.info().plural;
                let asked = match attributes.subresource {
                    "" => format!("{} {resource}", attributes.verb),
                    subresource => format!("{} {resource}/{subresource}", attributes.verb),
                };
                if allowed.contains(&asked.as_str()) { Ok(()) } else { Err(asked) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{Kind, Metadata, Object};
    use serde_json::json;

    use super::*;
    use crate::decode::FieldValidation;
    use crate::{ApiServer, DeleteOptions, ListOptions, PatchKind, Settings, WriteOptions};

    type Request = fn(&mut ApiServer, &Caller) -> Result<(), model::Status>;

    fn patch(
        api: &mut ApiServer,
        caller: &Caller,
        subresource: &str,
        kind: PatchKind,
    ) -> Result<(), model::Status> {
        let scale = subresource == "scale";
        let patch = match kind {
            PatchKind::Apply { .. } if scale => {
                json!({ "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": { "name": "web" }, "spec": { "replicas": 1 } })
            }
            PatchKind::Apply { .. } => {
                json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" } })
            }
            _ => json!({}),
        };
        let options = WriteOptions::default();
        api.patch_part(caller, Kind::Deployment, "default", "web", subresource, kind, &patch, &options)
            .map(|_| ())
    }

    fn update(api: &mut ApiServer, caller: &Caller, subresource: &str) -> Result<(), model::Status> {
        let value = match subresource {
            "scale" => json!({ "metadata": { "name": "web" }, "spec": { "replicas": 1 } }),
            _ => {
                api.store.get(Kind::Deployment, "default", "web").map(|it| it.to_value()).unwrap_or_default()
            }
        };
        let (options, validation) = (WriteOptions::default(), FieldValidation::Strict);
        api.update_part(caller, Kind::Deployment, "default", "web", subresource, value, validation, &options)
            .map(|_| ())
    }

    /// Each request with all that it needs: one right, but for an apply that creates.
    const REQUESTS: &[(&[&str], Request)] = &[
        (&["patch deployments"], |api, caller| patch(api, caller, "", PatchKind::Merge)),
        (&["patch deployments"], |api, caller| patch(api, caller, "", PatchKind::Apply { force: false })),
        (&["patch deployments/status"], |api, caller| patch(api, caller, "status", PatchKind::Merge)),
        (&["patch deployments/scale"], |api, caller| patch(api, caller, "scale", PatchKind::Merge)),
        (&["patch deployments/scale"], |api, caller| {
            patch(api, caller, "scale", PatchKind::Apply { force: false })
        }),
        (&["update deployments"], |api, caller| update(api, caller, "")),
        (&["update deployments/status"], |api, caller| update(api, caller, "status")),
        (&["update deployments/scale"], |api, caller| update(api, caller, "scale")),
        (&["update deployments/scale"], |api, caller| {
            let options = WriteOptions::default();
            api.update_scale(caller, Kind::Deployment, "default", "web", 1, None, &options).map(|_| ())
        }),
        (&["get deployments/scale"], |api, caller| {
            api.get_part(caller, Kind::Deployment, "default", "web", "scale").map(|_| ())
        }),
        (&["create pods/eviction"], |api, caller| {
            api.evict(caller, "default", "pod", &DeleteOptions::default())
        }),
        (&["create pods/binding"], |api, caller| api.bind(caller, "default", "pod", "", "node")),
        (&["deletecollection pods"], |api, caller| {
            let (list, delete) = (ListOptions::default(), DeleteOptions::default());
            api.delete_collection(caller, Kind::Pod, "default", &list, &delete).map(|_| ())
        }),
        (&["create configmaps", "patch configmaps"], |api, caller| {
            let configuration =
                json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "new" } });
            let apply = PatchKind::Apply { force: false };
            let options = WriteOptions::default();
            api.patch(caller, Kind::ConfigMap, "default", "new", "", apply, &configuration, &options)
                .map(|_| ())
        }),
    ];

    fn cluster() -> ApiServer {
        let mut api = ApiServer::new(Settings::default());
        let admin = Caller::admin();
        let account = Object::new::<k8s_openapi::api::core::v1::ServiceAccount>(
            Metadata::named("default", "default"),
            k8s_openapi::api::core::v1::ServiceAccount::default(),
        );
        let containers = json!([{ "name": "main", "image": "nginx" }]);
        let pod = json!({ "metadata": { "name": "pod", "namespace": "default" }, "spec": { "containers": containers } });
        let deployment = json!({
            "metadata": { "name": "web", "namespace": "default" },
            "spec": {
                "selector": { "matchLabels": { "app": "web" } },
                "template": { "metadata": { "labels": { "app": "web" } }, "spec": { "containers": containers } },
            },
        });
        api.create(&admin, account).expect("created");
        for (kind, value) in [(Kind::Pod, pod), (Kind::Deployment, deployment)] {
            api.create(&admin, Object::from_value(kind, value).expect("an object")).expect("created");
        }
        api
    }

    #[test]
    fn each_request_asks_for_its_own_right_and_no_other() {
        for (rights, request) in REQUESTS {
            let mut api = cluster();
            let caller = Caller::admin();
            api.settings.authorization = AuthorizationMode::Only(rights);
            assert_eq!(request(&mut api.clone(), &caller), Ok(()), "{rights:?} are enough");
            api.settings.authorization = AuthorizationMode::Only(&[]);
            let refused = request(&mut api, &caller).expect_err("no right at all");
            assert_eq!(refused.code(), 403, "{rights:?}: {refused}");
        }
    }
}
