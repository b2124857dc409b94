//! The stage as changes: what a frame has to draw anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use apiserver::{ApiServer, Refusal};
use k8s_openapi::api::core::v1::Pod;
use model::{Kind, Object};
use protocol::{
    Changes, ComponentView, DeploymentView, NodeView, Phase, PodView, PulseView, ServiceView, StageChange,
};
use store::{Change, Key};

use crate::World;

use super::deployment::deployment_view;
use super::node::node_view;
use super::pod::pod_view;
use super::service::{SERVICE_NAME, service_view};

/// More pulses than this in one frame are not seen anyway.
const PULSES_MAX: usize = 48;

/// What has been drawn, so that only changes are sent.
#[derive(Clone, Debug, Default)]
pub struct StageTracker {
    revision: u64,
    /// How many refused requests have been seen.
    refusals: u64,
    drawn: bool,
    orders: Orders,
    /// The uids of pods that have no node, and of those that may be held back.
    waiting: BTreeSet<String>,
    held_back: BTreeSet<String>,
    nodes: BTreeMap<String, NodeView>,
    pods: BTreeMap<String, PodView>,
    deployments: BTreeMap<String, DeploymentView>,
    services: BTreeMap<String, ServiceView>,
    components: BTreeMap<String, ComponentView>,
}

/// In which order pods came. It outlives what is drawn: after an undo each tile stands where it stood.
#[derive(Clone, Debug, Default)]
struct Orders {
    next: u64,
    by_uid: BTreeMap<String, u64>,
}

/// The keys whose views have to be worked out again.
#[derive(Default)]
struct Touched {
    nodes: BTreeSet<String>,
    pods: BTreeSet<Key>,
    deployments: BTreeSet<Key>,
    services: BTreeSet<Key>,
    gone: Vec<(Kind, String)>,
}

impl StageTracker {
    /// Forgets what was drawn: the next change is the whole.
    pub fn reset(&mut self) {
        *self = Self { orders: std::mem::take(&mut self.orders), ..Self::default() };
    }

    /// What changed since the last call.
    pub fn change(&mut self, world: &World) -> StageChange {
        let api = world.api();
        let mut change = StageChange { reset: !self.drawn, ..StageChange::default() };
        if self.drawn {
            change.pulses.extend(api.refusals_after(self.refusals).map(refused));
        }
        self.refusals = api.refusals();
        if self.drawn && self.revision == api.revision() {
            self.back_offs(world, &mut change);
            return change;
        }
        let touched = if self.drawn { self.touched(api, &mut change.pulses) } else { None };
        // Of what was compacted away meanwhile nobody can say what went: the whole is drawn anew.
        let touched = touched.unwrap_or_else(|| {
            let refusals = self.refusals;
            self.reset();
            self.refusals = refusals;
            change = StageChange { reset: true, ..StageChange::default() };
            everything(api)
        });
        self.drawn = true;
        self.revision = api.revision();
        self.update(world, touched, &mut change);
        self.back_offs(world, &mut change);
        self.components(api, &mut change);
        change
    }

    fn touched(&self, api: &ApiServer, pulses: &mut Vec<PulseView>) -> Option<Touched> {
        let mut touched = Touched::default();
        let mut seen: Vec<&Change> = Vec::new();
        for kind in Kind::all() {
            for change in api.store().changes(kind, self.revision).ok()? {
                touched.note(api, kind, change);
                if !matches!(kind, Kind::Event | Kind::Lease) {
                    seen.push(change);
                }
            }
        }
        seen.sort_by_key(|change| change.revision);
        let skipped = seen.len().saturating_sub(PULSES_MAX);
        pulses.extend(seen.into_iter().skip(skipped).map(pulse));
        Some(touched)
    }

    fn update(&mut self, world: &World, touched: Touched, change: &mut StageChange) {
        let api = world.api();
        for (kind, uid) in touched.gone {
            match kind {
                Kind::Pod => {
                    self.waiting.remove(&uid);
                    self.held_back.remove(&uid);
                    remove(&mut self.pods, uid, &mut change.pods);
                }
                Kind::Deployment => remove(&mut self.deployments, uid, &mut change.deployments),
                Kind::Service => remove(&mut self.services, uid, &mut change.services),
                Kind::Node => remove(&mut self.nodes, uid, &mut change.nodes),
                _ => {}
            }
        }
        let store = api.store();
        for node in touched.nodes {
            if let Some(object) = store.get(Kind::Node, "", &node) {
                set(&mut self.nodes, node, node_view(api, object), &mut change.nodes);
            }
        }
        self.orders.number(touched.pods.iter().filter_map(|key| store.get_key(Kind::Pod, key)));
        for key in touched.pods {
            if let Some(object) = store.get_key(Kind::Pod, &key) {
                self.update_pod(api, object, &mut change.pods);
            }
        }
        self.orders.forget(&self.pods);
        for key in touched.deployments {
            if let Some(object) = store.get_key(Kind::Deployment, &key) {
                let view = deployment_view(api, object);
                set(&mut self.deployments, object.uid().to_owned(), view, &mut change.deployments);
            }
        }
        for key in touched.services {
            if let Some(object) = store.get_key(Kind::Service, &key) {
                set(
                    &mut self.services,
                    object.uid().to_owned(),
                    service_view(api, object),
                    &mut change.services,
                );
            }
        }
    }

    fn update_pod(&mut self, api: &ApiServer, pod: &Object, changes: &mut Changes<PodView>) {
        let uid = pod.uid().to_owned();
        let view = pod_view(api, pod, self.orders.of(&uid));
        keep(&mut self.waiting, &uid, is_waiting(pod));
        keep(&mut self.held_back, &uid, matches!(view.phase, Phase::BackOff | Phase::Failed));
        set(&mut self.pods, uid, view, changes);
    }

    /// Until when pods are held back only their kubelets know: it is in no object.
    fn back_offs(&mut self, world: &World, change: &mut StageChange) {
        let now_ms = world.now().0 / 1000;
        for uid in &self.held_back {
            let Some(pod) = self.pods.get_mut(uid) else { continue };
            let until = world.kubelets.held_back_until(uid).map(|at| at.0 / 1000).filter(|at| *at > now_ms);
            if pod.back_off_until_ms != until {
                pod.back_off_until_ms = until;
                change.pods.set.retain(|view| view.key != *uid);
                change.pods.set.push(pod.clone());
            }
        }
    }

    fn components(&mut self, api: &ApiServer, change: &mut StageChange) {
        let waiting = self.waiting.len();
        let parts = [
            ("kube-apiserver", String::new()),
            ("etcd", api.revision().to_string()),
            ("kube-scheduler", if waiting == 0 { String::new() } else { waiting.to_string() }),
            ("kube-controller-manager", String::new()),
        ];
        for (key, detail) in parts {
            let view = ComponentView { key: key.to_owned(), detail };
            set(&mut self.components, key.to_owned(), view, &mut change.components);
        }
    }
}

/// Numbers of pods that are gone are kept for an undo, up to so many.
const GONE_MAX: usize = 10_000;

impl Orders {
    /// Numbers those that were not seen before: by age, then by name.
    fn number<'a>(&mut self, pods: impl Iterator<Item = &'a Arc<Object>>) {
        let mut new: Vec<&Arc<Object>> = pods.filter(|pod| !self.by_uid.contains_key(pod.uid())).collect();
        new.sort_by_key(|pod| {
            (pod.metadata.creation_timestamp.as_ref().map(|at| at.0), pod.namespace(), pod.name())
        });
        for pod in new {
            self.by_uid.insert(pod.uid().to_owned(), self.next);
            self.next += 1;
        }
    }

    fn of(&self, uid: &str) -> u64 {
        self.by_uid.get(uid).copied().unwrap_or(self.next)
    }

    fn forget(&mut self, alive: &BTreeMap<String, PodView>) {
        if self.by_uid.len() > alive.len() + GONE_MAX {
            self.by_uid.retain(|uid, _| alive.contains_key(uid));
        }
    }
}

impl Touched {
    fn note(&mut self, api: &ApiServer, kind: Kind, change: &Change) {
        let object = change.object();
        match kind {
            Kind::Node => {
                self.nodes.insert(object.name().to_owned());
            }
            Kind::Pod => {
                self.pods.insert(change.key.clone());
                let nodes = change
                    .old
                    .iter()
                    .chain(&change.new)
                    .filter_map(|pod| pod.spec::<Pod>().node_name.clone());
                self.nodes.extend(nodes);
            }
            Kind::Deployment => {
                self.deployments.insert(change.key.clone());
            }
            Kind::ReplicaSet => {
                let owner = object.metadata.controller();
                self.deployments.extend(owner.map(|owner| Key::new(object.namespace(), &owner.name)));
            }
            Kind::Service => {
                self.services.insert(change.key.clone());
            }
            Kind::EndpointSlice => {
                let service = object.labels().get(SERVICE_NAME);
                self.services.extend(service.map(|name| Key::new(object.namespace(), name)));
            }
            _ => {}
        }
        if let (Some(old), true) = (&change.old, is_replaced(api, kind, change)) {
            let key = if kind == Kind::Node { old.name() } else { old.uid() };
            self.gone.push((kind, key.to_owned()));
        }
    }
}

/// Whether what was there is gone for good: nothing stands there now, or something else of the same name.
fn is_replaced(api: &ApiServer, kind: Kind, change: &Change) -> bool {
    change.is_deletion()
        && api.store().get_key(kind, &change.key).is_none_or(|now| now.uid() != change.object().uid())
}

fn everything(api: &ApiServer) -> Touched {
    let keys = |kind: Kind| api.store().list(kind).map(|object| Key::of(object)).collect();
    Touched {
        nodes: api.store().list(Kind::Node).map(|node| node.name().to_owned()).collect(),
        pods: keys(Kind::Pod),
        deployments: keys(Kind::Deployment),
        services: keys(Kind::Service),
        gone: Vec::new(),
    }
}

fn is_waiting(pod: &Object) -> bool {
    pod.spec::<Pod>().node_name.is_none() && !pod.is_deleting()
}

fn keep(among: &mut BTreeSet<String>, uid: &str, is_one: bool) {
    if !is_one {
        among.remove(uid);
    } else if !among.contains(uid) {
        among.insert(uid.to_owned());
    }
}

fn set<T: Clone + PartialEq>(
    drawn: &mut BTreeMap<String, T>,
    key: String,
    view: T,
    changes: &mut Changes<T>,
) {
    if drawn.get(&key) != Some(&view) {
        drawn.insert(key, view.clone());
        changes.set.push(view);
    }
}

fn remove<T>(drawn: &mut BTreeMap<String, T>, key: String, changes: &mut Changes<T>) {
    if drawn.remove(&key).is_some() {
        changes.removed.push(key);
    }
}

fn pulse(change: &Change) -> PulseView {
    let object = change.object();
    let verb = match (&change.old, &change.new) {
        (None, _) => "create",
        (_, None) => "delete",
        _ => "update",
    };
    PulseView {
        actor: super::story::actor_name(&change.actor),
        verb: verb.to_owned(),
        resource: object.info().plural.to_owned(),
        name: object.name().to_owned(),
        uid: object.uid().to_owned(),
        at_ms: change.at.0 / 1000,
        refused: String::new(),
    }
}

fn refused(refusal: &Refusal) -> PulseView {
    PulseView {
        actor: super::story::actor_name(&refusal.user),
        verb: refusal.verb.to_owned(),
        resource: refusal.kind.info().plural.to_owned(),
        name: refusal.name.clone(),
        uid: String::new(),
        at_ms: refusal.at.0 / 1000,
        refused: format!("{} {:?}", refusal.reason.code(), refusal.reason),
    }
}
