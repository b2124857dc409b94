//! Images: what a name means, what the registry holds, what is on a node, and what a pull costs.

mod catalog;
mod reference;

use std::collections::{BTreeMap, BTreeSet};

use engine::Duration;
use serde::{Deserialize, Serialize};
use shell::file_system::Storage;
use shell::{Build, Signal, Userland};

use crate::latency;

#[cfg(test)]
pub(crate) use catalog::kubia_source;
pub use reference::{Reference, canonical};

/// The variable that images begin with.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// An image: a row of the catalogue. A world may have rows of its own besides the public ones, and in the place of some.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Image {
    /// The canonical names that mean it: `docker.io/library/nginx:1.27`.
    pub tags: BTreeSet<String>,
    /// 64 hexadecimal digits.
    pub digest: String,
    /// Compressed size in bytes.
    pub size: u64,
    /// Whether it came from a registry, so that it has a repository digest.
    pub from_registry: bool,
    /// What is run.
    pub entrypoint: Vec<String>,
    /// Its arguments, or what is run if there is no entry point.
    pub command: Vec<String>,
    /// Variables.
    pub env: Vec<(String, String)>,
    /// The folder in which it starts.
    pub working_dir: String,
    /// The signal that asks it to end.
    pub stop_signal: Signal,
    /// Whose utilities it has; none for images of one program.
    pub userland: Option<Userland>,
    /// The utilities that its userland usually has and it has not.
    pub lacks: Vec<String>,
    /// How its BusyBox was built.
    pub build: Build,
    /// Executables besides the utilities: folder and name, and the program that it is.
    pub programs: Vec<(String, String)>,
    /// Files: path, content, permission bits.
    pub files: Vec<(String, String, u32)>,
}

/// What a pull came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pull {
    /// The image comes after this time.
    Image {
        /// Its digest.
        digest: String,
        /// How long it takes.
        takes: Duration,
    },
    /// There is no such image, or no registry; after this time the runtime says so.
    Failed {
        /// What it says.
        message: String,
        /// How long it takes.
        takes: Duration,
    },
}

/// All images of a world, and which of them each node has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Images {
    by_digest: BTreeMap<String, Image>,
    by_tag: BTreeMap<String, String>,
    /// Whether the registry can be reached.
    online: bool,
    on_node: BTreeMap<String, BTreeSet<String>>,
}

impl Default for Images {
    /// What the world outside offers.
    fn default() -> Self {
        Self::new(catalog::public(), true)
    }
}

impl Images {
    /// These images, which can be pulled if the registry is `online`.
    #[must_use]
    pub fn new(images: Vec<Image>, online: bool) -> Self {
        let mut this =
            Self { by_digest: BTreeMap::new(), by_tag: BTreeMap::new(), online, on_node: BTreeMap::new() };
        for image in images {
            this.publish(image);
        }
        this
    }

    /// Whether the registry can be reached.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.online
    }

    /// No registry can be reached from now on: nodes have what they have.
    pub fn go_offline(&mut self) {
        self.online = false;
    }

    /// Adds an image to the registry; other images of its names lose them.
    pub fn publish(&mut self, image: Image) {
        for tag in &image.tags {
            let former = self.by_tag.insert(tag.clone(), image.digest.clone());
            if let Some(former) = former.and_then(|digest| self.by_digest.get_mut(&digest)) {
                former.tags.remove(tag);
            }
        }
        self.by_digest.insert(image.digest.clone(), image);
    }

    /// Puts an image on a node without a pull; false if there is none of this name.
    pub fn preload(&mut self, node: &str, name: &str) -> bool {
        let Ok(reference) = canonical(name) else { return false };
        let Some(digest) = self.by_tag.get(&reference.full()).cloned() else { return false };
        self.on_node.entry(node.to_owned()).or_default().insert(digest);
        true
    }

    /// Puts every image on a node.
    pub fn preload_all(&mut self, node: &str) {
        let all = self.by_digest.keys().cloned().collect();
        self.on_node.insert(node.to_owned(), all);
    }

    /// Takes an image off a node.
    pub fn remove(&mut self, node: &str, digest: &str) {
        if let Some(images) = self.on_node.get_mut(node) {
            images.remove(digest);
        }
    }

    /// The image of this digest.
    #[must_use]
    pub fn get(&self, digest: &str) -> Option<&Image> {
        self.by_digest.get(digest)
    }

    /// The image that a name means on a node, if it is there.
    #[must_use]
    pub fn present(&self, node: &str, reference: &Reference) -> Option<&Image> {
        let digest = match &reference.digest {
            Some(digest) => digest,
            None => self.by_tag.get(&reference.full())?,
        };
        self.on_node.get(node)?.get(digest)?;
        self.by_digest.get(digest)
    }

    /// The image of this name, wherever it is.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Image> {
        let reference = canonical(name).ok()?;
        self.by_digest.get(self.by_tag.get(&reference.full())?)
    }

    /// The images of a node.
    pub fn on_node(&self, node: &str) -> impl Iterator<Item = &Image> {
        self.on_node.get(node).into_iter().flatten().filter_map(|digest| self.by_digest.get(digest))
    }

    /// What comes of pulling an image to a node; call [`arrived`](Self::arrived) when it has come.
    #[must_use]
    pub fn pull(&self, node: &str, reference: &Reference) -> Pull {
        let full = reference.full();
        let failed = |message: String| Pull::Failed { message, takes: latency::REGISTRY_ANSWER };
        if !self.online {
            return failed(unreachable_text(reference));
        }
        if let Some(digest) = self.by_tag.get(&full) {
            let size = self.by_digest.get(digest).map_or(0, |image| image.size);
            let there = self.on_node.get(node).is_some_and(|images| images.contains(digest));
            let bytes = if there { 0 } else { size };
            let micros = bytes.saturating_mul(1_000_000) / latency::PULL_BYTES_PER_SECOND;
            let takes = latency::REGISTRY_ANSWER + Duration::from_micros(micros);
            return Pull::Image { digest: digest.clone(), takes };
        }
        let repository = format!("{}:", reference.repository());
        let known = self
            .by_tag
            .range(repository.clone()..)
            .next()
            .is_some_and(|(tag, _)| tag.starts_with(&repository));
        failed(if known || reference.host != "docker.io" {
            missing_tag_text(&full)
        } else {
            denied_text(&full)
        })
    }

    /// An image has come to a node.
    pub fn arrived(&mut self, node: &str, digest: &str) {
        self.on_node.entry(node.to_owned()).or_default().insert(digest.to_owned());
    }
}

impl Image {
    /// An image of these names, as users write them, that holds nothing and was put on its nodes by hand.
    #[must_use]
    pub fn new(names: &[&str]) -> Self {
        let full = names.iter().filter_map(|name| canonical(name).ok()).map(|reference| reference.full());
        Self::tagged(full.collect())
    }

    fn tagged(tags: BTreeSet<String>) -> Self {
        let digest = digest(tags.first().map_or("", String::as_str));
        Self {
            tags,
            digest,
            size: 0,
            from_registry: false,
            entrypoint: Vec::new(),
            command: Vec::new(),
            env: vec![("PATH".to_owned(), PATH.to_owned())],
            working_dir: "/".to_owned(),
            stop_signal: Signal::Term,
            userland: None,
            lacks: Vec::new(),
            build: Build::default(),
            programs: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The name that a container's status shows.
    #[must_use]
    pub fn shown_name(&self) -> &str {
        self.tags.first().map_or("", String::as_str)
    }

    /// The `imageID` of a container's status.
    #[must_use]
    pub fn id(&self) -> String {
        if self.from_registry {
            let repository = self.shown_name().rsplit_once(':').map_or("", |(repository, _)| repository);
            format!("{repository}@sha256:{}", self.digest)
        } else {
            format!("sha256:{}", self.digest)
        }
    }

    /// The name of its file tree in the machine's table of layers; it is made if it is not there yet.
    pub fn layer(&self, storage: &mut Storage) -> String {
        let id = format!("sha256:{}", self.digest);
        storage.add_layer(&id, || catalog::layer(self));
        id
    }
}

fn pull_text(code: &str, full: &str, why: &str) -> String {
    format!("{code}failed to pull and unpack image \"{full}\": failed to resolve reference \"{full}\": {why}")
}

fn missing_tag_text(full: &str) -> String {
    pull_text("rpc error: code = NotFound desc = ", full, &format!("{full}: not found"))
}

fn denied_text(full: &str) -> String {
    let why = "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed";
    pull_text("", full, why)
}

fn unreachable_text(reference: &Reference) -> String {
    let host = if reference.host == "docker.io" { "registry-1.docker.io" } else { reference.host.as_str() };
    let (path, tag) = (&reference.path, reference.tag_or_digest());
    let why = format!(
        "failed to do request: Head \"https://{host}/v2/{path}/manifests/{tag}\": dial tcp: lookup {host} on 192.168.49.1:53: no such host"
    );
    pull_text("", &reference.full(), &why)
}

/// 64 hexadecimal digits that depend on nothing but the name.
fn digest(name: &str) -> String {
    let mut state: u64 = 0xCBF2_9CE4_8422_2325;
    let mut digits = String::with_capacity(64);
    for round in 0..4u8 {
        for byte in name.bytes().chain([round]) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        digits.push_str(&format!("{:016x}", state ^ (state >> 29)));
    }
    digits
}
