//! Benches: pieces of work whose cost is watched. They know no clock; whoever runs them times them.

use std::fmt;

use engine::{Duration, Instant};
use k8s_openapi::api::apps::v1::Deployment;
use model::Kind;
use shell::ContextId;

use crate::{ClusterSettings, NodeSource, World};

/// A bench.
pub struct Bench {
    /// Its name.
    pub name: &'static str,
    /// Does the work; answers figures besides the time it took.
    pub run: fn() -> Vec<(&'static str, f64)>,
}

/// What a bench showed.
pub struct Measurement {
    /// Its name.
    pub bench: &'static str,
    /// The CPU seconds it took.
    pub seconds: f64,
    /// Other figures.
    pub figures: Vec<(&'static str, f64)>,
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<24}{:>10.4} s", self.bench, self.seconds)?;
        for (name, figure) in &self.figures {
            write!(f, "   {name} {figure:.1}")?;
        }
        Ok(())
    }
}

/// The measurements as JSON.
#[must_use]
pub fn to_json(measurements: &[Measurement]) -> String {
    let values: Vec<serde_json::Value> = measurements
        .iter()
        .map(|measurement| {
            let mut value = serde_json::json!({ "bench": measurement.bench, "seconds": measurement.seconds });
            for (name, figure) in &measurement.figures {
                value[*name] = (*figure).into();
            }
            value
        })
        .collect();
    serde_json::Value::Array(values).to_string()
}

/// No bench waits longer for its cluster.
const PATIENCE: Duration = Duration::from_secs(3600);
const KEYSTROKES: u32 = 100;

impl Bench {
    /// All benches.
    pub const ALL: &'static [Self] = &[
        Self { name: "boot", run: boot },
        Self { name: "deployment-1000", run: deployment_1000 },
        Self { name: "keystroke", run: keystroke },
        Self { name: "idle-hour", run: idle_hour },
        Self { name: "snapshot-1000", run: snapshot_1000 },
    ];
}

fn cluster(workers: u32) -> (World, ContextId) {
    let settings = ClusterSettings { nodes: NodeSource::Workers(workers), ..ClusterSettings::default() };
    let mut world = World::boot_settled(&settings).expect("nodes without objects are never refused");
    let learner = world.add_learner();
    (world, learner)
}

/// A new cluster of four nodes, until it has come to rest.
fn boot() -> Vec<(&'static str, f64)> {
    let (world, _) = cluster(3);
    vec![("pods", count(&world, Kind::Pod))]
}

fn thousand_replicas() -> (World, ContextId) {
    let (mut world, learner) = cluster(10);
    world.run_script(learner, "kubectl create deployment web --image=nginx:1.27 --replicas=1000");
    let until = world.now() + PATIENCE;
    while ready(&world) < 1000 && world.step_until(until) {}
    (world, learner)
}

/// A Deployment of 1,000 replicas on 10 nodes with full kubelets and default latencies, until all are ready.
fn deployment_1000() -> Vec<(&'static str, f64)> {
    let (world, _) = thousand_replicas();
    vec![
        ("ready", f64::from(ready(&world))),
        ("virtual_seconds", world.now().0 as f64 / 1e6),
        ("revisions", world.api().revision() as f64),
    ]
}

/// `kubectl get pods` a hundred times in a small cluster: a hundredth of it is one answer.
fn keystroke() -> Vec<(&'static str, f64)> {
    let (mut world, learner) = cluster(3);
    world.run_script(learner, "kubectl create deployment web --image=nginx:1.27 --replicas=10");
    let settled = world.now() + Duration::from_secs(30);
    world.run_until(settled);
    let mut printed = 0;
    for _ in 0..KEYSTROKES {
        printed += world.run_script(learner, "kubectl get pods -A").stdout.len();
    }
    vec![("answers", f64::from(KEYSTROKES)), ("bytes", printed as f64)]
}

/// An hour of a resting cluster.
fn idle_hour() -> Vec<(&'static str, f64)> {
    let (mut world, _) = cluster(3);
    let before = world.api().revision();
    let until = world.now() + Duration::from_secs(3600);
    world.run_until(until);
    vec![("revisions", (world.api().revision() - before) as f64)]
}

/// Saving and restoring a world of 1,000 running pods.
fn snapshot_1000() -> Vec<(&'static str, f64)> {
    let (world, _) = thousand_replicas();
    let bytes = world.snapshot();
    let restored = World::restore(&bytes).map_or(Instant::ZERO, |world| world.now());
    vec![("bytes", bytes.len() as f64), ("same_instant", f64::from(u8::from(restored == world.now())))]
}

fn ready(world: &World) -> i32 {
    let found = world.api().store().get(Kind::Deployment, "default", "web");
    found.and_then(|web| web.status::<Deployment>().ready_replicas).unwrap_or(0)
}

fn count(world: &World, kind: Kind) -> f64 {
    world.api().store().count(kind) as f64
}
