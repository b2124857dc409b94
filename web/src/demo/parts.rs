//! What the pictures are made of.

use protocol::{
    CauseView, ContainerView, DecisionView, DeploymentView, EventView, InspectorView, NodeScore, NodeView,
    OwnerView, Phase, PodView, RevisionView, Selection, StoryStep, Words,
};

const NODES: usize = 3;
const GIB: i64 = 1 << 30;

/// Pods, spread over the nodes in turn.
#[derive(Default)]
pub struct Pods {
    pub list: Vec<PodView>,
}

impl Pods {
    /// Pods of a ReplicaSet in these phases, in turn.
    pub fn add(&mut self, workload: &str, hash: &str, count: usize, phases: &[Phase]) {
        for index in 0..count {
            let node = format!("worker-{}", self.list.len() % NODES + 1);
            self.list.push(pod(workload, hash, index, &node, phases[index % phases.len()]));
        }
    }

    /// Pods that no node has room for.
    pub fn wait(&mut self, workload: &str, hash: &str, count: usize) {
        self.list.extend((0..count).map(|index| pod(workload, hash, index, "", Phase::Pending)));
    }
}

fn hue(of: &str) -> u16 {
    of.bytes().fold(7, |hue, byte| (hue + u16::from(byte) * 137) % 360)
}

/// Five letters as ReplicaSets use them.
fn suffix(seed: usize) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut rest = seed * 7_654_321 + 99_991;
    (0..5)
        .map(|_| {
            let letter = LETTERS[rest % LETTERS.len()] as char;
            rest /= LETTERS.len();
            letter
        })
        .collect()
}

fn pod(workload: &str, hash: &str, index: usize, node: &str, phase: Phase) -> PodView {
    let set = format!("{workload}-{hash}");
    let status = match phase {
        Phase::BackOff => "CrashLoopBackOff",
        Phase::Failed => "ErrImagePull",
        Phase::Creating => "ContainerCreating",
        Phase::Pending => "Pending",
        Phase::Terminating => "Terminating",
        Phase::Unknown => "Unknown",
        Phase::Succeeded => "Completed",
        Phase::Running | Phase::NotReady => "Running",
    };
    let container = ContainerView {
        name: workload.to_owned(),
        image: "nginx:1.27".to_owned(),
        ready: phase == Phase::Running,
        state: if matches!(phase, Phase::Running | Phase::NotReady) {
            "running".to_owned()
        } else {
            status.to_owned()
        },
        restarts: i32::from(phase == Phase::BackOff) * 4,
        init: false,
    };
    PodView {
        key: format!("{set}-{index}"),
        order: index as u64,
        namespace: "default".to_owned(),
        name: format!("{set}-{}", suffix(index + usize::from(hue(&set)))),
        node: node.to_owned(),
        phase,
        status: status.to_owned(),
        hue: hue(&set),
        owner: set,
        workload: workload.to_owned(),
        ip: "10.244.1.7".to_owned(),
        cpu_milli: 20,
        memory_bytes: GIB / 64,
        back_off_until_ms: (phase == Phase::BackOff).then_some(192_000 + 7_000 + index as u64 * 900),
        containers: vec![container],
    }
}

/// A node with what its pods request.
pub fn node(name: &str, pods: &Pods) -> NodeView {
    let mine = || pods.list.iter().filter(|pod| pod.node == name);
    NodeView {
        key: name.to_owned(),
        control_plane: false,
        ready: true,
        cordoned: false,
        taints: Vec::new(),
        cpu_milli: 4000,
        cpu_requested_milli: 100 + mine().map(|pod| pod.cpu_milli).sum::<i64>(),
        memory_bytes: 8 * GIB,
        memory_requested_bytes: GIB / 4 + mine().map(|pod| pod.memory_bytes).sum::<i64>(),
        pods_max: 110,
        address: "172.18.0.3".to_owned(),
    }
}

/// A Deployment in the middle of a rollout.
pub fn deployment(pods: &mut Pods) -> DeploymentView {
    use Phase::{Creating, NotReady, Running, Terminating};
    pods.add("web", "6d4cf56db6", 4, &[Running, Running, Running, Terminating]);
    pods.add("web", "5f7c9d8b64", 4, &[Running, Running, NotReady, Creating]);
    let revision = |hash: &str, number, image: &str, counts: (i32, i32, i32), cause: &str| RevisionView {
        key: format!("web-{hash}"),
        name: format!("web-{hash}"),
        revision: number,
        hue: hue(&format!("web-{hash}")),
        images: vec![image.to_owned()],
        change_cause: cause.to_owned(),
        desired: counts.0,
        current: counts.1,
        ready: counts.2,
    };
    DeploymentView {
        key: "deployment-web".to_owned(),
        namespace: "default".to_owned(),
        name: "web".to_owned(),
        desired: 6,
        updated: 4,
        ready: 5,
        available: 5,
        paused: false,
        max_surge: 2,
        max_unavailable: 1,
        strategy: "RollingUpdate".to_owned(),
        progress: (
            "ReplicaSetUpdated".to_owned(),
            "ReplicaSet \"web-5f7c9d8b64\" is progressing.".to_owned(),
        ),
        revisions: vec![
            revision(
                "5f7c9d8b64",
                2,
                "nginx:1.28",
                (4, 4, 2),
                "kubectl set image deployment web web=nginx:1.28",
            ),
            revision("6d4cf56db6", 1, "nginx:1.27", (3, 3, 3), ""),
        ],
    }
}

/// What the inspector shows of anything.
pub fn inspector(selection: Selection) -> InspectorView {
    let fact = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    let event = |warning, reason: &str, message: &str, source: &str, count, age: &str| EventView {
        warning,
        reason: reason.to_owned(),
        message: message.to_owned(),
        source: source.to_owned(),
        count,
        age: age.to_owned(),
    };
    let kin = |kind: &str, name: &str, detail: &str| OwnerView {
        selection: Selection {
            kind: kind.to_owned(),
            namespace: "default".to_owned(),
            name: name.to_owned(),
        },
        detail: detail.to_owned(),
    };
    let waits = selection.name.starts_with("big") || selection.name.starts_with("batch");
    InspectorView {
        exists: true,
        cause: waits.then(short_of_cpu),
        summary: vec![
            fact("Status", if waits { "Pending" } else { "Running" }),
            fact("Node", if waits { "" } else { "worker-2" }),
            fact("IP", if waits { "" } else { "10.244.2.14" }),
            fact("Containers", "web nginx:1.28"),
            fact("Restarts", "0"),
            fact("QoS class", "Burstable"),
            fact("Requests", "cpu 100m, memory 64Mi"),
        ],
        yaml: super::MANIFEST.to_owned(),
        describe: format!(
            "Name:             {}\nNamespace:        default\nPriority:         0\n",
            selection.name
        ),
        events: vec![
            event(
                false,
                "Scheduled",
                "Successfully assigned default/web to worker-2",
                "default-scheduler",
                1,
                "21s",
            ),
            event(
                false,
                "Pulled",
                "Container image \"nginx:1.28\" already present on machine",
                "kubelet, worker-2",
                1,
                "20s",
            ),
            event(
                true,
                "Unhealthy",
                "Readiness probe failed: HTTP probe failed with statuscode: 503",
                "kubelet, worker-2",
                3,
                "4s",
            ),
        ],
        owners: vec![kin("ReplicaSet", "web-5f7c9d8b64", "2/4 ready"), kin("Deployment", "web", "5/6 ready")],
        dependents: Vec::new(),
        story: story(),
        decisions: vec![if waits { refused() } else { decided() }],
        selection,
    }
}

/// Three nodes are full, the fourth is not for it.
fn short_of_cpu() -> CauseView {
    CauseView {
        what: Words::new("cause-unschedulable", &[("all", "4")]),
        counts: vec![
            (3, "Insufficient cpu".to_owned()),
            (1, "node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }".to_owned()),
        ],
        said: String::new(),
        log: String::new(),
    }
}

fn story() -> Vec<StoryStep> {
    let of = |kind: &str, name: &str| Selection {
        kind: kind.to_owned(),
        namespace: "default".to_owned(),
        name: name.to_owned(),
    };
    let step = |revision, at_ms, actor: &str, what: Words, because: Option<(Words, Selection)>| StoryStep {
        revision,
        at_ms,
        actor: actor.to_owned(),
        what,
        because,
    };
    let pod = || of("Pod", "web-5f7c9d8b64-x2k7p");
    let create = || Words::new("did-create", &[]);
    let bind = || Words::new("did-bind", &[("node", "worker-2")]);
    let turn = |from: &str, to: &str| Words::new("did-turn", &[("from", from), ("to", to)]);
    let scaled = Words::new("did-scale", &[("from", "3"), ("to", "4")]);
    vec![
        step(
            1401,
            171_010,
            "replicaset-controller",
            create(),
            Some((scaled, of("ReplicaSet", "web-5f7c9d8b64"))),
        ),
        step(1404, 171_030, "kube-scheduler", bind(), Some((create(), pod()))),
        step(1412, 171_420, "kubelet worker-2", turn("Pending", "ContainerCreating"), Some((bind(), pod()))),
        step(1431, 173_100, "kubelet worker-2", turn("ContainerCreating", "Running"), None),
    ]
}

fn decided() -> DecisionView {
    let scores = |values: [i64; 4]| {
        ["NodeResourcesFit", "NodeResourcesBalancedAllocation", "PodTopologySpread", "ImageLocality"]
            .into_iter()
            .zip(values)
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Vec<_>>()
    };
    let score = |node: &str, values: [i64; 4]| NodeScore {
        node: node.to_owned(),
        rejection: String::new(),
        scores: scores(values),
        total: values.iter().sum(),
    };
    DecisionView {
        at_ms: 171_030,
        node: "worker-2".to_owned(),
        equals: 1,
        message: String::new(),
        nodes: vec![
            out(
                "control-plane",
                "TaintToleration: node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }",
            ),
            score("worker-1", [92, 96, 100, 18]),
            score("worker-2", [95, 98, 200, 42]),
            score("worker-3", [90, 95, 100, 0]),
        ],
    }
}

fn out(node: &str, why: &str) -> NodeScore {
    NodeScore { node: node.to_owned(), rejection: why.to_owned(), scores: Vec::new(), total: 0 }
}

fn refused() -> DecisionView {
    let fit = "NodeResourcesFit: Insufficient cpu";
    DecisionView {
        at_ms: 171_030,
        node: String::new(),
        equals: 0,
        message: "0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 Insufficient cpu. \
                  preemption: 0/4 nodes are available: 1 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod."
            .to_owned(),
        nodes: vec![
            out("control-plane", "TaintToleration: node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }"),
            out("worker-1", fit),
            out("worker-2", fit),
            out("worker-3", fit),
        ],
    }
}
