//! The stage as changes: what a frame has to draw anew.

use std::collections::{BTreeMap, BTreeSet};

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
    nodes: BTreeMap<String, NodeView>,
    pods: BTreeMap<String, PodView>,
    deployments: BTreeMap<String, DeploymentView>,
    services: BTreeMap<String, ServiceView>,
    components: BTreeMap<String, ComponentView>,
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
        *self = Self::default();
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
            *self = Self { refusals: self.refusals, ..Self::default() };
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
                Kind::Pod => remove(&mut self.pods, uid, &mut change.pods),
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
        for key in touched.pods {
            if let Some(object) = store.get_key(Kind::Pod, &key) {
                set(&mut self.pods, object.uid().to_owned(), pod_view(api, object), &mut change.pods);
            }
        }
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

    /// Until when pods are held back only their kubelets know: it is in no object.
    fn back_offs(&mut self, world: &World, change: &mut StageChange) {
        let now_ms = world.now().0 / 1000;
        for pod in self.pods.values_mut().filter(|pod| matches!(pod.phase, Phase::BackOff | Phase::Failed)) {
            let until =
                world.kubelets.held_back_until(&pod.key).map(|at| at.0 / 1000).filter(|at| *at > now_ms);
            if pod.back_off_until_ms != until {
                pod.back_off_until_ms = until;
                change.pods.set.retain(|view| view.key != pod.key);
                change.pods.set.push(pod.clone());
            }
        }
    }

    fn components(&mut self, api: &ApiServer, change: &mut StageChange) {
        let waiting = api.store().list(Kind::Pod).filter(|pod| is_waiting(pod)).count();
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
