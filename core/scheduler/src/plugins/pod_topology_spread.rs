//! PodTopologySpread: pods that match a constraint's selector stand about equally on each topology (node, zone). Hard constraints
//! filter, soft ones score; a pod without any is spread softly with its like by the cluster's default constraints.
// Models pkg/scheduler/framework/plugins/podtopologyspread.

use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::{Pod, Service, TopologySpreadConstraint};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use model::metadata::StringMap;
use model::selector::Selector;
use model::{Kind, Object};
use store::Store;

use crate::cache::Cache;
use crate::groups::GroupId;
use crate::node_info::{HOSTNAME, NodeInfo, PodOnNode, ZONE};
use crate::plugins::{node_affinity, taint_toleration};

mod filtering;
mod scoring;

pub(crate) use filtering::{State, filter};
pub(crate) use scoring::score;

/// The constraints that hold when a pod has none of its own: topology and how far it may be uneven.
const DEFAULT_CONSTRAINTS: [(&str, i32); 2] = [(HOSTNAME, 3), (ZONE, 5)];

/// One constraint, ready to be counted.
#[derive(Clone, Debug)]
struct Constraint {
    topology_key: String,
    skew_max: i64,
    domains_min: usize,
    counted: Counted,
    /// Nodes that the pod's node selector excludes count all the same.
    ignores_affinity: bool,
    /// Nodes whose taints the pod does not tolerate do not count.
    honors_taints: bool,
}

/// Which pods a constraint counts.
#[derive(Clone, Debug)]
enum Counted {
    /// Those that a selector matches.
    Selected(Selector),
    /// Those that are of one service and one workload with the pod.
    Alike { labels: StringMap, owner: Option<Selector> },
}

impl Counted {
    fn matches(&self, labels: &StringMap) -> bool {
        match self {
            Self::Selected(selector) => selector.matches(labels),
            Self::Alike { labels: wanted, owner } => {
                wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
                    && owner.as_ref().is_none_or(|owner| owner.matches(labels))
            }
        }
    }
}

impl Constraint {
    fn of(constraint: &TopologySpreadConstraint, pod: &Object) -> Self {
        Self {
            topology_key: constraint.topology_key.clone(),
            skew_max: i64::from(constraint.max_skew),
            domains_min: constraint.min_domains.and_then(|count| usize::try_from(count).ok()).unwrap_or(1),
            counted: Counted::Selected(selector(constraint, pod)),
            ignores_affinity: constraint.node_affinity_policy.as_deref() == Some("Ignore"),
            honors_taints: constraint.node_taints_policy.as_deref() == Some("Honor"),
        }
    }

    /// Whether the pods of a node are counted.
    fn includes(&self, pod: &PodOnNode, node: &NodeInfo) -> bool {
        (self.ignores_affinity || node_affinity::filter(pod, node).is_none())
            && (!self.honors_taints || taint_toleration::filter(pod, node).is_none())
    }

    /// Whether the pods of every node are counted.
    fn includes_all(&self, pod: &PodOnNode) -> bool {
        (self.ignores_affinity || !node_affinity::is_choosy(pod)) && !self.honors_taints
    }

    /// The groups of pods that are counted.
    fn groups(&self, cache: &Cache, pod: &PodOnNode) -> Vec<GroupId> {
        cache.groups.matching(pod.object.namespace(), |labels| self.counted.matches(labels))
    }
}

/// The constraint's selector, narrowed to pods with the pod's own value of each of `matchLabelKeys`.
fn selector(constraint: &TopologySpreadConstraint, pod: &Object) -> Selector {
    let Some(mut typed) = constraint.label_selector.clone() else { return Selector::nothing() };
    for key in constraint.match_label_keys.iter().flatten() {
        if let Some(value) = pod.labels().get(key) {
            typed.match_expressions.get_or_insert_default().push(LabelSelectorRequirement {
                key: key.clone(),
                operator: "In".to_owned(),
                values: Some(vec![value.clone()]),
            });
        }
    }
    from(&typed)
}

fn from(selector: &LabelSelector) -> Selector {
    Selector::from_typed(Some(selector)).unwrap_or_else(|_| Selector::nothing())
}

fn constraints(pod: &Object, when_unsatisfiable: &str) -> Vec<Constraint> {
    let all = pod.spec::<Pod>().topology_spread_constraints.iter().flatten();
    let wanted = all.filter(|constraint| constraint.when_unsatisfiable == when_unsatisfiable);
    wanted.map(|constraint| Constraint::of(constraint, pod)).collect()
}

/// The cluster's default constraints, for a pod that a service selects or a workload owns.
fn default_constraints(store: &Store, pod: &Object) -> Vec<Constraint> {
    let mut labels = StringMap::new();
    for service in store.list_namespace(Kind::Service, pod.namespace()) {
        let wanted = service.spec::<Service>().selector.as_ref();
        if let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty())
            && wanted.iter().all(|(key, value)| pod.labels().get(key) == Some(value))
        {
            labels.extend(wanted.clone());
        }
    }
    let owner = pod.metadata.controller().filter(|owner| owner.kind == "ReplicaSet").and_then(|owner| {
        let set = store.get(Kind::ReplicaSet, pod.namespace(), &owner.name)?;
        Some(from(&set.spec::<ReplicaSet>().selector))
    });
    if labels.is_empty() && owner.is_none() {
        return Vec::new();
    }
    let constraint = |(topology, skew_max): (&str, i32)| Constraint {
        topology_key: topology.to_owned(),
        skew_max: i64::from(skew_max),
        domains_min: 1,
        counted: Counted::Alike { labels: labels.clone(), owner: owner.clone() },
        ignores_affinity: false,
        honors_taints: false,
    };
    DEFAULT_CONSTRAINTS.map(constraint).into()
}

fn has_all_keys(constraints: &[Constraint], node: &NodeInfo) -> bool {
    constraints.iter().all(|constraint| node.topology(&constraint.topology_key).is_some())
}

/// Whether a pod that came or went may let `waiting` in, which this plugin kept out.
pub(crate) fn may_help(waiting: &Object, other: &Object) -> bool {
    other.namespace() == waiting.namespace()
        && constraints(waiting, "DoNotSchedule")
            .iter()
            .any(|constraint| constraint.counted.matches(other.labels()))
}
