//! The `scale` subresource: how many replicas a workload wants and has, in one form for all kinds that have it.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use model::selector::format_label_selector;
use model::status::Cause;
use model::{Kind, Object, Status, status::Result};
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

    /// How many replicas a scale that a client sent asks for.
    pub(crate) fn replicas_asked(scale: &Value) -> Result<i32> {
        let asked = &scale["spec"]["replicas"];
        if asked.is_null() {
            return Ok(0);
        }
        asked.as_i64().and_then(|number| i32::try_from(number).ok()).ok_or_else(|| {
            Status::bad_request(format!(
                "json: cannot unmarshal {asked} into Go struct field ScaleSpec.spec.replicas of type int32"
            ))
        })
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
            self.scale(caller, &old, replicas, resource_version, &Ownership::Writer("scale"), options)
        });
        self.noting(caller, "update", kind, outcome)
    }

    /// Sets how many replicas a workload wants, once identity is settled.
    pub(crate) fn scale(
        &mut self,
        caller: &Caller,
        old: &Arc<Object>,
        replicas: i32,
        resource_version: Option<&str>,
        ownership: &Ownership<'_>,
        options: &WriteOptions,
    ) -> Result<Scale> {
        let (kind, name) = (old.kind(), old.name());
        if resource_version.is_some_and(|wanted| !wanted.is_empty() && wanted != old.revision.to_string()) {
            return Err(Status::modified(kind, name));
        }
        let mut object = Object::clone(old);
        match kind {
            Kind::Deployment => object.spec_mut::<Deployment>().replicas = Some(replicas),
            Kind::ReplicaSet => object.spec_mut::<ReplicaSet>().replicas = Some(replicas),
            _ => return Err(no_such_resource()),
        }
        if replicas < 0 {
            return Err(negative(kind, name, replicas));
        }
        let updated = self.replace(caller, object, old, ownership, options)?;
        Scale::of(&updated).ok_or_else(no_such_resource)
    }
}

fn negative(kind: Kind, name: &str, replicas: i32) -> Status {
    let field = "spec.replicas".to_owned();
    let detail = format!("Invalid value: {replicas}: must be greater than or equal to 0");
    let message = format!("{field}: {detail}");
    let cause = Cause { reason: "FieldValueInvalid".to_owned(), message: detail, field };
    let mut status = Status::invalid(kind, name, &message, vec![cause]);
    status.message = format!("Scale.autoscaling \"{name}\" is invalid: {message}");
    status
}
