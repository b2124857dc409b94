//! Slices as they are against slices as they should be: what is right stays where it stands, the rest moves as little as it can.
//! Models `k8s.io/endpointslice/reconciler.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::discovery::v1::{Endpoint, EndpointPort, EndpointSlice};
use model::metadata::StringMap;
use model::status::Result;
use model::{Kind, Metadata, Object};
use store::{Change, Key};

use crate::controller::Context;
use crate::{md5, services};

/// A slice holds so many endpoints.
const ENDPOINTS_MAX: usize = 100;
const SERVICE_NAME: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";

/// Labels that are the slices' own, whatever their owner's are.
pub(crate) const RESERVED_LABELS: [&str; 3] = [SERVICE_NAME, MANAGED_BY, services::HEADLESS];

/// Endpoints with the same ports and the same type of address.
struct Group {
    address_type: String,
    ports: Vec<EndpointPort>,
    endpoints: Vec<Endpoint>,
}

/// All endpoints of a service, by group.
#[derive(Default)]
pub(crate) struct Groups(Vec<Group>);

impl Groups {
    pub(crate) fn add(&mut self, address_type: &str, ports: Vec<EndpointPort>, endpoint: Endpoint) {
        let found =
            self.0.iter_mut().find(|group| group.ports == ports && group.address_type == address_type);
        if let Some(group) = found {
            group.endpoints.push(endpoint);
        } else {
            let address_type = address_type.to_owned();
            self.0.push(Group { address_type, ports, endpoints: vec![endpoint] });
        }
    }

    /// The groups with their ports in order; those that are then the same are one.
    fn ordered(self) -> Vec<Group> {
        let mut ordered: Vec<Group> = Vec::with_capacity(self.0.len());
        for mut group in self.0 {
            group.ports.sort_by_cached_key(port_digest);
            let is_same =
                |other: &&mut Group| other.ports == group.ports && other.address_type == group.address_type;
            match ordered.iter_mut().find(is_same) {
                Some(same) => same.endpoints.append(&mut group.endpoints),
                None => ordered.push(group),
            }
        }
        ordered
    }
}

/// The slices that a service should have.
pub(crate) struct Desired {
    /// What the slices go with: the service, or the Endpoints that they mirror.
    pub(crate) owner: Arc<Object>,
    pub(crate) service: String,
    pub(crate) managed_by: &'static str,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) annotations: Vec<(String, String)>,
    pub(crate) trigger_time: Option<String>,
    pub(crate) groups: Groups,
    /// Whether an empty slice stands where there are no endpoints.
    pub(crate) keeps_placeholder: bool,
}

/// The service of a slice that somebody else changed or removed.
pub(crate) fn service_of(change: &Change, managed_by: &str) -> Option<Key> {
    let slice = change.object();
    if slice.labels().get(MANAGED_BY).map(String::as_str) != Some(managed_by) {
        return None;
    }
    slice.labels().get(SERVICE_NAME).map(|service| Key::new(slice.namespace(), service))
}

impl Desired {
    pub(crate) fn reconcile(mut self, context: &mut Context<'_>) -> Result<()> {
        let mut existing = self.existing(context);
        let mut groups = std::mem::take(&mut self.groups).ordered();
        if groups.is_empty() && self.keeps_placeholder {
            groups.push(Group { address_type: "IPv4".to_owned(), ports: Vec::new(), endpoints: Vec::new() });
        }
        for group in groups {
            let is_of_group = |slice: &Arc<Object>| {
                let spec = slice.spec::<EndpointSlice>();
                spec.address_type == group.address_type
                    && spec.ports.as_deref().unwrap_or_default() == group.ports
            };
            let (slices, others) = existing.into_iter().partition(|slice| is_of_group(slice));
            existing = others;
            self.reconcile_group(context, group, slices)?;
        }
        for surplus in existing {
            delete(context, &surplus)?;
        }
        Ok(())
    }

    /// The slices that are its own to change.
    fn existing(&self, context: &Context<'_>) -> Vec<Arc<Object>> {
        let is_own = |slice: &&Arc<Object>| {
            let label = |name: &str| slice.labels().get(name).map(String::as_str);
            !slice.is_deleting()
                && label(SERVICE_NAME) == Some(self.service.as_str())
                && label(MANAGED_BY) == Some(self.managed_by)
        };
        context
            .store()
            .list_namespace(Kind::EndpointSlice, self.owner.namespace())
            .filter(is_own)
            .cloned()
            .collect()
    }

    fn reconcile_group(
        &self,
        context: &mut Context<'_>,
        group: Group,
        slices: Vec<Arc<Object>>,
    ) -> Result<()> {
        let Group { address_type, ports, endpoints: mut left } = group;
        let mut filled: Vec<(Arc<Object>, Vec<Endpoint>)> = Vec::with_capacity(slices.len());
        for slice in slices {
            let is_owned = slice.metadata.controller().is_some_and(|owner| owner.uid == self.owner.uid());
            if !is_owned {
                delete(context, &slice)?;
                continue;
            }
            let kept = take_known(&mut left, &slice.spec::<EndpointSlice>().endpoints);
            filled.push((slice, kept));
        }
        for (_, endpoints) in &mut filled {
            let room = ENDPOINTS_MAX.saturating_sub(endpoints.len()).min(left.len());
            endpoints.extend(left.drain(..room));
        }
        let mut is_placeholder_needed = self.keeps_placeholder;
        for (slice, endpoints) in filled {
            if endpoints.is_empty() && !std::mem::take(&mut is_placeholder_needed) {
                delete(context, &slice)?;
            } else {
                is_placeholder_needed &= endpoints.is_empty();
                self.update(context, &slice, endpoints)?;
            }
        }
        while !left.is_empty() || is_placeholder_needed {
            let count = ENDPOINTS_MAX.min(left.len());
            let endpoints: Vec<Endpoint> = left.drain(..count).collect();
            self.create(context, &address_type, &ports, endpoints)?;
            is_placeholder_needed = false;
        }
        Ok(())
    }

    fn update(&self, context: &mut Context<'_>, slice: &Arc<Object>, endpoints: Vec<Endpoint>) -> Result<()> {
        let labels = self.all_labels();
        let has_annotations =
            self.annotations.iter().all(|(key, value)| slice.annotations().get(key) == Some(value));
        if slice.spec::<EndpointSlice>().endpoints == endpoints
            && *slice.labels() == labels
            && has_annotations
        {
            return Ok(());
        }
        let mut updated = Object::clone(slice);
        updated.spec_mut::<EndpointSlice>().endpoints = endpoints;
        let metadata = updated.metadata_mut();
        metadata.labels = labels;
        metadata.annotations.extend(self.all_annotations());
        context.api.update(context.caller, updated).map(|_| ())
    }

    fn create(
        &self,
        context: &mut Context<'_>,
        address_type: &str,
        ports: &[EndpointPort],
        endpoints: Vec<Endpoint>,
    ) -> Result<()> {
        let metadata = Metadata {
            namespace: self.owner.namespace().to_owned(),
            generate_name: Some(format!("{}-", self.service)),
            labels: self.all_labels(),
            annotations: self.all_annotations().collect(),
            owner_references: vec![self.owner.controller_reference()],
            ..Metadata::default()
        };
        let slice = EndpointSlice {
            address_type: address_type.to_owned(),
            endpoints,
            ports: (!ports.is_empty()).then(|| ports.to_vec()),
            ..EndpointSlice::default()
        };
        context.api.create(context.caller, Object::new::<EndpointSlice>(metadata, slice)).map(|_| ())
    }

    fn all_labels(&self) -> StringMap {
        let own = [
            (SERVICE_NAME.to_owned(), self.service.clone()),
            (MANAGED_BY.to_owned(), self.managed_by.to_owned()),
        ];
        self.labels.iter().cloned().chain(own).collect()
    }

    fn all_annotations(&self) -> impl Iterator<Item = (String, String)> {
        let time = self.trigger_time.clone().map(|time| (services::TRIGGER_TIME.to_owned(), time));
        self.annotations.iter().cloned().chain(time)
    }
}

/// Takes from `left` the endpoints that a slice already has, as they are to be now, in the slice's order.
fn take_known(left: &mut Vec<Endpoint>, known: &[Endpoint]) -> Vec<Endpoint> {
    let mut by_identity: BTreeMap<Identity, usize> =
        left.iter().enumerate().map(|(index, endpoint)| (identity(endpoint), index)).collect();
    let taken: Vec<usize> =
        known.iter().filter_map(|endpoint| by_identity.remove(&identity(endpoint))).collect();
    let mut slots: Vec<Option<Endpoint>> = std::mem::take(left).into_iter().map(Some).collect();
    let kept = taken.into_iter().filter_map(|index| slots[index].take()).collect();
    *left = slots.into_iter().flatten().collect();
    kept
}

/// What makes an endpoint the same one: the pod behind it and its addresses.
type Identity = (Option<String>, Vec<String>);

fn identity(endpoint: &Endpoint) -> Identity {
    let uid = endpoint.target_ref.as_ref().and_then(|target| target.uid.clone());
    (uid, endpoint.addresses.clone())
}

fn delete(context: &mut Context<'_>, slice: &Object) -> Result<()> {
    let options = apiserver::DeleteOptions::default();
    match context.api.delete(context.caller, Kind::EndpointSlice, slice.namespace(), slice.name(), &options) {
        Err(status) if !status.is_not_found() => Err(status),
        _ => Ok(()),
    }
}

/// Upstream orders ports by a digest of how Go prints them.
fn port_digest(port: &EndpointPort) -> [u8; 16] {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "<nil>".to_owned());
    let number = port.port.map_or_else(|| "<nil>".to_owned(), |number| number.to_string());
    let printed = format!(
        "(v1.EndpointPort){{Name:(*string){} Protocol:(*v1.Protocol){} Port:(*int32){number} AppProtocol:(*string){}}}",
        text(&port.name),
        text(&port.protocol),
        text(&port.app_protocol),
    );
    md5::digest(printed.as_bytes())
}
