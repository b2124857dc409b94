//! InterPodAffinity: pods that must, or would rather, share a topology (a node, a zone) with other pods, or keep away from them.
// Models pkg/scheduler/framework/plugins/interpodaffinity.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Affinity, Pod, PodAffinityTerm, WeightedPodAffinityTerm};
use model::selector::Selector;
use model::{Kind, Object};
use store::Store;

mod filtering;
mod scoring;

pub(crate) use filtering::{State, filter};
pub(crate) use scoring::score;

/// A topology's key and value.
type Topology = (String, String);
/// How many pods, or how much weight, each topology has.
type Counts = BTreeMap<Topology, i64>;

/// One term, ready to be matched.
#[derive(Clone, Debug)]
struct Term {
    topology_key: String,
    selector: Selector,
    namespaces: BTreeSet<String>,
    namespace_selector: Option<Selector>,
}

impl Term {
    fn of(term: &PodAffinityTerm, owner: &Object) -> Self {
        let mut namespaces: BTreeSet<String> = term.namespaces.iter().flatten().cloned().collect();
        if namespaces.is_empty() && term.namespace_selector.is_none() {
            namespaces.insert(owner.namespace().to_owned());
        }
        let namespace_selector = term
            .namespace_selector
            .as_ref()
            .map(|selector| Selector::from_typed(Some(selector)).unwrap_or_else(|_| Selector::nothing()));
        Self {
            topology_key: term.topology_key.clone(),
            selector: Selector::from_typed(term.label_selector.as_ref())
                .unwrap_or_else(|_| Selector::nothing()),
            namespaces,
            namespace_selector,
        }
    }

    fn matches(&self, pod: &Object, store: &Store) -> bool {
        let place = pod.namespace();
        let there = || {
            let selector = self.namespace_selector.as_ref()?;
            Some(selector.matches(store.get(Kind::Namespace, "", place)?.labels()))
        };
        self.selector.matches(pod.labels()) && (self.namespaces.contains(place) || there() == Some(true))
    }
}

fn affinity(pod: &Object) -> Option<&Affinity> {
    pod.spec::<Pod>().affinity.as_ref()
}

/// Whether the pod has a rule about other pods at all.
pub(crate) fn is_affine(pod: &Object) -> bool {
    affinity(pod).is_some_and(|it| it.pod_affinity.is_some() || it.pod_anti_affinity.is_some())
}

/// The terms that must hold: pods to be near to.
fn required(pod: &Object) -> Vec<Term> {
    let terms = affinity(pod).and_then(|it| it.pod_affinity.as_ref());
    let terms = terms.and_then(|it| it.required_during_scheduling_ignored_during_execution.as_ref());
    terms.into_iter().flatten().map(|term| Term::of(term, pod)).collect()
}

/// The terms that must hold: pods to keep away from.
fn required_anti(pod: &Object) -> Vec<Term> {
    let terms = affinity(pod).and_then(|it| it.pod_anti_affinity.as_ref());
    let terms = terms.and_then(|it| it.required_during_scheduling_ignored_during_execution.as_ref());
    terms.into_iter().flatten().map(|term| Term::of(term, pod)).collect()
}

/// What the pod would like, each with its weight: negative for pods to keep away from.
fn preferred(pod: &Object) -> Vec<(i64, Term)> {
    let near = affinity(pod).and_then(|it| it.pod_affinity.as_ref());
    let near = near.and_then(|it| it.preferred_during_scheduling_ignored_during_execution.as_ref());
    let far = affinity(pod).and_then(|it| it.pod_anti_affinity.as_ref());
    let far = far.and_then(|it| it.preferred_during_scheduling_ignored_during_execution.as_ref());
    let term = |term: &WeightedPodAffinityTerm, sign: i64| {
        (sign * i64::from(term.weight), Term::of(&term.pod_affinity_term, pod))
    };
    let near = near.into_iter().flatten().map(|it| term(it, 1));
    let far = far.into_iter().flatten().map(|it| term(it, -1));
    near.chain(far).collect()
}

fn matches_all(terms: &[Term], pod: &Object, store: &Store) -> bool {
    !terms.is_empty() && terms.iter().all(|term| term.matches(pod, store))
}

/// Whether a pod that came may let `waiting` in, which this plugin kept out.
pub(crate) fn may_help_by_coming(waiting: &Object, came: &Object, store: &Store) -> bool {
    matches_all(&required(waiting), came, store)
}

/// Whether a pod that went may let `waiting` in. Upstream asks the waiting pod's own rules only, not those of the pod that went.
pub(crate) fn may_help_by_going(waiting: &Object, went: &Object, store: &Store) -> bool {
    required_anti(waiting).iter().any(|term| term.matches(went, store))
}
