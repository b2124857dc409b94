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
    /// Whether a slice has exactly these annotations.
    pub(crate) copies_annotations: bool,
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

/// A slice that is not there yet.
struct NewSlice {
    address_type: String,
    ports: Vec<EndpointPort>,
    endpoints: Vec<Endpoint>,
}

/// What is to be written.
#[derive(Default)]
struct Plan {
    create: Vec<NewSlice>,
    update: Vec<(Arc<Object>, Vec<Endpoint>)>,
    delete: Vec<Arc<Object>>,
}

impl Desired {
    pub(crate) fn reconcile(mut self, context: &mut Context<'_>) -> Result<()> {
        let groups = std::mem::take(&mut self.groups).ordered();
        let plan = self.plan(self.existing(context), groups);
        self.carry_out(context, plan)
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

    fn plan(&self, existing: Vec<Arc<Object>>, groups: Vec<Group>) -> Plan {
        let count = existing.len();
        let is_owned = |slice: &Arc<Object>| {
            slice.metadata.controller().is_some_and(|owner| owner.uid == self.owner.uid())
        };
        let (mut existing, strange): (Vec<_>, Vec<_>) = existing.into_iter().partition(is_owned);
        let mut plan = Plan { delete: strange, ..Plan::default() };
        for group in groups {
            let (slices, others) =
                existing.into_iter().partition(|slice| is_of(slice, &group.address_type, &group.ports));
            existing = others;
            self.plan_group(&mut plan, group, slices);
        }
        plan.delete.extend(existing);
        if self.keeps_placeholder && plan.create.is_empty() && plan.delete.len() == count {
            self.plan_placeholder(&mut plan);
        }
        plan
    }

    /// What is right stays; what is missing goes into slices that change anyway, or into the fullest that has room, or into new ones.
    fn plan_group(&self, plan: &mut Plan, group: Group, slices: Vec<Arc<Object>>) {
        let Group { address_type, ports, endpoints: mut left } = group;
        let (mut changed, mut unchanged) = (Vec::new(), Vec::new());
        for slice in slices {
            let before = &slice.spec::<EndpointSlice>().endpoints;
            let kept = take_known(&mut left, before);
            if kept.is_empty() {
                plan.delete.push(slice);
            } else if kept != *before || !self.has_metadata(&slice) {
                changed.push((slice, kept));
            } else {
                unchanged.push((slice, kept));
            }
        }
        for (_, endpoints) in &mut changed {
            let room = ENDPOINTS_MAX.saturating_sub(endpoints.len()).min(left.len());
            endpoints.extend(left.drain(..room));
        }
        while !left.is_empty() {
            if let Some(index) = fullest_with_room(&unchanged, left.len()) {
                let (slice, mut endpoints) = unchanged.swap_remove(index);
                endpoints.append(&mut left);
                changed.push((slice, endpoints));
            } else {
                let endpoints = left.drain(..ENDPOINTS_MAX.min(left.len())).collect();
                let (address_type, ports) = (address_type.clone(), ports.clone());
                plan.create.push(NewSlice { address_type, ports, endpoints });
            }
        }
        plan.update.append(&mut changed);
    }

    /// Where no slice would be left, an empty one stays, or takes the place of the others.
    fn plan_placeholder(&self, plan: &mut Plan) {
        let is_placeholder = |slice: &Arc<Object>| {
            is_of(slice, "IPv4", &[])
                && slice.spec::<EndpointSlice>().endpoints.is_empty()
                && self.has_metadata(slice)
        };
        if let [only] = plan.delete.as_slice()
            && is_placeholder(only)
        {
            plan.delete.clear();
            return;
        }
        let address_type = "IPv4".to_owned();
        plan.create.push(NewSlice { address_type, ports: Vec::new(), endpoints: Vec::new() });
    }

    /// A slice that would go is made the one that would come, where there is one.
    fn carry_out(&self, context: &mut Context<'_>, plan: Plan) -> Result<()> {
        let mut delete = plan.delete.into_iter();
        for new in plan.create {
            match delete.next() {
                Some(slice) => self.recycle(context, &slice, new)?,
                None => self.create(context, new)?,
            }
        }
        for (slice, endpoints) in plan.update {
            self.update(context, &slice, endpoints)?;
        }
        delete.try_for_each(|slice| remove(context, &slice))
    }

    /// Whether labels are as they should be; annotations only where they are copied.
    fn has_metadata(&self, slice: &Object) -> bool {
        *slice.labels() == self.all_labels()
            && (!self.copies_annotations || *slice.annotations() == self.all_annotations())
    }

    fn update(&self, context: &mut Context<'_>, slice: &Arc<Object>, endpoints: Vec<Endpoint>) -> Result<()> {
        let mut updated = Object::clone(slice);
        updated.spec_mut::<EndpointSlice>().endpoints = endpoints;
        let metadata = updated.metadata_mut();
        metadata.labels = self.all_labels();
        if self.copies_annotations {
            // Such a slice is written as if anew, but for its name.
            metadata.generate_name = None;
            metadata.annotations.clear();
        }
        metadata.annotations.remove(services::TRIGGER_TIME);
        metadata.annotations.extend(self.all_annotations());
        context.api.update(context.caller, updated).map(|_| ())
    }

    fn recycle(&self, context: &mut Context<'_>, slice: &Object, new: NewSlice) -> Result<()> {
        let mut wanted = self.new_slice(new);
        let recycled = wanted.metadata_mut();
        slice.name().clone_into(&mut recycled.name);
        slice.uid().clone_into(&mut recycled.uid);
        context.api.update(context.caller, wanted).map(|_| ())
    }

    fn create(&self, context: &mut Context<'_>, new: NewSlice) -> Result<()> {
        let wanted = self.new_slice(new);
        context.api.create(context.caller, wanted).map(|_| ())
    }

    fn new_slice(&self, new: NewSlice) -> Object {
        let metadata = Metadata {
            namespace: self.owner.namespace().to_owned(),
            generate_name: Some(format!("{}-", self.service)),
            labels: self.all_labels(),
            annotations: self.all_annotations(),
            owner_references: vec![self.owner.controller_reference()],
            ..Metadata::default()
        };
        let slice = EndpointSlice {
            address_type: new.address_type,
            endpoints: new.endpoints,
            ports: (!new.ports.is_empty()).then_some(new.ports),
            ..EndpointSlice::default()
        };
        Object::new::<EndpointSlice>(metadata, slice)
    }

    fn all_labels(&self) -> StringMap {
        let own = [
            (SERVICE_NAME.to_owned(), self.service.clone()),
            (MANAGED_BY.to_owned(), self.managed_by.to_owned()),
        ];
        self.labels.iter().cloned().chain(own).collect()
    }

    fn all_annotations(&self) -> StringMap {
        let time = self.trigger_time.clone().map(|time| (services::TRIGGER_TIME.to_owned(), time));
        self.annotations.iter().cloned().chain(time).collect()
    }
}

fn is_of(slice: &Object, address_type: &str, ports: &[EndpointPort]) -> bool {
    let spec = slice.spec::<EndpointSlice>();
    spec.address_type == address_type && spec.ports.as_deref().unwrap_or_default() == ports
}

fn fullest_with_room(slices: &[(Arc<Object>, Vec<Endpoint>)], count: usize) -> Option<usize> {
    let has_room =
        |(_, slice): &(usize, &(Arc<Object>, Vec<Endpoint>))| slice.1.len() + count <= ENDPOINTS_MAX;
    let fullest = slices.iter().enumerate().filter(has_room).max_by_key(|(_, slice)| slice.1.len());
    fullest.map(|(index, _)| index)
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

fn remove(context: &mut Context<'_>, slice: &Object) -> Result<()> {
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
