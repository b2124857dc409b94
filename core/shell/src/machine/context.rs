//! A context: where a process runs. The learner's computer, a node and a container are one each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::file_system::{Layer, Mount, TreeId};
use crate::host::NetworkNamespace;
use crate::kernel::{Kernel, Pid};

/// A context of the machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct ContextId(pub u64);

/// Whose utilities a context has: their texts differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Userland {
    /// GNU's and bash, as on Debian.
    #[default]
    Gnu,
    /// BusyBox's and its ash.
    Busybox,
}

/// How a context's BusyBox was built. Distributions leave features out, which changes what its applets print.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Build {
    /// What its messages call its version.
    pub version: String,
    /// The features that were left out, by the names of BusyBox's own settings: `FEATURE_PS_TIME`.
    pub without: Vec<String>,
}

impl Default for Build {
    /// That of the public image.
    fn default() -> Self {
        Self { version: "1.36.1 ()".to_owned(), without: Vec::new() }
    }
}

impl Build {
    /// Whether a feature was built in.
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        !self.without.iter().any(|left_out| left_out == feature)
    }
}

/// What a context is made of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ContextSpec {
    /// The host name.
    pub hostname: String,
    /// The network namespace.
    pub netns: NetworkNamespace,
    /// The mounts, the root first. `/dev` and `/proc` are added.
    pub mounts: Vec<Mount>,
    /// The user's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// More groups.
    pub groups: Vec<u32>,
    /// The home folder.
    pub home: String,
    /// Whose utilities it has.
    pub userland: Userland,
    /// How they were built, if they are BusyBox's.
    pub build: Build,
    /// What upper floors know it by, such as the image; this crate does not read it.
    pub image: String,
    /// How many bytes of memory its processes may hold together.
    pub memory_limit: Option<u64>,
    /// How much memory the computer has.
    pub memory_total: u64,
    /// How many processors the computer has.
    pub cpus: u32,
    /// The context whose processes it sees and numbers its own among; none if it has numbers of its own.
    pub pid_namespace: Option<ContextId>,
    /// What its root may do: Linux capabilities, a bit each.
    pub capabilities: u64,
    /// Settings of its kernel, by their names with dots.
    pub sysctls: BTreeMap<String, String>,
}

impl Default for ContextSpec {
    fn default() -> Self {
        Self {
            hostname: "localhost".to_owned(),
            netns: NetworkNamespace::default(),
            mounts: Vec::new(),
            uid: 0,
            gid: 0,
            groups: Vec::new(),
            home: "/root".to_owned(),
            userland: Userland::Gnu,
            build: Build::default(),
            image: String::new(),
            memory_limit: None,
            memory_total: 8 << 30,
            cpus: 4,
            pid_namespace: None,
            capabilities: DEFAULT_CAPABILITIES,
            sysctls: BTreeMap::new(),
        }
    }
}

/// A context: what its processes share.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Context {
    /// Its id.
    pub id: ContextId,
    /// The host name.
    pub hostname: String,
    /// The network namespace.
    pub netns: NetworkNamespace,
    /// The mounts, the root first.
    pub mounts: Vec<Mount>,
    /// The user's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// All groups, that of new files first.
    pub groups: Vec<u32>,
    /// The home folder.
    pub home: String,
    /// Whose utilities it has.
    pub userland: Userland,
    /// How they were built, if they are BusyBox's.
    pub build: Build,
    /// What upper floors know it by.
    pub image: String,
    /// How many bytes of memory its processes may hold together.
    pub memory_limit: Option<u64>,
    /// How much memory the computer has.
    pub memory_total: u64,
    /// How many processors the computer has.
    pub cpus: u32,
    /// The context that numbers its processes: itself, or another.
    pub(crate) pid_namespace: ContextId,
    /// What its root may do: Linux capabilities, a bit each.
    pub capabilities: u64,
    /// Settings of its kernel, by their names with dots.
    pub sysctls: BTreeMap<String, String>,
    /// Trees that end with it.
    pub(crate) own_trees: Vec<TreeId>,
    pub(crate) last_local: u32,
    /// The living processes that it numbers.
    pub(crate) pids: BTreeMap<u32, Pid>,
    /// Its own first process: with it all others of the context end.
    pub(crate) first: Option<Pid>,
}

/// The capabilities that container runtimes give to root.
pub const DEFAULT_CAPABILITIES: u64 = 0xa804_25fb;
/// Whose absence refuses `chown`.
pub(crate) const CAP_CHOWN: u32 = 0;
/// Whose absence refuses `mount`.
pub(crate) const CAP_SYS_ADMIN: u32 = 21;

impl Context {
    /// The capabilities that its processes really have.
    pub(crate) fn effective_capabilities(&self) -> u64 {
        if self.uid == 0 { self.capabilities } else { 0 }
    }

    /// Whether its processes have this capability.
    pub(crate) fn can(&self, capability: u32) -> bool {
        self.effective_capabilities() >> capability & 1 == 1
    }
}

const DEVICES: &str = "podarium/devices";

impl Kernel {
    pub(crate) fn create_context(&mut self, spec: ContextSpec) -> ContextId {
        self.next_context += 1;
        let id = ContextId(self.next_context);
        self.storage.add_layer(DEVICES, Layer::devices);
        let mut mounts = spec.mounts;
        let mut own_trees = Vec::new();
        if !mounts.iter().any(|mount| mount.path == "/dev") {
            let devices = self.storage.add_tree(Some(DEVICES), None);
            // Behind the root, before what the caller mounts below /dev.
            mounts.insert(mounts.len().min(1), Mount::new("/dev", devices));
            own_trees.push(devices);
        }
        let mut groups = vec![spec.gid];
        groups.extend(spec.groups.into_iter().filter(|group| *group != spec.gid));
        let context = Context {
            id,
            hostname: spec.hostname,
            netns: spec.netns,
            mounts,
            uid: spec.uid,
            gid: spec.gid,
            groups,
            home: spec.home,
            userland: spec.userland,
            build: spec.build,
            image: spec.image,
            memory_limit: spec.memory_limit,
            memory_total: spec.memory_total,
            cpus: spec.cpus,
            pid_namespace: spec.pid_namespace.unwrap_or(id),
            capabilities: spec.capabilities,
            sysctls: spec.sysctls,
            own_trees,
            last_local: 0,
            pids: BTreeMap::new(),
            first: None,
        };
        self.contexts.insert(id, context);
        id
    }
}
