//! Defaults: what the API server fills in where an object says nothing, before it validates and stores it.
//!
//! Only what follows from the object itself; what needs the cluster (addresses, node ports, the service account's volume, priorities,
//! taints of new nodes) is admission's and the strategies' business in the API server. Applying defaults twice changes nothing.

pub mod app_armor;
pub mod autoscaling;
pub mod batch;
pub mod config;
pub mod container;
pub mod network;
pub mod pod;
pub mod replicas;
pub mod service;
pub mod storage;
pub mod volume;
pub mod workload;

use std::collections::BTreeMap;
use std::str::FromStr;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity as RawQuantity;

use crate::kind::{Kind, types};
use crate::object::Object;
use crate::quantity::{Quantity, canonical};

/// Fills in an object's defaults.
pub fn apply(object: &mut Object) {
    match object.kind() {
        Kind::Namespace => {
            let name = object.name().to_owned();
            // Once it is being deleted, its controller takes the finalizer off.
            if !object.is_deleting() {
                config::namespace(object.spec_mut::<types::Namespace>());
            }
            config::namespace_status(object.status_mut::<types::Namespace>());
            if !name.is_empty() && object.labels().get(config::NAME_LABEL) != Some(&name) {
                object.metadata_mut().labels.insert(config::NAME_LABEL.to_owned(), name);
            }
        }
        Kind::Pod => {
            let metadata = object.metadata.clone();
            let spec = object.spec_mut::<types::Pod>();
            pod::pod(spec);
            if metadata.creation_timestamp.is_none() {
                pod::merge_label_keys(spec, &metadata.labels);
            }
            for (key, value) in app_armor::annotations(spec, &metadata.annotations) {
                object.metadata_mut().annotations.insert(key, value);
            }
        }
        Kind::ReplicaSet => workload::replica_set(object.spec_mut::<types::ReplicaSet>()),
        Kind::Deployment => workload::deployment(object.spec_mut::<types::Deployment>()),
        Kind::Service => service::service(object.spec_mut::<types::Service>()),
        Kind::Endpoints => service::endpoints(object.spec_mut::<types::Endpoints>()),
        Kind::EndpointSlice => service::endpoint_slice(object.spec_mut::<types::EndpointSlice>()),
        Kind::Secret => config::secret(object.spec_mut::<types::Secret>()),
        Kind::PriorityClass => config::priority_class(object.spec_mut::<types::PriorityClass>()),
        Kind::Node => {
            config::node(object.spec_mut::<types::Node>());
            let status = object.status::<types::Node>();
            if status.allocatable.is_none() && status.capacity.is_some() {
                let capacity = status.capacity.clone();
                object.status_mut::<types::Node>().allocatable = capacity;
            }
        }
        Kind::ServiceAccount => config::service_account(object.spec_mut::<types::ServiceAccount>()),
        Kind::ConfigMap | Kind::Event | Kind::Lease => {}
    }
}

/// Keeps of the stored object what an update of the object itself (not of a subresource) does not decide: a Service's addresses and
/// node ports where it names none, a Namespace's finalizers.
pub fn carry_over(new: &mut Object, old: &Object) {
    match (new.kind(), old.kind()) {
        (Kind::Service, Kind::Service) => {
            let old = old.spec::<types::Service>();
            service::carry_over(new.spec_mut::<types::Service>(), old);
        }
        (Kind::Namespace, Kind::Namespace) => {
            new.spec_mut::<types::Namespace>().clone_from(old.spec::<types::Namespace>());
        }
        _ => {}
    }
}

/// A text that is not given, or empty.
fn default_text(field: &mut Option<String>, value: &str) {
    if field.as_ref().is_none_or(String::is_empty) {
        *field = Some(value.to_owned());
    }
}

/// A number that is not given, or zero where zero means that.
fn default_number(field: &mut Option<i32>, value: i32) {
    if field.is_none_or(|number| number == 0) {
        *field = Some(value);
    }
}

/// Forgets a flag, text or list that says the same as nothing: the API server leaves it out of what it gives back.
trait Tidy {
    fn tidy(&mut self);
}

impl Tidy for Option<bool> {
    fn tidy(&mut self) {
        self.take_if(|flag| !*flag);
    }
}

impl Tidy for Option<String> {
    fn tidy(&mut self) {
        self.take_if(|text| text.is_empty());
    }
}

impl<T> Tidy for Option<Vec<T>> {
    fn tidy(&mut self) {
        self.take_if(|list| list.is_empty());
    }
}

/// Quantities are given back in their canonical form, whatever they were written in; those of resources in no less than thousandths.
fn canonical_quantities(map: &mut Option<BTreeMap<String, RawQuantity>>) {
    for raw in map.iter_mut().flat_map(|map| map.values_mut()) {
        canonical_quantity(raw);
        if let Ok(exact) = Quantity::from_str(&raw.0)
            && exact != exact.rounded_up_to_milli()
        {
            raw.0 = exact.rounded_up_to_milli().to_string();
        }
    }
}

fn canonical_quantity(quantity: &mut RawQuantity) {
    // Upstream keeps a plain number as it was written: `+1`, `1.`.
    let written = quantity.0.trim_start_matches('+').trim_end_matches('.');
    if let Ok(text) = canonical(&quantity.0)
        && text != written
    {
        quantity.0 = text;
    }
}
