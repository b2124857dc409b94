//! DefaultPreemption: which pods of lower priority would have to go so that a pod finds a place, and on which node that does least harm.
//!
//! Simplified: disruption budgets are not weighed (the kind is not served yet), and nodes are tried in the order of their names where
//! upstream begins at a random one.
// Models pkg/scheduler/framework/preemption/preemption.go and plugins/defaultpreemption.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use store::{Key, Store};

use crate::cache::{Cache, nominated_node};
use crate::decide::describe;
use crate::framework::{self, CycleState, Rejection};
use crate::node_info::{NodeInfo, PodOnNode};

const NOT_HELPFUL: &str = "Preemption is not helpful for scheduling";
const NO_VICTIMS: &str = "No preemption victims found for incoming pod";
/// Candidates are looked for until there are a tenth of the nodes, but at least so many.
const CANDIDATES_MIN: usize = 100;

/// What came of it.
pub(crate) enum Preemption {
    /// The pods to evict from a node.
    Found { node: String, victims: Vec<Key> },
    /// No node can be freed; the text says why.
    Refused(String),
}

/// Looks for victims on the nodes that were ruled out.
pub(crate) fn find(
    cache: &Cache,
    pod: &PodOnNode,
    rejections: &[(&NodeInfo, &Rejection)],
    state: &CycleState,
    store: &Store,
) -> Preemption {
    if let Some(why) = not_eligible(cache, pod, rejections) {
        return Preemption::Refused(format!("preemption: {why}"));
    }
    let wanted = (cache.nodes.len() / 10).max(CANDIDATES_MIN);
    let mut candidates: Vec<(String, Vec<Victim>)> = Vec::new();
    let mut reasons: Vec<Vec<String>> = Vec::new();
    for (node, rejection) in rejections {
        if rejection.unresolvable {
            reasons.push(vec![NOT_HELPFUL.to_owned()]);
            continue;
        }
        if candidates.len() >= wanted {
            break;
        }
        match victims_on(cache, pod, node, state, store) {
            Ok(victims) => candidates.push((node.name().to_owned(), victims)),
            Err(why) => reasons.push(why),
        }
    }
    // The first of the best: names decide last.
    match candidates.into_iter().min_by_key(|(_, victims)| harm(victims)) {
        Some((node, victims)) => {
            Preemption::Found { node, victims: victims.into_iter().map(|victim| victim.key).collect() }
        }
        None => Preemption::Refused(format!(
            "preemption: {}",
            describe(cache.nodes.len(), reasons.iter().map(Vec::as_slice))
        )),
    }
}

/// Why the pod may not preempt.
fn not_eligible(
    cache: &Cache,
    pod: &PodOnNode,
    rejections: &[(&NodeInfo, &Rejection)],
) -> Option<&'static str> {
    if pod.object.spec::<Pod>().preemption_policy.as_deref() == Some("Never") {
        return Some("not eligible due to preemptionPolicy=Never.");
    }
    let node = nominated_node(&pod.object)?;
    if rejections.iter().any(|(other, rejection)| other.name() == node && rejection.unresolvable) {
        return None;
    }
    let going = |other: &PodOnNode| {
        let conditions = other.object.status::<Pod>().conditions.iter().flatten();
        let mut targets = conditions.filter(|condition| condition.type_ == "DisruptionTarget");
        other.object.is_deleting()
            && other.priority < pod.priority
            && targets.any(|condition| condition.reason.as_deref() == Some("PreemptionByScheduler"))
    };
    let waits = cache.nodes.get(node)?.pods.values().any(going);
    waits.then_some("not eligible due to a terminating pod on the nominated node.")
}

struct Victim {
    key: Key,
    priority: i32,
    started: Option<Time>,
}

impl Victim {
    /// More important pods first: of higher priority, then those that run for longer.
    fn rank(&self) -> (Reverse<i32>, bool, Option<&Time>) {
        (Reverse(self.priority), self.started.is_none(), self.started.as_ref())
    }
}

/// The pods that have to go from a node, the most important first; or why that would not help.
fn victims_on(
    cache: &Cache,
    pod: &PodOnNode,
    node: &NodeInfo,
    state: &CycleState,
    store: &Store,
) -> Result<Vec<Victim>, Vec<String>> {
    let lower = node.pods.iter().filter(|(_, other)| other.priority < pod.priority);
    let mut lower: Vec<Victim> = lower
        .map(|(key, other)| Victim {
            key: key.clone(),
            priority: other.priority,
            started: other.object.status::<Pod>().start_time.clone(),
        })
        .collect();
    if lower.is_empty() {
        return Err(vec![NO_VICTIMS.to_owned()]);
    }
    lower.sort_by(|one, other| one.rank().cmp(&other.rank()));
    let (mut freed, mut state) = (node.clone(), state.clone());
    let mut removed = BTreeMap::new();
    for victim in &lower {
        if let Some(other) = freed.remove(&victim.key) {
            state.change(pod, &other, &freed, store, -1);
            removed.insert(victim.key.clone(), other);
        }
    }
    if let Some(rejection) = framework::filter_with_nominated(pod, &freed, &state, cache, store) {
        return Err(rejection.reasons);
    }
    // Whoever can stay beside the pod stays, the most important first.
    lower.retain(|victim| {
        let Some(other) = removed.remove(&victim.key) else { return true };
        state.change(pod, &other, &freed, store, 1);
        freed.add(victim.key.clone(), other.clone());
        if framework::filter_with_nominated(pod, &freed, &state, cache, store).is_none() {
            return false;
        }
        freed.remove(&victim.key);
        state.change(pod, &other, &freed, store, -1);
        true
    });
    Ok(lower)
}

/// How much harm the victims are, to be compared: the highest priority among them, the sum of their priorities, their number, and of
/// those with the highest priority the one that started first, the later the better.
fn harm(victims: &[Victim]) -> (i32, i64, usize, Reverse<Option<Time>>) {
    let highest = victims.first().map_or(i32::MIN, |victim| victim.priority);
    let sum = victims.iter().map(|victim| i64::from(victim.priority) + i64::from(i32::MAX) + 1).sum();
    let highest_ones = victims.iter().filter(|victim| victim.priority == highest);
    let earliest = highest_ones.filter_map(|victim| victim.started.clone()).min();
    (highest, sum, victims.len(), Reverse(earliest))
}
