//! Still pictures in place of a world, by `?demo=NAME`: for looking at the page's design with few, many and failing pods, and for its tests.
//!
//! `empty`, `quiet` (30 pods), `busy` (300), `broken` (300, half of them failing), `rollout`, `pending`.

mod parts;

use protocol::{
    Changes, ClockView, Command, ComponentView, FileView, Happening, Moment, NodeView, Phase, Reply,
    Selection, ServiceView, StageChange, Update,
};

use self::parts::{Pods, deployment, inspector, node};

const NOW_MS: u64 = 192_000;

/// A still picture.
pub struct Demo {
    name: String,
}

impl Demo {
    /// The picture of a name; an unknown name is `quiet`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }

    /// All that there is to see.
    #[must_use]
    pub fn first_updates(&self) -> Vec<Update> {
        let mut pods = Pods::default();
        let mut deployments = Vec::new();
        match self.name.as_str() {
            "empty" => {}
            "busy" => {
                pods.add("web", "6d4cf56db6", 120, &[Phase::Running]);
                pods.add(
                    "api",
                    "7b9f8d5c44",
                    100,
                    &[Phase::Running, Phase::Running, Phase::Running, Phase::NotReady],
                );
                pods.add("worker", "5c8b7f6d99", 72, &[Phase::Running, Phase::Running, Phase::Creating]);
                pods.wait("batch", "58d9c7b6f5", 8);
            }
            "broken" => {
                pods.add(
                    "web",
                    "6d4cf56db6",
                    110,
                    &[Phase::Running, Phase::BackOff, Phase::Running, Phase::Failed],
                );
                pods.add("api", "7b9f8d5c44", 90, &[Phase::BackOff, Phase::Running, Phase::NotReady]);
                pods.add(
                    "worker",
                    "5c8b7f6d99",
                    76,
                    &[Phase::Failed, Phase::Running, Phase::Unknown, Phase::Terminating],
                );
                pods.wait("batch", "58d9c7b6f5", 24);
            }
            "rollout" => {
                deployments.push(deployment(&mut pods));
            }
            "pending" => {
                pods.add("web", "6d4cf56db6", 9, &[Phase::Running]);
                pods.wait("big", "58d9c7b6f5", 3);
            }
            _ => {
                pods.add(
                    "web",
                    "6d4cf56db6",
                    18,
                    &[Phase::Running, Phase::Running, Phase::Running, Phase::Running, Phase::Creating],
                );
                pods.add(
                    "api",
                    "7b9f8d5c44",
                    9,
                    &[Phase::Running, Phase::NotReady, Phase::Running, Phase::BackOff],
                );
                pods.wait("batch", "58d9c7b6f5", 3);
            }
        }
        let mut nodes: Vec<NodeView> =
            (1..=3).map(|number| node(&format!("worker-{number}"), &pods)).collect();
        nodes.push(NodeView { control_plane: true, ..node("control-plane", &pods) });
        if self.name == "broken" {
            nodes[1].ready = false;
            nodes[2].cordoned = true;
            nodes[2].taints = vec!["gpu=true:NoSchedule".to_owned()];
        }
        let services = vec![
            service("kubernetes", "10.96.0.1", &[], "443/TCP"),
            service("web", "10.96.41.7", &pods.list, "80/TCP"),
        ];
        let stage = StageChange {
            reset: true,
            nodes: set(nodes),
            services: set(services),
            deployments: set(deployments),
            components: set(components()),
            pods: set(pods.list),
            pulses: Vec::new(),
        };
        vec![
            Update::Started { restored: false, terminals: 1 },
            Update::Lessons(Vec::new()),
            Update::Clock(clock()),
            Update::Stage(stage),
            Update::Happened(happenings()),
            Update::Files(vec![FileView { path: "web.yaml".to_owned(), text: MANIFEST.to_owned() }]),
            Update::Terminal { terminal: 1, bytes: TERMINAL.replace('\n', "\r\n").into_bytes() },
        ]
    }

    /// What a command changes: only what is picked. Questions get an empty answer.
    pub fn answer(&mut self, command: Command) -> Vec<Update> {
        match command {
            Command::Inspect(Some(selection)) => {
                vec![Update::Inspector(Some(Box::new(inspector(selection))))]
            }
            Command::Inspect(None) => vec![Update::Inspector(None)],
            Command::Ask { id, .. } => vec![Update::Reply { id, reply: Ok(Reply::Done) }],
            _ => Vec::new(),
        }
    }
}

fn set<T>(set: Vec<T>) -> Changes<T> {
    Changes { set, removed: Vec::new() }
}

fn clock() -> ClockView {
    let moment = |at_ms, label: &str| Moment { at_ms, label: label.to_owned() };
    ClockView {
        now_ms: NOW_MS,
        epoch_seconds: 1_760_000_000,
        speed: 1.0,
        paused: true,
        next_ms: None,
        can_undo: true,
        moments: vec![
            moment(42_000, "kubectl apply -f web.yaml"),
            moment(96_000, "kubectl scale deployment web --replicas=6"),
            moment(171_000, "kubectl set image deployment web web=nginx:1.28"),
        ],
    }
}

fn components() -> Vec<ComponentView> {
    let part = |key: &str, detail: &str| ComponentView { key: key.to_owned(), detail: detail.to_owned() };
    vec![
        part("kube-apiserver", ""),
        part("etcd", "1482"),
        part("kube-scheduler", "3"),
        part("kube-controller-manager", ""),
    ]
}

fn service(name: &str, address: &str, pods: &[protocol::PodView], port: &str) -> ServiceView {
    let of = |phase: Phase| {
        pods.iter()
            .filter(|pod| pod.workload == name && pod.phase == phase)
            .map(|pod| pod.key.clone())
            .collect()
    };
    ServiceView {
        key: format!("service-{name}"),
        namespace: "default".to_owned(),
        name: name.to_owned(),
        service_type: "ClusterIP".to_owned(),
        cluster_ip: address.to_owned(),
        ports: vec![port.to_owned()],
        ready_pods: of(Phase::Running),
        unready_pods: of(Phase::NotReady),
    }
}

fn happenings() -> Vec<Happening> {
    let happening = |at_ms, warning, reason: &str, message: &str, name: &str| Happening {
        at_ms,
        warning,
        reason: reason.to_owned(),
        message: message.to_owned(),
        about: Selection { kind: "Pod".to_owned(), namespace: "default".to_owned(), name: name.to_owned() },
    };
    vec![
        happening(
            171_020,
            false,
            "Scheduled",
            "Successfully assigned default/web-5f7c9d8b64-x2k7p to worker-2",
            "web-5f7c9d8b64-x2k7p",
        ),
        happening(
            172_300,
            false,
            "Pulled",
            "Successfully pulled image \"nginx:1.28\" in 1.1s",
            "web-5f7c9d8b64-x2k7p",
        ),
        happening(
            188_000,
            true,
            "BackOff",
            "Back-off restarting failed container api",
            "api-7b9f8d5c44-aabac",
        ),
    ]
}

const MANIFEST: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 6\n  selector:\n    matchLabels:\n      app: web\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.27\n        resources:\n          requests:\n            cpu: 100m\n            memory: 64Mi\n";

const TERMINAL: &str = "\x1b[32mlearner\x1b[0m:\x1b[34m~\x1b[0m$ kubectl get deployment
NAME   READY   UP-TO-DATE   AVAILABLE   AGE
web    6/6     6            6           2m30s
\x1b[32mlearner\x1b[0m:\x1b[34m~\x1b[0m$ kubectl set image deployment web web=nginx:1.28
deployment.apps/web image updated
\x1b[32mlearner\x1b[0m:\x1b[34m~\x1b[0m$ kubectl rollout status deployment web
Waiting for deployment \"web\" rollout to finish: 3 out of 6 new replicas have been updated...
";
