//! Subresources that are deeds rather than parts: binding, eviction, finalize, log, exec and portforward.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Namespace, Pod, PodCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use model::status::Details;
use model::{Kind, Object, Reason, Status, status::Result};
use store::Key;

use crate::authorizer::Attributes;
use crate::caller::Caller;
use crate::connection::{ConnectionId, ExecOptions, LogOptions, Purpose};
use crate::delete::check_preconditions;
use crate::options::DeleteOptions;
use crate::server::ApiServer;
use crate::update::{gone_at_last, other_uid};

impl ApiServer {
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
            return Err(other_uid(kind, &Key::of(&old), uid, old.uid()));
        }
        let spec = old.spec::<Pod>();
        let bound = spec.node_name.as_deref().unwrap_or_default();
        if old.is_deleting() {
            return Err(unbindable(pod, "is being deleted, cannot be assigned to a host"));
        }
        if !bound.is_empty() {
            return Err(unbindable(pod, &format!("is already assigned to node \"{bound}\"")));
        }
        if spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()) {
            return Err(unbindable(pod, "has non-empty .spec.schedulingGates"));
        }
        let mut object = Object::clone(&old);
        object.spec_mut::<Pod>().node_name = Some(node.to_owned());
        let time = self.time();
        set_scheduled(object.status_mut::<Pod>().conditions.get_or_insert_default(), time);
        self.store.share_parts(&mut object);
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
        let old = self.stored(kind, namespace, pod)?;
        check_preconditions(&old, options)?;
        if !options.dry_run {
            let mut object = Object::clone(&old);
            let time = self.time();
            set_disrupted(object.status_mut::<Pod>().conditions.get_or_insert_default(), time);
            self.store.put(object, &caller.user, caller.cause);
        }
        let options = DeleteOptions { resource_version: None, ..options.clone() };
        self.remove_one(caller, kind, namespace, pod, &options).map(|_| ())
    }

    /// Takes the namespace controller's own finalizer off a namespace that is going.
    ///
    /// # Errors
    /// 403, 404.
    pub fn finalize_namespace(&mut self, caller: &Caller, name: &str) -> Result<()> {
        let mut left = self
            .stored(Kind::Namespace, "", name)?
            .spec::<Namespace>()
            .finalizers
            .clone()
            .unwrap_or_default();
        left.retain(|name| name != "kubernetes");
        self.set_namespace_finalizers(caller, name, left).map(|_| ())
    }

    /// Says what holds a namespace back (`finalize`); if nothing does any more, a namespace that is going is gone.
    ///
    /// # Errors
    /// 403, 404.
    pub fn set_namespace_finalizers(
        &mut self,
        caller: &Caller,
        name: &str,
        finalizers: Vec<String>,
    ) -> Result<Arc<Object>> {
        let kind = Kind::Namespace;
        self.authorize(
            caller,
            &Attributes { verb: "update", kind, subresource: "finalize", namespace: "", name },
        )?;
        let mut object = Object::clone(&*self.stored(kind, "", name)?);
        object.spec_mut::<Namespace>().finalizers = Some(finalizers);
        if gone_at_last(&object) {
            self.remove(caller, kind, &Key::of(&object));
            return Ok(Arc::new(object));
        }
        Ok(self.store.put(object, &caller.user, caller.cause))
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

    /// Connects to a port in a pod's network.
    ///
    /// # Errors
    /// 403, 404, 400 if no node has the pod.
    pub fn open_port_forward(
        &mut self,
        caller: &Caller,
        namespace: &str,
        pod: &str,
        port: u16,
    ) -> Result<ConnectionId> {
        let kind = Kind::Pod;
        self.authorize(
            caller,
            &Attributes { verb: "create", kind, subresource: "portforward", namespace, name: pod },
        )?;
        let object = self.stored(kind, namespace, pod)?;
        if object.spec::<Pod>().node_name.as_deref().unwrap_or_default().is_empty() {
            return Err(Status::bad_request(format!("pod {pod} does not have a host assigned")));
        }
        self.open_connection(namespace, pod, Purpose::PortForward(port))
    }
}

/// 409 of a binding.
fn unbindable(pod: &str, why: &str) -> Status {
    let resource = "pods/binding";
    let details = Details { name: pod.to_owned(), kind: resource.to_owned(), ..Details::default() };
    let message = format!("Operation cannot be fulfilled on {resource} \"{pod}\": pod {pod} {why}");
    Status { reason: Reason::Conflict, message, details: Some(Box::new(details)) }
}

/// The subresource is not served.
pub(crate) fn no_such_resource() -> Status {
    Status::new(Reason::NotFound, "the server could not find the requested resource")
}

/// The subresource is served, but not this verb.
pub(crate) fn method_not_allowed() -> Status {
    Status::new(Reason::MethodNotAllowed, "the server does not allow this method on the requested resource")
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
    set_true(conditions, PodCondition { type_: "PodScheduled".to_owned(), ..PodCondition::default() }, time);
}

/// The pod says that it was evicted, for as long as it is still seen.
fn set_disrupted(conditions: &mut Vec<PodCondition>, time: Time) {
    let disrupted = PodCondition {
        type_: "DisruptionTarget".to_owned(),
        reason: Some("EvictionByEvictionAPI".to_owned()),
        message: Some("Eviction API: evicting".to_owned()),
        ..PodCondition::default()
    };
    set_true(conditions, disrupted, time);
}

/// Makes a condition true from now on, unless it is already.
fn set_true(conditions: &mut Vec<PodCondition>, condition: PodCondition, time: Time) {
    let condition = PodCondition { status: "True".to_owned(), last_transition_time: Some(time), ..condition };
    match conditions.iter_mut().find(|known| known.type_ == condition.type_) {
        Some(known) if known.status == "True" => {}
        Some(known) => *known = condition,
        None => conditions.push(condition),
    }
}
