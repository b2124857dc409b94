//! A machine with kubectl, and an API server without controllers.

use std::collections::BTreeMap;

use apiserver::{ApiServer, Caller, DeleteOptions, ListOptions, Settings};
use engine::{Duration, Instant, Random};
use k8s_openapi::api::core::v1::{
    ConfigMap, ContainerState, ContainerStateRunning, ContainerStatus, Namespace, NamespaceSpec, Node,
    NodeSpec, Pod, PodCondition, ServiceAccount,
};
use model::{Kind, Metadata, Object};
use serde::{Deserialize, Serialize};
use shell::file_system::{Layer, Mount};
use shell::host::{
    Host, InUse, ListenerId, NetworkNamespace, Received, Resolved, SocketId, SocketState, Unplugged,
};
use shell::kernel::OutputStream;
use shell::{Completion, Context, ContextId, ContextSpec, Io, Machine, Programs, Stdio, Step, utilities};

#[derive(Clone)]
pub struct Kubectl;

/// kubectl, or `tab LINE`, which prints what Tab offers after a line, or `sever`, which makes all connections vanish.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Program {
    Kubectl(kubectl::State),
    Tab(String),
    Sever,
}

pub struct Cluster(pub ApiServer);

impl Host for Cluster {
    fn resolve(&mut self, _: NetworkNamespace, _: &str) -> Resolved {
        Resolved::NotFound
    }
    fn connect(&mut self, _: NetworkNamespace, _: &str, _: u16) -> SocketId {
        SocketId(0)
    }
    fn socket_state(&self, _: SocketId) -> SocketState {
        SocketState::Refused
    }
    fn send(&mut self, _: SocketId, _: &[u8]) -> bool {
        false
    }
    fn receive(&mut self, _: SocketId, _: usize) -> Received {
        Received::Reset
    }
    fn close(&mut self, _: SocketId) {}
    fn listen(&mut self, _: NetworkNamespace, _: u16) -> Result<ListenerId, InUse> {
        Ok(ListenerId(0))
    }
    fn accept(&mut self, _: ListenerId) -> Option<SocketId> {
        None
    }
    fn stop_listening(&mut self, _: ListenerId) {}
    fn peer(&self, _: SocketId) -> Option<(String, u16)> {
        None
    }
    fn ping(&mut self, _: NetworkNamespace, _: &str) -> bool {
        false
    }
}

impl Programs for Kubectl {
    type State = Program;
    type World = Cluster;
    fn find(name: &str, _: &Context) -> bool {
        matches!(name, "kubectl" | "tab" | "sever")
    }
    fn start(name: &str, args: &[String]) -> Option<Program> {
        Some(match name {
            "tab" => Program::Tab(args[1].clone()),
            "sever" => Program::Sever,
            _ => Program::Kubectl(kubectl::start(args)),
        })
    }
    fn step(state: &mut Program, io: &mut Io<'_>, world: &mut Cluster) -> Step {
        match state {
            Program::Kubectl(state) => state.step(io, &mut world.0, &mut Unplugged),
            Program::Tab(line) => {
                let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
                if line.ends_with(' ') {
                    words.push(String::new());
                }
                for offered in kubectl::complete(&words, io, &world.0) {
                    io.out(&format!("{}\n", offered.word));
                }
                Step::Exit(0)
            }
            Program::Sever => {
                for id in world.0.connection_ids() {
                    world.0.close_connection(id);
                }
                Step::Exit(0)
            }
        }
    }
    fn complete(_: &[String], _: &mut Io<'_>, _: &mut Cluster) -> Vec<Completion> {
        Vec::new()
    }
}

pub struct World {
    machine: Machine<Kubectl>,
    cluster: Cluster,
    random: Random,
    now: Instant,
    context: ContextId,
}

impl World {
    pub fn new(namespace: &str) -> Self {
        let settings = Settings::default();
        let epoch = settings.epoch_seconds;
        let mut api = ApiServer::new(settings);
        if namespace != "default" {
            let object = Object::new::<Namespace>(Metadata::named("", namespace), NamespaceSpec::default());
            api.create(&Caller::admin(), object).unwrap();
        }
        furnish(&mut api, namespace);
        let mut machine = Machine::new(epoch);
        let config = kubectl::admin_kubeconfig("https://192.168.49.1:6443").replace(
            "    user: kubernetes-admin\n",
            &format!("    user: kubernetes-admin\n    namespace: {namespace}\n"),
        );
        let layer = Layer::builder(epoch)
            .programs("/bin", &utilities::names())
            .folder("/tmp", 0o1777)
            .folder("/root", 0o755)
            .folder("/root/.kube", 0o755)
            .file("/root/.kube/config", config.as_str(), 0o600)
            .folder("/work", 0o755)
            .build();
        machine.storage_mut().add_layer("test", || layer);
        let tree = machine.storage_mut().add_tree(Some("test"), None);
        let context = machine
            .create_context(ContextSpec { mounts: vec![Mount::new("/", tree)], ..ContextSpec::default() });
        Self { machine, cluster: Cluster(api), random: Random::new(1), now: Instant::ZERO, context }
    }

    pub fn run_script(&mut self, script: &str) -> (String, String, i32) {
        let kernel = &mut self.machine.kernel;
        let capture = kernel.create_capture();
        let input = kernel.create_input_queue();
        kernel.close_input_queue(input);
        let stdio = [Stdio::Queue(input), Stdio::Capture(capture), Stdio::Capture(capture)];
        let environment: BTreeMap<String, String> = [("PATH", "/bin"), ("HOME", "/root"), ("PWD", "/work")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let argv = ["bash", "-c", script].map(str::to_owned).to_vec();
        let pid = self.machine.spawn(self.context, argv, environment, "/work", stdio, self.now).unwrap();
        let mut exit = -1;
        let end = self.now + Duration::from_secs(60);
        loop {
            self.cluster.0.set_now(self.now);
            run_pods(&mut self.cluster.0);
            self.machine.notify_world();
            let wake = self.machine.poll(&mut self.cluster, &mut self.random, self.now);
            if let Some(ended) = self.machine.exit_status(pid) {
                exit = ended.status;
                break;
            }
            match wake {
                Some(next) if next <= end => self.now = next.max(self.now + Duration::from_millis(1)),
                _ if self.now < end => self.now += Duration::from_secs(1),
                _ => break,
            }
        }
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        for chunk in self.machine.kernel.take_capture(capture) {
            match chunk.stream {
                OutputStream::Stdout => stdout.extend(chunk.bytes),
                OutputStream::Stderr => stderr.extend(chunk.bytes),
            }
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&stdout), text(&stderr), exit)
    }
}

/// What controllers make in a new namespace.
fn furnish(api: &mut ApiServer, namespace: &str) {
    let account =
        Object::new::<ServiceAccount>(Metadata::named(namespace, "default"), ServiceAccount::default());
    api.create(&Caller::admin(), account).unwrap();
    let data = [("ca.crt".to_owned(), "none".to_owned())].into();
    let mut map = Object::new::<ConfigMap>(
        Metadata::named(namespace, "kube-root-ca.crt"),
        ConfigMap { data: Some(data), ..ConfigMap::default() },
    );
    map.metadata_mut().annotations.insert("kubernetes.io/description".to_owned(), "long\ntext".to_owned());
    api.create(&Caller::admin(), map).unwrap();
    for name in ["node-1", "node-2", "node-3"] {
        api.create(&Caller::admin(), Object::new::<Node>(Metadata::named("", name), NodeSpec::default()))
            .unwrap();
    }
}

/// Lets pods that the default scheduler would place run at once, and takes away those that are to go.
fn run_pods(api: &mut ApiServer) {
    let caller = Caller::admin();
    for pod in api.list(&caller, Kind::Pod, "", &ListOptions::default()).unwrap().items {
        let (namespace, name) = (pod.namespace(), pod.name());
        let spec = pod.spec::<Pod>();
        if pod.is_deleting() && pod.metadata.finalizers.is_empty() {
            let now = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
            let _ = api.delete(&caller, Kind::Pod, namespace, name, &now);
        }
        let ours =
            spec.scheduler_name.as_deref() == Some("default-scheduler") && spec.node_selector.is_none();
        if !ours || spec.node_name.is_some() || spec.scheduling_gates.is_some() {
            continue;
        }
        api.bind(&caller, namespace, name, "", "node-1").unwrap();
        let mut pod = Object::clone(&api.get(&caller, Kind::Pod, namespace, name).unwrap());
        let statuses = spec.containers.iter().map(|container| ContainerStatus {
            name: container.name.clone(),
            image: container.image.clone().unwrap_or_default(),
            ready: true,
            state: Some(ContainerState {
                running: Some(ContainerStateRunning::default()),
                ..ContainerState::default()
            }),
            ..ContainerStatus::default()
        });
        let statuses = statuses.collect();
        let status = pod.status_mut::<Pod>();
        status.phase = Some("Running".to_owned());
        status.pod_ip = Some("10.244.1.2".to_owned());
        status.container_statuses = Some(statuses);
        let ready =
            PodCondition { type_: "Ready".to_owned(), status: "True".to_owned(), ..PodCondition::default() };
        status.conditions.get_or_insert_default().push(ready);
        api.update_status(&caller, pod).unwrap();
    }
}

/// What differs from run to run is masked: ids, times, versions, ages.
pub fn normal(text: &str) -> String {
    const RULES: &[(&str, &str)] = &[
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
        (r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000", "<time>"),
        (r#"(resourceVersion"?: *"?)\d+"#, "$1<rv>"),
        (r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ", "<klog> "),
        (r"\b10\.96\.\d+\.\d+\b", "<cluster-ip>"),
        (r"/tmp/[\w./-]+", "<path>"),
        (r"\b\d+m\d+s\b", "<age>"),
        (r"\b\d+(\.\d+)?s\b", "<age>"),
    ];
    let mut text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    for (pattern, to) in RULES {
        text = regex_lite::Regex::new(pattern).unwrap().replace_all(&text, *to).into_owned();
    }
    text
}
