//! Benches: pieces of work whose cost is watched. They know no clock; whoever runs them times them.

use std::fmt;
use std::sync::Arc;

use apiserver::Caller;
use engine::{Duration, Instant};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use model::{Kind, Object};
use serde_json::{Value, json};
use shell::ContextId;
use store::Cursor;

use crate::{ClusterSettings, NodeSource, World};

/// Figures of a bench besides the time it took.
pub type Figures = Vec<(&'static str, f64)>;

/// A bench.
pub struct Bench {
    /// Its name.
    pub name: &'static str,
    /// What the first figure is so many of a second of.
    pub rate: Option<&'static str>,
    /// Makes what the work is done on; not timed.
    pub prepare: fn() -> Prepared,
    /// Does the work. What is left of it is dropped after the time is taken.
    pub run: fn(&mut Prepared) -> Figures,
}

/// A cluster, and somebody at its terminal.
pub struct Prepared {
    world: World,
    learner: ContextId,
}

/// What a bench showed.
pub struct Measurement {
    /// Its name.
    pub bench: &'static str,
    /// The CPU seconds it took.
    pub seconds: f64,
    /// Other figures.
    pub figures: Figures,
}

impl Bench {
    /// Runs the bench by a clock that tells seconds.
    pub fn measure(&self, clock: impl Fn() -> f64) -> Measurement {
        let mut prepared = (self.prepare)();
        let started = clock();
        let mut figures = (self.run)(&mut prepared);
        let seconds = clock() - started;
        if let (Some(rate), Some((_, count))) = (self.rate, figures.first().copied()) {
            figures.push((rate, count / seconds));
        }
        Measurement { bench: self.name, seconds, figures }
    }
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
    let values: Vec<Value> = measurements
        .iter()
        .map(|measurement| {
            let mut value = json!({ "bench": measurement.bench, "seconds": measurement.seconds });
            for (name, figure) in &measurement.figures {
                value[*name] = (*figure).into();
            }
            value
        })
        .collect();
    Value::Array(values).to_string()
}

/// No bench waits longer for its cluster.
const PATIENCE: Duration = Duration::from_secs(3600);
const KEYSTROKES: u32 = 100;
/// The large clusters.
const NODES: usize = 5_000;
const PODS_TO_SCHEDULE: usize = 10_000;
const DEPLOYMENTS: usize = 150;
const REPLICAS: usize = 1_000;

impl Bench {
    /// All benches.
    pub const ALL: &'static [Self] = &[
        Self { name: "boot", rate: None, prepare: || small(None), run: boot },
        Self { name: "deployment-1000", rate: None, prepare: || small(Some(10)), run: deployment_1000 },
        Self { name: "keystroke", rate: None, prepare: ten_pods, run: keystroke },
        Self { name: "idle-hour", rate: None, prepare: || small(Some(3)), run: idle_hour },
        Self { name: "probed-day", rate: None, prepare: probed_pods, run: day },
        Self { name: "snapshot-1000", rate: None, prepare: thousand_pods, run: snapshot },
        Self {
            name: "schedule-10000",
            rate: Some("pods_per_second"),
            prepare: pods_to_schedule,
            run: schedule,
        },
        Self { name: "pods-150000", rate: Some("pods_per_second"), prepare: many_nodes, run: many_pods },
    ];
}

/// A cluster of so many workers that has come to rest, or of three that has not begun.
fn small(workers: Option<u32>) -> Prepared {
    let settings =
        ClusterSettings { nodes: NodeSource::Workers(workers.unwrap_or(3)), ..ClusterSettings::default() };
    let world = if workers.is_some() { World::boot_settled(&settings) } else { World::boot(&settings) };
    prepared(world.expect("nodes without objects are never refused"))
}

fn prepared(mut world: World) -> Prepared {
    let learner = world.add_learner();
    Prepared { world, learner }
}

impl Prepared {
    fn run_for(&mut self, span: Duration) {
        let until = self.world.now() + span;
        self.world.run_until(until);
    }

    /// Lets time pass until it is so.
    fn run_until(&mut self, mut is_so: impl FnMut(&World) -> bool) {
        let until = self.world.now() + PATIENCE;
        while !is_so(&self.world) && self.world.step_until(until) {}
    }
}

/// A new cluster of four nodes, until it has come to rest.
fn boot(it: &mut Prepared) -> Figures {
    it.run_for(Duration::from_secs(60));
    vec![("pods", count(&it.world, Kind::Pod))]
}

/// A Deployment of 1,000 replicas on 10 nodes with full kubelets and default latencies, until all are ready.
fn deployment_1000(it: &mut Prepared) -> Figures {
    it.world.run_script(it.learner, "kubectl create deployment web --image=nginx:1.27 --replicas=1000");
    it.run_until(|world| ready(world) >= 1000);
    vec![
        ("ready", f64::from(ready(&it.world))),
        ("virtual_seconds", it.world.now().0 as f64 / 1e6),
        ("revisions", it.world.api().revision() as f64),
    ]
}

fn thousand_pods() -> Prepared {
    let mut it = small(Some(10));
    deployment_1000(&mut it);
    it
}

fn ten_pods() -> Prepared {
    let mut it = small(Some(3));
    it.world.run_script(it.learner, "kubectl create deployment web --image=nginx:1.27 --replicas=10");
    it.run_for(Duration::from_secs(30));
    it
}

/// `kubectl get pods` a hundred times in a small cluster: a hundredth of it is one answer.
fn keystroke(it: &mut Prepared) -> Figures {
    let mut printed = 0;
    for _ in 0..KEYSTROKES {
        printed += it.world.run_script(it.learner, "kubectl get pods -A").stdout.len();
    }
    vec![("answers", f64::from(KEYSTROKES)), ("bytes", printed as f64)]
}

/// An hour of a resting cluster.
fn idle_hour(it: &mut Prepared) -> Figures {
    let before = it.world.api().revision();
    it.run_for(Duration::from_secs(3600));
    vec![("revisions", (it.world.api().revision() - before) as f64)]
}

/// Thirty pods whose readiness is asked by HTTP and whose liveness by a command, each every ten seconds.
fn probed_pods() -> Prepared {
    const MANIFEST: &str = r#"kubectl apply -f - <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 30
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: nginx
        image: nginx:1.27
        readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 10}
        livenessProbe: {exec: {command: [cat, /etc/hostname]}, periodSeconds: 10}
END"#;
    let mut it = small(Some(3));
    it.world.run_script(it.learner, MANIFEST);
    it.run_until(|world| ready(world) >= 30);
    it
}

/// A day of it.
fn day(it: &mut Prepared) -> Figures {
    let before = it.world.api().revision();
    it.run_for(Duration::from_secs(24 * 3600));
    vec![("ready", f64::from(ready(&it.world))), ("revisions", (it.world.api().revision() - before) as f64)]
}

/// Saving and restoring a world of 1,000 running pods.
fn snapshot(it: &mut Prepared) -> Figures {
    let bytes = it.world.snapshot();
    let restored = World::restore(&bytes).map_or(Instant::ZERO, |world| world.now());
    let same = restored == it.world.now();
    vec![("bytes", bytes.len() as f64), ("same_instant", f64::from(u8::from(same)))]
}

/// Nodes without a machine behind them.
fn many_nodes() -> Prepared {
    nodes(&json!({ "kwok.x-k8s.io/node": "fake" }))
}

fn nodes(annotations: &Value) -> Prepared {
    let node = |number: usize| {
        let amounts = json!({ "cpu": "4", "memory": "32Gi", "pods": "110" });
        json!({
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": format!("node-{number:04}"),
                "annotations": annotations,
                "labels": {
                    "kubernetes.io/hostname": format!("node-{number:04}"),
                    "topology.kubernetes.io/zone": format!("zone-{}", number % 3),
                },
            },
            "status": {
                "capacity": amounts,
                "allocatable": amounts,
                "conditions": [{ "type": "Ready", "status": "True" }],
            },
        })
    };
    let nodes = NodeSource::Objects((0..NODES).map(node).collect());
    let settings = ClusterSettings { nodes, ..ClusterSettings::default() };
    let mut it = prepared(World::boot(&settings).expect("the nodes are as they should be"));
    it.run_for(Duration::from_secs(5));
    it
}

/// A manifest of Deployments whose pods ask for little.
fn deployments(count: usize, replicas: usize) -> String {
    let deployment = |number: usize| {
        format!(
            "---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web-{number}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web-{number}}}}}
  template:
    metadata: {{labels: {{app: web-{number}}}}}
    spec:
      containers:
      - name: pause
        image: registry.k8s.io/pause:3.10
        resources: {{requests: {{cpu: 100m, memory: 500Mi}}}}
"
        )
    };
    let all: String = (0..count).map(deployment).collect();
    format!("kubectl create -f - <<'END'\n{all}END")
}

/// 5,000 nodes, and 10,000 pods that have just been made. No agent looks after the nodes: what is measured is scheduling.
fn pods_to_schedule() -> Prepared {
    let mut it = nodes(&json!({}));
    for number in 0..PODS_TO_SCHEDULE {
        let container = json!({
            "name": "pause",
            "image": "registry.k8s.io/pause:3.10",
            "resources": { "requests": { "cpu": "100m", "memory": "500Mi" } },
        });
        let pod = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "name": format!("pod-{number:05}"), "namespace": "default" },
            "spec": { "containers": [container] },
        });
        let pod = Object::from_value(Kind::Pod, pod).expect("a pod as it should be");
        it.world.outside.api.create(&Caller::admin(), pod).expect("nothing is wrong with the pod");
    }
    it
}

fn schedule(it: &mut Prepared) -> Figures {
    let (mut bound, mut cursor) = (0, Cursor::from_start(Kind::Pod));
    it.world.touched();
    it.run_until(|world| {
        let node =
            |pod: &Option<Arc<Object>>| pod.as_ref().is_some_and(|pod| pod.spec::<Pod>().node_name.is_some());
        let changes = cursor.read(world.api().store()).into_iter().flatten();
        bound += changes.filter(|change| !node(&change.old) && node(&change.new)).count();
        bound >= PODS_TO_SCHEDULE
    });
    vec![("bound", bound as f64)]
}

/// 150 Deployments of 1,000 replicas on 5,000 nodes, until all run.
fn many_pods(it: &mut Prepared) -> Figures {
    it.world.run_script(it.learner, &deployments(DEPLOYMENTS, REPLICAS));
    let all = (DEPLOYMENTS * REPLICAS) as i32;
    for _ in 0..PATIENCE.as_secs() {
        it.run_for(Duration::from_secs(1));
        if ready(&it.world) >= all {
            break;
        }
    }
    vec![
        ("running", f64::from(ready(&it.world))),
        ("virtual_seconds", it.world.now().0 as f64 / 1e6),
        ("revisions", it.world.api().revision() as f64),
    ]
}

/// The ready replicas of all Deployments of the namespace `default`.
fn ready(world: &World) -> i32 {
    let all = world.api().store().list_namespace(Kind::Deployment, "default");
    all.map(|deployment| deployment.status::<Deployment>().ready_replicas.unwrap_or(0)).sum()
}

fn count(world: &World, kind: Kind) -> f64 {
    world.api().store().count(kind) as f64
}
