//! The container runtime: from a container's spec to a process in a context, and back.

use std::collections::BTreeMap;

use engine::{Instant, Random, Stream};
use k8s_openapi::api::core::v1::{Container as Spec, Pod};
use model::Object;
use shell::file_system::{Body, Content, Ino, Inode, Mount, Storage, TreeId};
use shell::kernel::{CaptureId, PipeId};
use shell::{ContextSpec, Machine, Pid, Programs, SpawnError, Stdio, Userland};

use crate::logs::Log;
use crate::worker::container::{Output, Run};
use crate::worker::{Surroundings, Worker};
use crate::{capabilities, environment, sandbox, volumes};

/// How much of a termination message is kept: its end.
const MESSAGE_MAX: usize = 4096;
/// How much of the log stands in for one.
const MESSAGE_OF_LOG_MAX: usize = 2048;
const MESSAGE_OF_LOG_LINES_MAX: usize = 80;

/// Why a container could not be started.
#[derive(Clone, Debug)]
pub(crate) struct StartError {
    /// The runtime's words.
    pub(crate) message: String,
}

/// Makes a container and starts its process.
pub(crate) fn start<P: Programs>(
    s: &mut Surroundings<'_, P>,
    worker: &Worker,
    pod: &Object,
    spec: &Spec,
    digest: &str,
    variables: environment::Variables,
) -> Result<Run, StartError> {
    let Some(image) = s.images.get(digest) else {
        return Err(StartError { message: "image not found".to_owned() });
    };
    let stop_signal = image.stop_signal;
    let argv = environment::command_line(spec, image, &variables.declared);
    let working_dir = match spec.working_dir.as_deref() {
        Some(folder) if !folder.is_empty() => environment::expand(folder, &variables.declared),
        _ => image.working_dir.clone(),
    };
    let (userland, build) = (image.userland.unwrap_or(Userland::Gnu), image.build.clone());
    let name = image.shown_name().to_owned();
    let storage = s.machine.storage_mut();
    let layer = image.layer(storage);
    let root = storage.add_tree(Some(&layer), None);
    let files = storage.add_tree(None, None);
    let mut file = |text: String| {
        let inode = Inode::new(Body::File(Content::new(text.into_bytes())), 0o644, (0, 0), 0);
        storage.tree_mut(files).map_or(0, |tree| tree.add(inode))
    };
    let termination_path =
        spec.termination_message_path.as_deref().unwrap_or("/dev/termination-log").to_owned();
    let termination = file(String::new());
    let own = [
        ("/etc/hosts".to_owned(), file(sandbox::hosts_file(worker, pod))),
        ("/etc/hostname".to_owned(), file(format!("{}\n", worker.hostname))),
        ("/etc/resolv.conf".to_owned(), file(sandbox::resolv_conf(pod))),
        (termination_path, termination),
    ];
    if !make_working_folder(storage, root, spec, &working_dir) {
        return Err(StartError {
            message: not_created(&format!(
                "error during container init: mkdir {working_dir}: not a directory"
            )),
        });
    }
    let read_only =
        spec.security_context.as_ref().and_then(|context| context.read_only_root_filesystem) == Some(true);
    let mut mounts = vec![Mount { read_only, ..Mount::new("/", root) }];
    mounts.extend(own.map(|(path, ino)| Mount { path, tree: files, root: ino, read_only: false }));
    volumes::add_mounts(storage, &mut mounts, worker, pod, spec, &variables.declared, root);
    let (uid, gid, groups) = user(pod, spec);
    let memory_limit = spec
        .resources
        .as_ref()
        .and_then(|resources| resources.limits.as_ref()?.get("memory"))
        .and_then(|quantity| u64::try_from(model::quantity::parse_or_zero(quantity).value()).ok());
    let context = s.machine.create_context(ContextSpec {
        hostname: worker.hostname.clone(),
        netns: shell::NetworkNamespace(worker.netns.map_or(0, |namespace| namespace.0)),
        mounts,
        uid,
        gid,
        groups,
        home: variables.all.get("HOME").cloned().unwrap_or_else(|| "/root".to_owned()),
        userland,
        build,
        image: name,
        memory_limit,
        memory_total: s.node.memory,
        cpus: s.node.cpus,
        capabilities: capabilities::of(spec.security_context.as_ref()),
        sysctls: sysctls(pod),
        pid_namespace: worker.pause.as_ref().map(|pause| pause.context),
    });
    let (output, input, stdio) = open_output(s.machine, spec.tty == Some(true), spec.stdin == Some(true));
    let input_once = spec.stdin_once == Some(true);
    let first = argv.first().cloned().unwrap_or_default();
    let (now, folder) = (s.now, working_dir.clone());
    let run = move |pid| Run {
        pid,
        context,
        output,
        input,
        input_once,
        trees: vec![root, files],
        termination_log: (files, termination),
        started: now,
        stop_signal,
        working_dir: folder.clone(),
    };
    match s.machine.spawn(context, argv, variables.all, &working_dir, stdio, now) {
        Ok(pid) => {
            s.own(pid);
            Ok(run(pid))
        }
        Err(error) => {
            let leftover = run(Pid(0));
            remove(s.machine, &leftover, now);
            Err(StartError { message: not_created(&spawn_error(&first, error)) })
        }
    }
}

/// What the runtime says of a container whose process could not be started.
fn not_created(why: &str) -> String {
    format!(
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: \
         unable to start container process: {why}: unknown"
    )
}

/// Makes the folder in which a container starts, as runtimes do; false if something else stands there. What lies in a volume is left to it.
fn make_working_folder(storage: &mut Storage, root: TreeId, spec: &Spec, path: &str) -> bool {
    let mut mounts = spec.volume_mounts.iter().flatten().map(|mount| mount.mount_path.trim_end_matches('/'));
    if path.is_empty() || mounts.any(|mount| path.starts_with(mount)) {
        return true;
    }
    let place = volumes::find_or_make(storage, root, path, 0o755);
    storage.inode(root, place).is_none_or(|inode| matches!(inode.body, Body::Folder(_)))
}

/// The standard files of a process: a terminal for all three, or output for the kubelet to collect and, if it takes any, input.
pub(crate) fn open_output<P: Programs>(
    machine: &mut Machine<P>,
    tty: bool,
    stdin: bool,
) -> (Output, Option<PipeId>, [Stdio; 3]) {
    let kernel = &mut machine.kernel;
    if tty {
        let terminal = kernel.create_terminal(80, 24);
        return (Output::Terminal(terminal), None, [Stdio::Terminal(terminal); 3]);
    }
    let capture = kernel.create_capture();
    let input = stdin.then(|| kernel.create_input_queue());
    let stdin = input.map_or(Stdio::Null, Stdio::Queue);
    (Output::Capture(capture), input, [stdin, Stdio::Capture(capture), Stdio::Capture(capture)])
}

/// The settings of the kernel that a pod asks for.
fn sysctls(pod: &Object) -> BTreeMap<String, String> {
    let context = pod.spec::<Pod>().security_context.as_ref();
    let wanted = context.and_then(|context| context.sysctls.as_deref()).unwrap_or_default();
    wanted.iter().map(|setting| (setting.name.replace('/', "."), setting.value.clone())).collect()
}

/// The user and groups that a container's processes have.
fn user(pod: &Object, spec: &Spec) -> (u32, u32, Vec<u32>) {
    let pod_wide = pod.spec::<Pod>().security_context.as_ref();
    let own = spec.security_context.as_ref();
    let number = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
    let uid =
        number(own.and_then(|own| own.run_as_user).or_else(|| pod_wide.and_then(|all| all.run_as_user)));
    let gid =
        number(own.and_then(|own| own.run_as_group).or_else(|| pod_wide.and_then(|all| all.run_as_group)));
    let mut groups: Vec<u32> = Vec::new();
    if let Some(all) = pod_wide {
        groups.extend(number(all.fs_group));
        groups
            .extend(all.supplemental_groups.iter().flatten().filter_map(|group| u32::try_from(*group).ok()));
    }
    (uid.unwrap_or(0), gid.unwrap_or(0), groups)
}

/// What the runtime says of a command that cannot be run.
pub(crate) fn spawn_error(command: &str, error: SpawnError) -> String {
    match error {
        SpawnError::NotFound if command.contains('/') => {
            format!("exec: {command:?}: stat {command}: no such file or directory")
        }
        SpawnError::NotFound => format!("exec: {command:?}: executable file not found in $PATH"),
        SpawnError::NotExecutable(_) => format!("exec: {command:?}: permission denied"),
    }
}

/// Starts one more process in a container; its output goes to `capture`, or nowhere.
pub(crate) fn exec<P: Programs>(
    s: &mut Surroundings<'_, P>,
    run: &Run,
    command: Vec<String>,
    capture: Option<CaptureId>,
) -> Result<Pid, String> {
    let output = capture.map_or(Stdio::Null, Stdio::Capture);
    let pid = exec_with(s.machine, run, command, [Stdio::Null, output, output], s.now)?;
    s.own(pid);
    Ok(pid)
}

/// Starts one more process in a container with these standard files.
pub(crate) fn exec_with<P: Programs>(
    machine: &mut Machine<P>,
    run: &Run,
    command: Vec<String>,
    stdio: [Stdio; 3],
    now: Instant,
) -> Result<Pid, String> {
    let first = command.first().cloned().unwrap_or_default();
    let env = machine.environment_of(run.pid).unwrap_or_default();
    machine.spawn(run.context, command, env, &run.working_dir, stdio, now).map_err(|error| {
        format!(
            "OCI runtime exec failed: exec failed: unable to start container process: {}: unknown",
            spawn_error(&first, error)
        )
    })
}

/// Takes what was written to a capture as one text, and forgets the capture.
pub(crate) fn take_text<P: Programs>(machine: &mut Machine<P>, capture: CaptureId, max: usize) -> String {
    let mut bytes: Vec<u8> =
        machine.kernel.take_capture(capture).into_iter().flat_map(|chunk| chunk.bytes).collect();
    machine.kernel.remove_capture(capture);
    bytes.truncate(max);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a container left as its last words.
pub(crate) fn termination_message<P: Programs>(machine: &Machine<P>, run: &Run) -> Option<String> {
    let (tree, ino) = run.termination_log;
    let inode = machine.storage().inode(tree, ino)?;
    let Body::File(content) = &inode.body else { return None };
    let size = content.len();
    let bytes = content.read(size.saturating_sub(MESSAGE_MAX as u64), MESSAGE_MAX);
    Some(String::from_utf8_lossy(&bytes).into_owned()).filter(|text| !text.is_empty())
}

/// The end of a log, as last words of a container that left none (`FallbackToLogsOnError`).
pub(crate) fn message_of_log(log: &Log) -> Option<String> {
    let first = log.end().saturating_sub(MESSAGE_OF_LOG_LINES_MAX as u64);
    let bytes: Vec<u8> = log.from(first).flat_map(|line| line.bytes.iter().copied()).collect();
    let kept = &bytes[bytes.len().saturating_sub(MESSAGE_OF_LOG_MAX)..];
    Some(String::from_utf8_lossy(kept).into_owned()).filter(|text| !text.is_empty())
}

/// Removes what is left of a run.
pub(crate) fn remove<P: Programs>(machine: &mut Machine<P>, run: &Run, now: Instant) {
    machine.remove_context(run.context, now);
    run.output.forget(machine);
    if let Some(input) = run.input {
        machine.kernel.close_input_queue(input);
    }
    for tree in &run.trees {
        machine.storage_mut().remove_tree(*tree);
    }
}

/// A new container's id: 64 hexadecimal digits.
pub(crate) fn container_id(random: &mut Random) -> String {
    (0..4).map(|_| format!("{:016x}", random.next(Stream::Uids))).collect()
}

/// Puts a file at a path of a tree, with the folders on the way.
pub(crate) fn put_file(storage: &mut Storage, tree: TreeId, path: &str, content: Vec<u8>, mode: u32) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = make_folders(storage, tree, folder);
    let inode = Inode::new(Body::File(Content::new(content)), mode, (0, 0), 0);
    put(storage, tree, parent, name, inode);
}

/// Puts an inode under a name of a folder.
pub(crate) fn put(storage: &mut Storage, tree: TreeId, parent: Ino, name: &str, inode: Inode) -> Ino {
    let ino = storage.tree_mut(tree).map_or(0, |tree| tree.add(inode));
    if let Some(Inode { body: Body::Folder(entries), .. }) = storage.inode_mut(tree, parent) {
        entries.insert(name.to_owned(), ino);
    }
    ino
}

/// The folder at a path of a tree, made if it is not there.
pub(crate) fn make_folders(storage: &mut Storage, tree: TreeId, path: &str) -> Ino {
    make_folders_with(storage, tree, path, 0o755)
}

/// The same with the permission bits of what is made. A set-group-id folder hands its group down.
pub(crate) fn make_folders_with(storage: &mut Storage, tree: TreeId, path: &str, mode: u32) -> Ino {
    let mut at = shell::file_system::ROOT;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let known = match storage.inode(tree, at).map(|inode| &inode.body) {
            Some(Body::Folder(entries)) => entries.get(name).copied(),
            _ => None,
        };
        at = match known {
            Some(ino) => ino,
            None => {
                let parent = storage.inode(tree, at).filter(|parent| parent.mode & 0o2000 != 0);
                let (gid, bit) = parent.map_or((0, 0), |parent| (parent.gid, 0o2000));
                let folder = Inode::new(Body::Folder(BTreeMap::new()), mode | bit, (0, gid), 0);
                put(storage, tree, at, name, folder)
            }
        };
    }
    at
}
