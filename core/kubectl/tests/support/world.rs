//! A machine with kubectl, and an API server without controllers.

use std::collections::BTreeMap;

use apiserver::{ApiServer, Caller, Settings};
use engine::{Duration, Instant, Random};
use k8s_openapi::api::core::v1::{Namespace, NamespaceSpec};
use model::{Metadata, Object};
use shell::file_system::{Layer, Mount};
use shell::host::{Host, InUse, ListenerId, NetworkNamespace, Received, Resolved, SocketId, SocketState};
use shell::kernel::OutputStream;
use shell::{Completion, Context, ContextId, ContextSpec, Io, Machine, Programs, Stdio, Step, utilities};

#[derive(Clone)]
pub struct Kubectl;

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
    type State = kubectl::State;
    type World = Cluster;
    fn find(name: &str, _: &Context) -> bool {
        name == "kubectl"
    }
    fn start(_: &str, args: &[String]) -> Option<kubectl::State> {
        Some(kubectl::start(args))
    }
    fn step(state: &mut kubectl::State, io: &mut Io<'_>, world: &mut Cluster) -> Step {
        state.step(io, &mut world.0)
    }
    fn complete(_: &[String], _: &Context, _: &mut Cluster) -> Vec<Completion> {
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
            self.machine.notify_world();
            let wake = self.machine.poll(&mut self.cluster, &mut self.random, self.now);
            if let Some(ended) = self.machine.exit_status(pid) {
                exit = ended.status;
                break;
            }
            match wake {
                Some(next) if next <= end => self.now = self.now.max(next),
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
