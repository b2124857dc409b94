//! Subresources with a shape of their own: scale, binding, eviction, finalize, log and exec.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Namespace, Pod, PodCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use model::selector::format_label_selector;
use model::{Kind, Object, Reason, Status, status::Result};
use serde_json::{Value, json};
use store::Key;

use crate::authorizer::Attributes;
use crate::caller::Caller;
use crate::connection::{ConnectionId, ExecOptions, LogOptions, Purpose};
use crate::options::{DeleteOptions, WriteOptions};
use crate::server::ApiServer;
use crate::update::gone_at_last;

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
    fn of(object: &Object) -> Option<Self> {
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
        self.authorize(caller, &Attributes { verb: "update", kind, subresource: "scale", namespace, name })?;
        let old = self.stored(kind, namespace, name)?;
        if resource_version.is_some_and(|wanted| !wanted.is_empty() && wanted != old.revision.to_string()) {
            return Err(Status::modified(kind, name));
        }
        let mut object = Object::clone(&old);
        match kind {
            Kind::Deployment => object.spec_mut::<Deployment>().replicas = Some(replicas),
            Kind::ReplicaSet => object.spec_mut::<ReplicaSet>().replicas = Some(replicas),
            _ => return Err(no_such_resource()),
        }
        if replicas < 0 {
            let field = "spec.replicas".to_owned();
            let detail = format!("Invalid value: {replicas}: must be greater than or equal to 0");
            let message = format!("{field}: {detail}");
            let cause =
                model::status::Cause { reason: "FieldValueInvalid".to_owned(), message: detail, field };
            let mut status = Status::invalid(kind, name, &message, vec![cause]);
            status.message = format!("Scale.autoscaling \"{name}\" is invalid: {message}");
            return Err(status);
        }
        let updated = self.update_with(caller, object, options)?;
        Scale::of(&updated).ok_or_else(no_such_resource)
    }

    /// Binds a pod to a node, if it is still the pod of that uid (of any, if none is given).
    ///
    /// # Errors
    /// 403, 404, 409 if it is another pod, is bound already or going.
    pub fn bind(&mut self, caller: &Caller, namespace: &str, pod: &str, uid: &str, node: &str) -> Result<()> {
        let kind = Kind::Pod;
        self.authorize(
            caller,
            &Attributes { verb: "create", kind, subresource: "binding", namespace, name: pod },
        )?;
        let old = self.stored(kind, namespace, pod)?;
        if !uid.is_empty() && uid != old.uid() {
            let why =
                format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", old.uid());
            return Err(Status::conflict(kind, pod, &why));
        }
        if old.is_deleting() {
            let why = format!("pod {pod} is being deleted, cannot be assigned to a host");
            return Err(Status::conflict(kind, pod, &why));
        }
        let bound = old.spec::<Pod>().node_name.clone().unwrap_or_default();
        if !bound.is_empty() {
            let why = format!("pod {pod} is already assigned to node \"{bound}\"");
            return Err(Status::conflict(kind, pod, &why));
        }
        let mut object = Object::clone(&old);
        object.spec_mut::<Pod>().node_name = Some(node.to_owned());
        let time = self.time();
        set_scheduled(object.status_mut::<Pod>().conditions.get_or_insert_default(), time);
        self.store.put(object, &caller.user, caller.cause);
        Ok(())
    }

    /// Evicts a pod: deletes it, unless a disruption budget stands against it.
    ///
    /// # Errors
    /// 403, 404, 429.
    pub fn evict(
        &mut self,
        caller: &Caller,
        namespace: &str,
        pod: &str,
        options: &DeleteOptions,
    ) -> Result<()> {
        let kind = Kind::Pod;
        self.authorize(
            caller,
            &Attributes { verb: "create", kind, subresource: "eviction", namespace, name: pod },
        )?;
        self.delete(caller, kind, namespace, pod, options).map(|_| ())
    }

    /// Takes the namespace controller's own finalizer off a namespace that is going.
    ///
    /// # Errors
    /// 403, 404.
    pub fn finalize_namespace(&mut self, caller: &Caller, name: &str) -> Result<()> {
        let kind = Kind::Namespace;
        self.authorize(
            caller,
            &Attributes { verb: "update", kind, subresource: "finalize", namespace: "", name },
        )?;
        let old = self.stored(kind, "", name)?;
        let mut object = Object::clone(&old);
        let finalizers = &mut object.spec_mut::<Namespace>().finalizers;
        finalizers.iter_mut().for_each(|names| names.retain(|name| name != "kubernetes"));
        if gone_at_last(&object) {
            self.remove(caller, kind, &Key::of(&object));
        } else {
            self.store.put(object, &caller.user, caller.cause);
        }
        Ok(())
    }

    /// Opens a container's log.
    ///
    /// # Errors
    /// 403, 404, 400 if the container is not said or not there.
    pub fn open_logs(
        &mut self,
        caller: &Caller,
        namespace: &str,
        pod: &str,
        mut options: LogOptions,
    ) -> Result<ConnectionId> {
        let kind = Kind::Pod;
        self.authorize(caller, &Attributes { verb: "get", kind, subresource: "log", namespace, name: pod })?;
        let object = self.stored(kind, namespace, pod)?;
        options.container = container_of(&object, &options.container)?;
        self.open_connection(namespace, pod, Purpose::Log(options))
    }

    /// Starts a process in a container.
    ///
    /// # Errors
    /// 403, 404, 400 if the container is not said or not there, or no node has the pod.
    pub fn open_exec(
        &mut self,
        caller: &Caller,
        namespace: &str,
        pod: &str,
        mut options: ExecOptions,
    ) -> Result<ConnectionId> {
        let kind = Kind::Pod;
        self.authorize(
            caller,
            &Attributes { verb: "create", kind, subresource: "exec", namespace, name: pod },
        )?;
        let object = self.stored(kind, namespace, pod)?;
        options.container = container_of(&object, &options.container)?;
        if object.spec::<Pod>().node_name.as_deref().unwrap_or_default().is_empty() {
            return Err(Status::bad_request(format!("pod {pod} does not have a host assigned")));
        }
        self.open_connection(namespace, pod, Purpose::Exec(options))
    }
}

fn no_such_resource() -> Status {
    Status::new(Reason::NotFound, "the server could not find the requested resource")
}

/// The container that is meant: the one named, or the only one.
fn container_of(pod: &Object, asked: &str) -> Result<String> {
    let spec = pod.spec::<Pod>();
    let names: Vec<&str> = spec.containers.iter().map(|container| container.name.as_str()).collect();
    let init_names: Vec<&str> =
        spec.init_containers.iter().flatten().map(|container| container.name.as_str()).collect();
    if !asked.is_empty() {
        if names.iter().chain(&init_names).any(|name| *name == asked) {
            return Ok(asked.to_owned());
        }
        return Err(Status::bad_request(format!("container {asked} is not valid for pod {}", pod.name())));
    }
    if let [only] = names.as_slice() {
        return Ok((*only).to_owned());
    }
    let init = if init_names.is_empty() {
        String::new()
    } else {
        format!(" or one of the init containers: [{}]", init_names.join(" "))
    };
    Err(Status::bad_request(format!(
        "a container name must be specified for pod {}, choose one of: [{}]{init}",
        pod.name(),
        names.join(" ")
    )))
}

fn set_scheduled(conditions: &mut Vec<PodCondition>, time: Time) {
    let scheduled = PodCondition {
        type_: "PodScheduled".to_owned(),
        status: "True".to_owned(),
        last_transition_time: Some(time),
        ..PodCondition::default()
    };
    match conditions.iter_mut().find(|condition| condition.type_ == "PodScheduled") {
        Some(condition) if condition.status == "True" => {}
        Some(condition) => *condition = scheduled,
        None => conditions.push(scheduled),
    }
}
