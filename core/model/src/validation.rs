//! Validation: what the API server refuses, with its words, in its order.
//!
//! A check takes the typed parts of an object and adds every fault to an [`ErrorList`]; objects are expected to have their defaults
//! (see [`crate::defaults`]). What depends on other objects (is the IP free, does the class exist) is the API server's business.

pub mod address;
pub mod autoscaling;
pub mod batch;
pub mod claim;
pub mod cluster;
pub mod config;
pub mod container;
pub mod endpoints;
pub mod env;
mod error;
pub mod go;
pub mod go_diff;
pub mod go_value;
pub mod limits;
pub mod meta;
pub mod names;
pub mod network;
mod path;
pub mod pod;
mod pod_diff;
pub mod pod_update;
pub mod policy;
pub mod probe;
pub mod rbac;
pub mod replicas;
pub mod resources;
pub mod scheduling;
pub mod security;
pub mod selector;
pub mod service;
pub mod storage;
pub mod template;
pub mod volume;
pub mod workload;

pub use error::{ErrorKind, ErrorList, FieldError, Shown};
pub use path::Path;

use crate::kind::{Kind, types};
use crate::object::Object;
use names::{NameCheck, label_1035_problems, label_problems, subdomain_problems};

/// The rules of a kind beyond metadata.
struct Rules {
    /// What its names look like.
    name: NameCheck,
    /// What holds for an object, new or changed.
    object: fn(&Object, &mut ErrorList),
    /// What holds for a new object only.
    create: fn(&Object, &mut ErrorList),
    /// What holds for a change: new, old.
    update: fn(&Object, &Object, &mut ErrorList),
}

const NO_RULES: Rules =
    Rules { name: subdomain_problems, object: |_, _| {}, create: |_, _| {}, update: |_, _, _| {} };

fn rules(kind: Kind) -> Rules {
    match kind {
        Kind::Namespace => Rules {
            name: label_problems,
            object: |it, errors| cluster::namespace(it.spec::<types::Namespace>(), errors),
            ..NO_RULES
        },
        Kind::Node => Rules {
            object: |it, errors| {
                cluster::node(it.spec::<types::Node>(), errors);
                cluster::node_status(it.status::<types::Node>(), errors);
            },
            update: |new, old, errors| {
                cluster::node_update(new.spec::<types::Node>(), old.spec::<types::Node>(), errors);
            },
            ..NO_RULES
        },
        Kind::Pod => Rules {
            object: |it, errors| {
                pod::whole(it.spec::<types::Pod>(), errors, |spec, errors| {
                    pod::pod(&it.metadata, spec, errors);
                });
            },
            create: |it, errors| pod::whole(it.spec::<types::Pod>(), errors, pod::pod_create),
            update: |new, old, errors| {
                let (new, old) = (new.spec::<types::Pod>(), old.spec::<types::Pod>());
                if new != old {
                    pod_update::pod_update(&new.clone().into_api(), &old.clone().into_api(), errors);
                }
            },
            ..NO_RULES
        },
        Kind::ReplicaSet => Rules {
            object: |it, errors| workload::replica_set(it.spec::<types::ReplicaSet>(), errors),
            update: |new, old, errors| {
                let (new, old) = (new.spec::<types::ReplicaSet>(), old.spec::<types::ReplicaSet>());
                workload::selector_update(&new.selector, &old.selector, errors);
            },
            ..NO_RULES
        },
        Kind::Deployment => Rules {
            object: |it, errors| workload::deployment(it.spec::<types::Deployment>(), errors),
            update: |new, old, errors| {
                let (new, old) = (new.spec::<types::Deployment>(), old.spec::<types::Deployment>());
                workload::selector_update(&new.selector, &old.selector, errors);
            },
            ..NO_RULES
        },
        Kind::Service => Rules {
            name: label_1035_problems,
            object: |it, errors| service::service(it.spec::<types::Service>(), errors),
            update: |new, old, errors| {
                service::service_update(new.spec::<types::Service>(), old.spec::<types::Service>(), errors);
            },
            ..NO_RULES
        },
        Kind::Endpoints => Rules {
            object: |it, errors| endpoints::endpoints(it.spec::<types::Endpoints>(), errors),
            ..NO_RULES
        },
        Kind::EndpointSlice => Rules {
            object: |it, errors| endpoints::endpoint_slice(it.spec::<types::EndpointSlice>(), errors),
            update: |new, old, errors| {
                let (new, old) = (new.spec::<types::EndpointSlice>(), old.spec::<types::EndpointSlice>());
                endpoints::endpoint_slice_update(new, old, errors);
            },
            ..NO_RULES
        },
        Kind::ConfigMap => Rules {
            object: |it, errors| config::config_map(it.spec::<types::ConfigMap>(), errors),
            update: |new, old, errors| {
                config::config_map_update(
                    new.spec::<types::ConfigMap>(),
                    old.spec::<types::ConfigMap>(),
                    errors,
                );
            },
            ..NO_RULES
        },
        Kind::Secret => Rules {
            object: |it, errors| config::secret(&it.metadata, it.spec::<types::Secret>(), errors),
            update: |new, old, errors| {
                config::secret_update(new.spec::<types::Secret>(), old.spec::<types::Secret>(), errors);
            },
            ..NO_RULES
        },
        Kind::Event => Rules {
            object: |it, errors| cluster::event(&it.metadata, it.spec::<types::Event>(), errors),
            ..NO_RULES
        },
        Kind::Lease => {
            Rules { object: |it, errors| cluster::lease(it.spec::<types::Lease>(), errors), ..NO_RULES }
        }
        Kind::PriorityClass => Rules {
            object: |it, errors| {
                cluster::priority_class(&it.metadata, it.spec::<types::PriorityClass>(), errors);
            },
            update: |new, old, errors| {
                let (new, old) = (new.spec::<types::PriorityClass>(), old.spec::<types::PriorityClass>());
                cluster::priority_class_update(new, old, errors);
            },
            ..NO_RULES
        },
        Kind::ServiceAccount => NO_RULES,
    }
}

/// What is wrong with an object that is to be created.
#[must_use]
pub fn create(object: &Object) -> ErrorList {
    let mut errors = ErrorList::new();
    let rules = rules(object.kind());
    meta::metadata(&object.metadata, object.info().namespaced(), rules.name, &mut errors);
    (rules.object)(object, &mut errors);
    (rules.create)(object, &mut errors);
    errors
}

/// What is wrong with an object that is to replace `old`.
#[must_use]
pub fn update(new: &Object, old: &Object) -> ErrorList {
    let mut errors = ErrorList::new();
    let rules = rules(new.kind());
    meta::metadata_update(&new.metadata, &old.metadata, &mut errors);
    // Of these, what was changed is looked at before what it was changed to.
    let change_first = matches!(new.kind(), Kind::Secret | Kind::ConfigMap | Kind::EndpointSlice);
    if change_first {
        (rules.update)(new, old, &mut errors);
        // The addresses of a slice that changes its family cannot fit.
        if new.kind() == Kind::EndpointSlice && !errors.is_empty() {
            return errors;
        }
    }
    (rules.object)(new, &mut errors);
    if !change_first {
        (rules.update)(new, old, &mut errors);
    }
    errors
}

/// What is wrong with the metadata of an object that is to replace `old`, when only its status may change.
#[must_use]
pub fn update_status(new: &Object, old: &Object) -> ErrorList {
    let mut errors = ErrorList::new();
    meta::metadata_update(&new.metadata, &old.metadata, &mut errors);
    match new.kind() {
        Kind::Node => cluster::node_status(new.status::<types::Node>(), &mut errors),
        Kind::ReplicaSet => workload::replica_set_status(new.status::<types::ReplicaSet>(), &mut errors),
        Kind::Service => {
            let kind = text(&old.spec::<types::Service>().type_);
            service::service_status(kind, new.status::<types::Service>(), &mut errors);
        }
        _ => {}
    }
    errors
}

/// An optional text, empty where it is not given.
fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("")
}
