//! The `scale` subresource: how many replicas a workload wants and has, in one form for all kinds that have it.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use model::schema::{Problem, ProblemKind, Schema};
use model::selector::format_label_selector;
use model::status::{Cause, Details};
use model::{Kind, Object, Reason, Status, status::Result};
use serde_json::{Value, json};

use crate::authorizer::Attributes;
use crate::caller::Caller;
use crate::managed_fields::Ownership;
use crate::options::WriteOptions;
use crate::server::ApiServer;
use crate::subresource::no_such_resource;

/// What `scale` shows of a workload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scale {
    /// The workload's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its uid.
    pub uid: String,
    /// Its resourceVersion.
    pub revision: u64,
    /// When it was created.
    pub created: Option<Time>,
    /// How many replicas are wanted.
    pub spec_replicas: i32,
    /// How many there are.
    pub status_replicas: i32,
    /// The pods' selector as text.
    pub selector: String,
}

impl Scale {
    pub(crate) fn of(object: &Object) -> Option<Self> {
        let (spec_replicas, status_replicas, selector) = match object.kind() {
            Kind::Deployment => {
                let spec = object.spec::<Deployment>();
                (spec.replicas, object.status::<Deployment>().replicas.unwrap_or(0), &spec.selector)
            }
            Kind::ReplicaSet => {
                let spec = object.spec::<ReplicaSet>();
                (spec.replicas, object.status::<ReplicaSet>().replicas, &spec.selector)
            }
            _ => return None,
        };
        Some(Self {
            name: object.name().to_owned(),
            namespace: object.namespace().to_owned(),
            uid: object.uid().to_owned(),
            revision: object.revision,
            created: object.metadata.creation_timestamp.clone(),
            spec_replicas: spec_replicas.unwrap_or(0),
            status_replicas,
            selector: format_label_selector(Some(selector)),
        })
    }

    /// How many replicas a scale that a client sent asks for; if it cannot be read, why.
    pub(crate) fn replicas_asked(scale: &Value) -> std::result::Result<i32, String> {
        let asked = &scale["spec"]["replicas"];
        if asked.is_null() {
            return Ok(0);
        }
        asked.as_i64().and_then(|number| i32::try_from(number).ok()).ok_or_else(|| {
            let found = match asked {
                Value::String(_) => "string".to_owned(),
                Value::Bool(_) => "bool".to_owned(),
                Value::Array(_) => "array".to_owned(),
                Value::Object(_) => "object".to_owned(),
                number => format!("number {number}"),
            };
            format!(
                "json: cannot unmarshal {found} into Go struct field ScaleSpec.spec.replicas of type int32"
            )
        })
    }

    /// What a scale that a client sent has and no scale knows, as the client is warned of it.
    pub(crate) fn unknown_fields(scale: &Value) -> Vec<String> {
        let schema = Schema::get();
        let Some(root) = schema.of_kind("autoscaling", "v1", "Scale") else { return Vec::new() };
        let unknown = |problem: &Problem| problem.kind == ProblemKind::UnknownField;
        schema.check(root, scale).into_iter().filter(unknown).map(|problem| problem.message).collect()
    }

    /// The `autoscaling/v1` object that goes over the wire.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({
            "apiVersion": "autoscaling/v1", "kind": "Scale",
            "metadata": {
                "name": self.name, "namespace": self.namespace, "uid": self.uid,
                "resourceVersion": self.revision.to_string(), "creationTimestamp": self.created,
            },
            "spec": { "replicas": self.spec_replicas },
            "status": { "replicas": self.status_replicas, "selector": self.selector },
        })
    }
}

impl ApiServer {
    /// A workload's scale.
    ///
    /// # Errors
    /// 403, 404 (also if the kind has no scale).
    pub fn get_scale(&self, caller: &Caller, kind: Kind, namespace: &str, name: &str) -> Result<Scale> {
        self.authorize(caller, &Attributes { verb: "get", kind, subresource: "scale", namespace, name })?;
        Scale::of(&*self.stored(kind, namespace, name)?).ok_or_else(no_such_resource)
    }

    /// Sets how many replicas a workload wants.
    ///
    /// # Errors
    /// 403, 404 (also if the kind has no scale), 409, 422.
    #[expect(clippy::too_many_arguments, reason = "a request has these parts")]
    pub fn update_scale(
        &mut self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        name: &str,
        replicas: i32,
        resource_version: Option<&str>,
        options: &WriteOptions,
    ) -> Result<Scale> {
        let attributes = Attributes { verb: "update", kind, subresource: "scale", namespace, name };
        let authorized = self.authorize(caller, &attributes);
        let outcome = authorized.and_then(|()| self.stored(kind, namespace, name)).and_then(|old| {
            let meant = json!({ "resourceVersion": resource_version });
            self.scale(caller, &old, &meant, replicas, &Ownership::Writer("scale"), options)
        });
        self.noting(caller, "update", kind, outcome)
    }

    /// Sets how many replicas a workload wants, once identity is settled; `meant` says what the client knows of it.
    pub(crate) fn scale(
        &mut self,
        caller: &Caller,
        old: &Arc<Object>,
        meant: &Value,
        replicas: i32,
        ownership: &Ownership<'_>,
        options: &WriteOptions,
    ) -> Result<Scale> {
        let (kind, name) = (old.kind(), old.name());
        let said = |field: &str| meant[field].as_str().filter(|text| !text.is_empty());
        if let Some(uid) = said("uid").filter(|uid| *uid != old.uid()) {
            return Err(other_scale(old, uid));
        }
        if said("resourceVersion").is_some_and(|wanted| wanted != old.revision.to_string()) {
            return Err(Status::modified(kind, name));
        }
        let mut object = Object::clone(old);
        match kind {
            Kind::Deployment => object.spec_mut::<Deployment>().replicas = Some(replicas),
            Kind::ReplicaSet => object.spec_mut::<ReplicaSet>().replicas = Some(replicas),
            _ => return Err(no_such_resource()),
        }
        if replicas < 0 {
            return Err(negative(name, replicas));
        }
        let updated = self.replace(caller, object, old, ownership, options)?;
        Scale::of(&updated).ok_or_else(no_such_resource)
    }
}

/// 409: the scale that is meant is another workload's.
fn other_scale(old: &Object, wanted: &str) -> Status {
    let info = old.info();
    let resource = format!("{}/scale", info.plural);
    let details = Details {
        name: old.name().to_owned(),
        group: info.group.to_owned(),
        kind: resource.clone(),
        ..Details::default()
    };
    let message = format!(
        "Operation cannot be fulfilled on {resource}.{} \"{}\": Precondition failed: UID in precondition: {wanted}, UID in object meta: {}",
        info.group,
        old.name(),
        old.uid()
    );
    Status { reason: Reason::Conflict, message, details: Some(Box::new(details)) }
}

fn negative(name: &str, replicas: i32) -> Status {
    let field = "spec.replicas".to_owned();
    let detail = format!("Invalid value: {replicas}: must be greater than or equal to 0");
    let message = format!("{field}: {detail}");
    let cause = Cause { reason: "FieldValueInvalid".to_owned(), message: detail, field };
    let details = Details {
        name: name.to_owned(),
        group: "autoscaling".to_owned(),
        kind: "Scale".to_owned(),
        causes: vec![cause],
        ..Details::default()
    };
    let message = format!("Scale.autoscaling \"{name}\" is invalid: {message}");
    Status { reason: Reason::Invalid, message, details: Some(Box::new(details)) }
}
