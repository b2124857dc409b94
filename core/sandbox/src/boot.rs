//! How a world begins: its nodes, what runs in kube-system, the learner's computer.

use std::net::Ipv4Addr;

use apiserver::{ApiServer, Caller, Settings};
use engine::{Instant, Random};
use kubelet::{Image, Images, Kubelets, NodeConfig};
use model::{Kind, Object, Status};
use network::{Cidr, Network};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shell::file_system::{Layer, Mount};
use shell::{ContextId, ContextSpec, Machine};

use crate::outside::Outside;
use crate::script::Environment;
use crate::world::World;

mod system;

/// The learner's home folder.
pub const HOME: &str = "/home/learner";
const USER: &str = "learner";
/// What the learner's computer calls itself.
const COMPUTER: &str = "podarium";
const USER_ID: u32 = 1000;
/// When the learner's computer was installed, in Unix seconds: 2025-01-01.
const INSTALLED: i64 = 1_735_689_600;
/// The first node's address ends in this; the others follow.
const FIRST_NODE_HOST: u8 = 2;
const FIRST_NODE_NETWORK: u8 = 49;
/// The pod network has ranges for so many nodes, the control plane's among them.
const NODES_MAX: u32 = 256;
/// What the streams of programs and of the network grow from, beside the API server's.
const SEEDS_APART: (u64, u64) = (0x5EED_0001, 0x5EED_0002);

/// Which nodes a cluster has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum NodeSource {
    /// A node `control-plane`, and so many workers `worker-1`... with full kubelets.
    Workers(u32),
    /// Exactly these Node objects; no control plane and nothing in kube-system.
    Objects(#[serde(with = "model::tree")] Vec<Value>),
    /// Nodes with full kubelets as described; no control plane and nothing in kube-system.
    Described(Vec<NodeConfig>),
}

/// What a cluster stands on and does not own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Site {
    /// Images besides the public ones, and in the place of those of the same names.
    pub images: Vec<Image>,
    /// Whether registries can be reached: where they cannot, nodes have the images that they were given.
    pub online: bool,
    /// What the machine calls itself on which nodes without a machine of their own are played.
    pub machine_name: String,
}

impl Default for Site {
    fn default() -> Self {
        Self { images: Vec::new(), online: true, machine_name: COMPUTER.to_owned() }
    }
}

/// What a world begins with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClusterSettings {
    /// Its nodes.
    pub nodes: NodeSource,
    /// What randomness grows from.
    pub seed: u64,
    /// What time it is, in seconds since 1970.
    pub epoch_seconds: i64,
    /// What it stands on.
    pub site: Site,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        let Settings { epoch_seconds, seed, .. } = Settings::default();
        Self { nodes: NodeSource::Workers(3), seed, epoch_seconds, site: Site::default() }
    }
}

impl Site {
    fn all_images(&self) -> Images {
        let mut images = Images::default();
        for image in &self.images {
            images.publish(image.clone());
        }
        if !self.online {
            images.go_offline();
        }
        images
    }
}

impl World {
    /// A new world, in which nothing has happened yet: its components start as time begins to pass.
    ///
    /// # Errors
    /// If a given Node object is refused.
    pub fn boot(settings: &ClusterSettings) -> Result<Self, Status> {
        let api = ApiServer::new(Settings {
            epoch_seconds: settings.epoch_seconds,
            seed: settings.seed,
            ..Settings::default()
        });
        let outside =
            Outside { api, network: Network::default(), random: Random::new(settings.seed ^ SEEDS_APART.0) };
        let machine = Machine::new(settings.epoch_seconds);
        let kubelets = Kubelets::new(settings.site.all_images()).played_on(&settings.site.machine_name);
        let random = Random::new(settings.seed ^ SEEDS_APART.1);
        let mut world = Self::new(outside, machine, kubelets, random);
        match &settings.nodes {
            NodeSource::Workers(workers) if *workers >= NODES_MAX => {
                let message = format!(
                    "{workers} workers: the pod network 10.244.0.0/16 has room for {}",
                    NODES_MAX - 1
                );
                return Err(Status::bad_request(message));
            }
            NodeSource::Workers(workers) => world.add_cluster(*workers),
            NodeSource::Objects(objects) => world.add_node_objects(objects)?,
            NodeSource::Described(configs) => {
                for config in configs {
                    world.start_node(config.clone());
                }
            }
        }
        Ok(world)
    }

    /// A new world in which the cluster has come to rest.
    ///
    /// # Errors
    /// If a given Node object is refused.
    pub fn boot_settled(settings: &ClusterSettings) -> Result<Self, Status> {
        let mut world = Self::boot(settings)?;
        world.run_until(Instant::ZERO + system::SETTLING);
        Ok(world)
    }

    fn add_cluster(&mut self, workers: u32) {
        let names =
            std::iter::once("control-plane".to_owned()).chain((1..=workers).map(|n| format!("worker-{n}")));
        for (index, name) in names.enumerate() {
            let mut config = NodeConfig::new(&name, node_address(index), pod_cidr(index));
            system::preload(&mut config, index == 0);
            self.start_node(config);
        }
        system::install(&mut self.outside.api);
    }

    fn start_node(&mut self, config: NodeConfig) {
        let Outside { api, network, .. } = &mut self.outside;
        self.kubelets.start_node(api, network, config);
    }

    fn add_node_objects(&mut self, objects: &[Value]) -> Result<(), Status> {
        for value in objects {
            let read = Object::from_value(Kind::Node, value.clone());
            let node = read.map_err(|error| Status::bad_request(error.to_string()))?;
            self.outside.api.create(&Caller::admin(), node)?;
        }
        Ok(())
    }

    /// The learner's computer: it stands beside the first node and reaches all that a node reaches.
    pub fn add_learner(&mut self) -> ContextId {
        let namespace = self.outside.network.add_node(USER, Ipv4Addr::new(192, 168, 49, 1), None);
        let storage = self.machine.storage_mut();
        storage.add_layer(USER, learner_layer);
        let tree = storage.add_tree(Some(USER), None);
        self.machine.create_context(ContextSpec {
            hostname: COMPUTER.to_owned(),
            netns: shell::NetworkNamespace(namespace.0),
            mounts: vec![Mount::new("/", tree)],
            uid: USER_ID,
            gid: USER_ID,
            home: HOME.to_owned(),
            ..ContextSpec::default()
        })
    }
}

/// Node addresses fill networks of 250, from 192.168.49.0 on.
fn node_address(index: usize) -> Ipv4Addr {
    let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    Ipv4Addr::new(
        192,
        168,
        byte(usize::from(FIRST_NODE_NETWORK) + index / 250),
        FIRST_NODE_HOST + byte(index % 250),
    )
}

/// As the node IPAM controller cuts 10.244.0.0/16: 256 nodes at most.
fn pod_cidr(index: usize) -> Option<Cidr> {
    let third = u8::try_from(index).ok()?;
    Cidr::new(Ipv4Addr::new(10, 244, third, 0), 24)
}

fn learner_layer() -> Layer {
    Layer::builder(INSTALLED)
        .programs("/usr/bin", &shell::utilities::names())
        .programs("/usr/local/bin", &["kubectl"])
        .symlink("/bin", "usr/bin")
        .folder("/etc", 0o755)
        .file("/etc/hostname", format!("{COMPUTER}\n"), 0o644)
        .file(
            "/etc/passwd",
            format!("root:x:0:0:root:/root:/bin/bash\n{USER}:x:{USER_ID}:{USER_ID}::{HOME}:/bin/bash\n"),
            0o644,
        )
        .file("/etc/group", format!("root:x:0:\n{USER}:x:{USER_ID}:\n"), 0o644)
        .folder("/root", 0o700)
        .folder("/tmp", 0o1777)
        .folder("/var/log", 0o755)
        .owner(USER_ID, USER_ID)
        .folder(HOME, 0o755)
        .folder(&format!("{HOME}/.kube"), 0o750)
        .file(&format!("{HOME}/.kube/config"), system::kubeconfig(), 0o600)
        .build()
}

/// The environment that a learner's shell begins with.
pub(crate) fn environment() -> Environment {
    let variables = [
        ("HOME", HOME),
        ("USER", USER),
        ("LOGNAME", USER),
        ("SHELL", "/bin/bash"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LANG", "C.UTF-8"),
        ("TERM", "xterm-256color"),
    ];
    variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
