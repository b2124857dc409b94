//! Volumes: what each kind holds, and where containers see it.

mod token;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Instant;
use k8s_openapi::api::core::v1::{
    Container as Spec, DownwardAPIVolumeFile, KeyToPath, Pod, Volume, VolumeProjection,
};
use model::{Kind, Object};
use shell::Programs;
use shell::file_system::{Body, Ino, Inode, Mount, ROOT, Storage, Tree, TreeId};

use crate::environment;
use crate::runtime;
use crate::source_data::SourceData;
use crate::worker::Surroundings;
use crate::worker::Worker;

const DEFAULT_MODE: u32 = 0o644;

/// A file of a volume that is made of objects.
struct VolumeFile {
    path: String,
    content: Vec<u8>,
    mode: u32,
}

/// Sets all volumes of a pod up, which the kubelet first saw at `seen`.
///
/// # Errors
/// What the kubelet's event says.
pub(crate) fn mount<P: Programs>(
    s: &mut Surroundings<'_, P>,
    pod: &Arc<Object>,
    seen: Instant,
) -> Result<BTreeMap<String, TreeId>, String> {
    let mut contents = Vec::new();
    let spec = pod.spec::<Pod>();
    for volume in spec.volumes.iter().flatten() {
        let files = files_of(s, pod, volume, seen).map_err(|why| {
            format!("MountVolume.SetUp failed for volume \"{}\" : {why}", spec.volume_name(&volume.name))
        })?;
        contents.push((volume, files));
    }
    let mut trees = BTreeMap::new();
    for (volume, files) in contents {
        let tree = match files {
            Some(files) => made_of(s, files, volume.config_map.is_none()),
            None => plain(s, volume)?,
        };
        give_to_group(s, pod, volume, tree);
        trees.insert(volume.name.clone(), tree);
    }
    Ok(trees)
}

/// A volume that processes write to.
fn plain<P: Programs>(s: &mut Surroundings<'_, P>, volume: &Volume) -> Result<TreeId, String> {
    if let Some(host) = &volume.host_path {
        let known = s.node.host_paths.get(&host.path).copied();
        let must_exist = matches!(host.type_.as_deref(), Some("Directory" | "File" | "Socket"));
        return match known {
            Some(tree) => Ok(tree),
            None if must_exist => Err(format!(
                "MountVolume.SetUp failed for volume \"{}\" : hostPath type check failed: {} is not a {}",
                volume.name,
                host.path,
                host.type_.as_deref().unwrap_or_default().to_ascii_lowercase()
            )),
            None => {
                let tree = s.machine.storage_mut().add_tree(None, None);
                s.node.host_paths.insert(host.path.clone(), tree);
                Ok(tree)
            }
        };
    }
    let Some(empty) = &volume.empty_dir else {
        return Err(format!(
            "MountVolume.SetUp failed for volume \"{}\" : no volume plugin matched",
            volume.name
        ));
    };
    let memory = empty.medium.as_deref() == Some("Memory");
    let limit = empty.size_limit.as_ref().filter(|_| memory);
    let limit = limit.and_then(|limit| u64::try_from(model::quantity::parse_or_zero(limit).value()).ok());
    let storage = s.machine.storage_mut();
    let tree = storage.add_tree(None, limit);
    storage.tree_mut(tree).filter(|_| memory).into_iter().for_each(Tree::set_memory);
    if let Some(root) = storage.inode_mut(tree, ROOT) {
        root.mode = if memory { 0o1777 } else { 0o777 };
    }
    Ok(tree)
}

/// The files of a volume that is made of objects; `None` of any other.
fn files_of<P: Programs>(
    s: &mut Surroundings<'_, P>,
    pod: &Object,
    volume: &Volume,
    seen: Instant,
) -> Result<Option<Vec<VolumeFile>>, String> {
    if let Some(source) = &volume.config_map {
        let mode = mode_of(source.default_mode, DEFAULT_MODE);
        let data = SourceData::config_map(&source.name, source.optional);
        return chosen(s, pod, &data, source.items.as_deref(), mode).map(Some);
    }
    if let Some(source) = &volume.secret {
        let mode = mode_of(source.default_mode, DEFAULT_MODE);
        let data = SourceData::secret(source.secret_name.as_deref().unwrap_or_default(), source.optional);
        return chosen(s, pod, &data, source.items.as_deref(), mode).map(Some);
    }
    if let Some(source) = &volume.downward_api {
        let mode = mode_of(source.default_mode, DEFAULT_MODE);
        return downward(s, pod, source.items.as_deref().unwrap_or_default(), mode, seen).map(Some);
    }
    if let Some(source) = &volume.projected {
        let mode = mode_of(source.default_mode, DEFAULT_MODE);
        let mut files = Vec::new();
        for part in source.sources.iter().flatten() {
            files.extend(projection(s, pod, part, mode, seen)?);
        }
        return Ok(Some(files));
    }
    Ok(None)
}

fn projection<P: Programs>(
    s: &mut Surroundings<'_, P>,
    pod: &Object,
    part: &VolumeProjection,
    mode: u32,
    seen: Instant,
) -> Result<Vec<VolumeFile>, String> {
    let mut files = Vec::new();
    if let Some(source) = &part.config_map {
        let data = SourceData::config_map(&source.name, source.optional);
        files.extend(chosen(s, pod, &data, source.items.as_deref(), mode)?);
    }
    if let Some(source) = &part.secret {
        let data = SourceData::secret(&source.name, source.optional);
        files.extend(chosen(s, pod, &data, source.items.as_deref(), mode)?);
    }
    if let Some(source) = &part.downward_api {
        files.extend(downward(s, pod, source.items.as_deref().unwrap_or_default(), mode, seen)?);
    }
    if let Some(source) = &part.service_account_token {
        let content = token::issue(s, pod, source).into_bytes();
        files.push(VolumeFile { path: source.path.clone(), content, mode });
    }
    Ok(files)
}

/// All keys, or those that `items` name, under their paths.
fn chosen<P: Programs>(
    s: &Surroundings<'_, P>,
    pod: &Object,
    source: &SourceData<'_>,
    items: Option<&[KeyToPath]>,
    mode: u32,
) -> Result<Vec<VolumeFile>, String> {
    let data = source.bytes(s.api.store(), pod.namespace())?;
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        return Ok(data.into_iter().map(|(path, content)| VolumeFile { path, content, mode }).collect());
    };
    let mut files = Vec::new();
    for item in items {
        match data.get(&item.key) {
            Some(content) => files.push(VolumeFile {
                path: item.path.clone(),
                content: content.clone(),
                mode: mode_of(item.mode, mode),
            }),
            None if source.optional => {}
            None => {
                return Err(format!("{} references non-existent config key: {}", source.noun(), item.key));
            }
        }
    }
    Ok(files)
}

fn downward<P: Programs>(
    s: &Surroundings<'_, P>,
    pod: &Object,
    items: &[DownwardAPIVolumeFile],
    mode: u32,
    seen: Instant,
) -> Result<Vec<VolumeFile>, String> {
    let node = s.node.address.to_string();
    let own = pod.spec::<Pod>().containers.first();
    let mut files = Vec::new();
    for item in items {
        let text = match (&item.field_ref, &item.resource_field_ref, own) {
            (Some(field), _, _) => {
                let mut text = environment::pod_field(pod, field, "", &node)?;
                if field.field_path == "metadata.annotations" {
                    // The kubelet notes where it has the pod from, and since when.
                    let seen = s.api.timestamp_at(seen).strftime("%Y-%m-%dT%H:%M:%S.%9fZ");
                    let own =
                        format!("kubernetes.io/config.seen=\"{seen}\"\nkubernetes.io/config.source=\"api\"");
                    text = if text.is_empty() { own } else { format!("{text}\n{own}") };
                }
                text
            }
            (None, Some(field), Some(own)) => environment::resource_field(pod, own, field, s.node)?,
            _ => String::new(),
        };
        files.push(VolumeFile {
            path: item.path.clone(),
            content: text.into_bytes(),
            mode: mode_of(item.mode, mode),
        });
    }
    Ok(files)
}

fn mode_of(mode: Option<i32>, default: u32) -> u32 {
    mode.and_then(|mode| mode.try_into().ok()).unwrap_or(default)
}

/// A new tree with these files; all but ConfigMaps are kept in memory.
fn made_of<P: Programs>(s: &mut Surroundings<'_, P>, files: Vec<VolumeFile>, memory: bool) -> TreeId {
    let storage = s.machine.storage_mut();
    let tree = storage.add_tree(None, None);
    storage.tree_mut(tree).filter(|_| memory).into_iter().for_each(Tree::set_memory);
    if let Some(root) = storage.inode_mut(tree, ROOT) {
        root.mode = if memory { 0o1777 } else { 0o777 };
    }
    write(s, tree, files);
    tree
}

/// Writes the files into a folder of their own, to which the names in the root lead by symbolic links: so all files change at once.
fn write<P: Programs>(s: &mut Surroundings<'_, P>, tree: TreeId, files: Vec<VolumeFile>) {
    let time = s.api.timestamp_at(s.now).strftime("..%Y_%m_%d_%H_%M_%S").to_string();
    let folder =
        format!("{time}.{}", 1_000_000_000 + s.api.random().below(engine::Stream::Uids, 3_000_000_000));
    let storage = s.machine.storage_mut();
    if let Some(Inode { body: Body::Folder(entries), .. }) = storage.inode_mut(tree, ROOT) {
        entries.clear();
    }
    runtime::make_folders(storage, tree, &folder);
    let mut names: Vec<String> = Vec::new();
    for file in files {
        let first = file.path.split('/').next().unwrap_or_default().to_owned();
        if !names.contains(&first) {
            names.push(first);
        }
        runtime::put_file(storage, tree, &format!("{folder}/{}", file.path), file.content, file.mode);
    }
    let mut link = |name: &str, target: String| {
        runtime::put(storage, tree, ROOT, name, Inode::new(Body::Symlink(target), 0o777, (0, 0), 0));
    };
    link("..data", folder);
    for name in names {
        link(&name, format!("..data/{name}"));
    }
}

/// Writes the volumes that are made of objects anew. A file that is mounted by its sub-path stays as it was.
pub(crate) fn refresh<P: Programs>(
    s: &mut Surroundings<'_, P>,
    pod: &Arc<Object>,
    trees: &BTreeMap<String, TreeId>,
    seen: Instant,
) {
    for volume in pod.spec::<Pod>().volumes.iter().flatten() {
        let Some(tree) = trees.get(&volume.name).copied() else { continue };
        if let Ok(Some(files)) = files_of(s, pod, volume, seen) {
            write(s, tree, files);
            give_to_group(s, pod, volume, tree);
        }
    }
}

/// Gives a volume to the pod's `fsGroup`: it may read all, and write where anybody may; new files are its too.
fn give_to_group<P: Programs>(s: &mut Surroundings<'_, P>, pod: &Object, volume: &Volume, tree: TreeId) {
    let context = pod.spec::<Pod>().security_context.as_ref();
    let group = context.and_then(|context| u32::try_from(context.fs_group?).ok());
    let Some(gid) = group.filter(|_| volume.host_path.is_none()) else { return };
    let may = if volume.empty_dir.is_some() { 0o660 } else { 0o440 };
    let Some(tree) = s.machine.storage_mut().tree_mut(tree) else { return };
    for inode in tree.own_inodes_mut() {
        inode.gid = gid;
        match inode.body {
            Body::Folder(_) => inode.mode |= may | 0o2110,
            Body::Symlink(_) => {}
            _ => inode.mode |= may,
        }
    }
}

/// Whether files show the pod's labels or annotations, which may change.
pub(crate) fn show_metadata(pod: &Object) -> bool {
    let shown = |items: &Option<Vec<DownwardAPIVolumeFile>>| {
        let mut fields = items.iter().flatten().filter_map(|item| item.field_ref.as_ref());
        fields.any(|field| {
            field.field_path.starts_with("metadata.labels")
                || field.field_path.starts_with("metadata.annotations")
        })
    };
    pod.spec::<Pod>().volumes.iter().flatten().any(|volume| {
        let parts = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
        volume.downward_api.iter().any(|source| shown(&source.items))
            || parts.filter_map(|part| part.downward_api.as_ref()).any(|source| shown(&source.items))
    })
}

/// The ConfigMaps and Secrets that a pod's volumes are made of.
pub(crate) fn sources(pod: &Object) -> Vec<(Kind, String)> {
    let mut sources = Vec::new();
    for volume in pod.spec::<Pod>().volumes.iter().flatten() {
        sources.extend(volume.config_map.iter().map(|source| (Kind::ConfigMap, source.name.clone())));
        let secret = volume.secret.iter().filter_map(|source| source.secret_name.clone());
        sources.extend(secret.map(|name| (Kind::Secret, name)));
        for part in volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten()) {
            sources.extend(part.config_map.iter().map(|source| (Kind::ConfigMap, source.name.clone())));
            sources.extend(part.secret.iter().map(|source| (Kind::Secret, source.name.clone())));
        }
    }
    sources
}

/// Adds a container's mounts, and the folders under them to its root tree.
pub(crate) fn add_mounts(
    storage: &mut Storage,
    mounts: &mut Vec<Mount>,
    worker: &Worker,
    pod: &Object,
    spec: &Spec,
    declared: &BTreeMap<String, String>,
    root: TreeId,
) {
    for mount in spec.volume_mounts.iter().flatten() {
        let Some(tree) = worker.volumes.get(&mount.name).copied() else { continue };
        let path = format!("/{}", mount.mount_path.trim_matches('/'));
        let sub_path = match (&mount.sub_path_expr, &mount.sub_path) {
            (Some(text), _) if !text.is_empty() => environment::expand(text, declared),
            (_, Some(text)) => text.clone(),
            _ => String::new(),
        };
        // What is made for a sub-path is as open as the volume.
        let mode = storage.inode(tree, ROOT).map_or(0o755, |root| root.mode & 0o777);
        let at = if sub_path.is_empty() { ROOT } else { find_or_make(storage, tree, &sub_path, mode) };
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        runtime::make_folders(storage, root, parent);
        let read_only = mount.read_only == Some(true) || is_made_of_objects(pod, &mount.name);
        mounts.push(Mount { path, tree, root: at, read_only });
    }
}

fn is_made_of_objects(pod: &Object, name: &str) -> bool {
    let mut volumes = pod.spec::<Pod>().volumes.iter().flatten();
    volumes.find(|volume| volume.name == name).is_some_and(|volume| {
        volume.config_map.is_some()
            || volume.secret.is_some()
            || volume.downward_api.is_some()
            || volume.projected.is_some()
    })
}

/// What is at a path of a tree, behind symbolic links; a folder is made if there is nothing.
pub(crate) fn find_or_make(storage: &mut Storage, tree: TreeId, path: &str, mode: u32) -> Ino {
    const LINKS_MAX: usize = 8;
    let mut path = path.trim_matches('/').to_owned();
    for _ in 0..LINKS_MAX {
        let mut at = ROOT;
        let mut walked = String::new();
        let mut redirect = None;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let Some(Body::Folder(entries)) = storage.inode(tree, at).map(|inode| &inode.body) else { break };
            let Some(ino) = entries.get(name).copied() else { break };
            if let Some(Body::Symlink(target)) = storage.inode(tree, ino).map(|inode| &inode.body) {
                let rest =
                    path[walked.len()..].trim_start_matches('/').strip_prefix(name).unwrap_or_default();
                redirect = Some(format!("{target}{rest}"));
                break;
            }
            walked.push_str(name);
            if walked.len() == path.len() {
                return ino;
            }
            walked.push('/');
            at = ino;
        }
        match redirect {
            Some(target) => path = target,
            None => return runtime::make_folders_with(storage, tree, &path, mode),
        }
    }
    ROOT
}
