//! `kubectl cp`: files to and from containers, by the container's own `tar`. Models kubectl/pkg/cmd/cp.

use apiserver::connection::Ending;
use apiserver::{ConnectionId, ExecOptions, StreamKind};
use k8s_openapi::api::core::v1::Pod;
use serde::{Deserialize, Serialize};
use shell::utilities::archive::{self, Body, Entry};
use shell::{STDERR, Wait};

use crate::failure::{Failure, Result, client};
use crate::flags::Flags;
use crate::pods::{self, Purpose};
use crate::session::{Flow, Outcome, Session};
use crate::tasks::Task;
use crate::text::go_error;

/// A file, perhaps of a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Spec {
    namespace: String,
    /// Empty for a file of this computer.
    pod: String,
    path: String,
}

fn parse(text: &str) -> Result<Spec> {
    let local = Spec { namespace: String::new(), pod: String::new(), path: text.to_owned() };
    let Some((place, path)) = text.split_once(':') else { return Ok(local) };
    // A path of this computer may have a colon after its first slash.
    if place.starts_with(['/', '.', '~']) {
        return Ok(local);
    }
    if path.is_empty() {
        return Err(client("filepath can not be empty"));
    }
    let path = path.to_owned();
    match place.split('/').collect::<Vec<_>>().as_slice() {
        [pod] if !pod.is_empty() => Ok(Spec { namespace: String::new(), pod: (*pod).to_owned(), path }),
        [namespace, pod] => Ok(Spec { namespace: (*namespace).to_owned(), pod: (*pod).to_owned(), path }),
        _ => Err(client("filespec must match the canonical format: [[namespace/]pod:]file/path")),
    }
}

/// Checks what can be checked without a cluster.
pub fn check(_io: &mut shell::Io<'_>, flags: &Flags) -> Result<()> {
    match flags.args.len() {
        2 => Ok(()),
        _ => Err(client("source and destination are required")),
    }
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let [source, target] = flags.args.as_slice() else {
        return Err(client("source and destination are required"));
    };
    let (source, target) = (parse(source)?, parse(target)?);
    match (source.pod.is_empty(), target.pod.is_empty()) {
        (false, false) => Err(client("one of src or dest must be a local file specification")),
        (true, true) => Err(client("one of src or dest must be a remote file specification")),
        (true, false) => {
            if source.path.is_empty() || target.path.is_empty() {
                return Err(client("filepath can not be empty"));
            }
            upload(session, flags, &source.path, &target)
        }
        (false, true) => {
            let place = place(session, flags, &source)?;
            let argv = ["tar", "cf", "-", &source.path].map(str::to_owned).to_vec();
            let way = Way::Down { source: source.path, target: target.path };
            Copying::open(session, place, way, argv, false)?.step(session)
        }
    }
}

fn upload(session: &mut Session<'_, '_>, flags: &Flags, source: &str, target: &Spec) -> Outcome {
    if session.io.stat(source).is_err() {
        return Err(client(format!("{source} doesn't exist in local filesystem")));
    }
    let place = place(session, flags, target)?;
    let argv = ["test", "-d", &target.path].map(str::to_owned).to_vec();
    let way = Way::Test {
        source: source.to_owned(),
        target: target.path.clone(),
        preserve: !flags.on("no-preserve"),
    };
    Copying::open(session, place, way, argv, false)?.step(session)
}

/// The container that is meant.
fn place(session: &mut Session<'_, '_>, flags: &Flags, spec: &Spec) -> Result<Place> {
    if !spec.namespace.is_empty() {
        session.client.namespace.clone_from(&spec.namespace);
    }
    let pod = pods::one_of(session, &spec.pod, false)?;
    let phase = pod.status::<Pod>().phase.clone().unwrap_or_default();
    if phase == "Succeeded" || phase == "Failed" {
        return Err(client(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        )));
    }
    let container = pods::container_of(session, &pod, flags.text("container"), Purpose::Exec)?;
    Ok(Place { namespace: pod.namespace().to_owned(), pod: pod.name().to_owned(), container })
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    namespace: String,
    pod: String,
    container: String,
}

/// What the program in the container is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Way {
    /// Whether the target is a folder.
    Test { source: String, target: String, preserve: bool },
    /// To unpack what it is sent.
    Up,
    /// To pack the source.
    Down { source: String, target: String },
}

/// A program in the container that has its part in the copying.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Copying {
    place: Place,
    way: Way,
    id: ConnectionId,
    received: Vec<u8>,
}

impl Copying {
    fn open(
        session: &mut Session<'_, '_>,
        place: Place,
        way: Way,
        command: Vec<String>,
        stdin: bool,
    ) -> Result<Self> {
        let options = ExecOptions { container: place.container.clone(), command, stdin, tty: false };
        let caller = session.client.caller.clone();
        let id = session.api.open_exec(&caller, &place.namespace, &place.pod, options)?;
        Ok(Self { place, way, id, received: Vec::new() })
    }

    /// The connection.
    pub fn connection(&self) -> ConnectionId {
        self.id
    }

    /// Takes what the program said; goes on once it has ended.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        // Nobody told how the program ended: it may have left anything undone.
        let Some(connection) = session.api.connection_mut(self.id) else {
            return Err(client("unexpected EOF"));
        };
        let chunks: Vec<(StreamKind, Vec<u8>)> = connection.to_client.drain(..).collect();
        let ending = connection.ending.clone();
        for (stream, bytes) in chunks {
            match (stream, &self.way) {
                (StreamKind::Out, _) => self.received.extend(bytes),
                (StreamKind::Err, Way::Test { .. }) => {}
                (StreamKind::Err, _) => drop(session.io.write(STDERR, &bytes)),
            }
        }
        let Some(ending) = ending else {
            return Ok(Flow::Block(Box::new(Task::Copy(self)), Wait::world()));
        };
        session.api.close_connection(self.id);
        let Self { place, way, received, .. } = self;
        match (ending, way) {
            (Ending::Error(status), _) => Err(Failure::Client(status.message)),
            (Ending::Exit(status), Way::Test { source, target, preserve }) => {
                send(session, place, &source, &target, (status == 0, preserve))
            }
            (Ending::Exit(0), Way::Up) => Ok(Flow::Done),
            (Ending::Exit(status), Way::Up) => Err(terminated(status)),
            (Ending::Exit(status), Way::Down { source, target }) => {
                unpack(session, &place, &source, &target, &received)?;
                if status == 0 { Ok(Flow::Done) } else { Err(terminated(status)) }
            }
        }
    }
}

fn terminated(status: i32) -> Failure {
    let text = format!("command terminated with exit code {status}");
    Failure::WithStatus(status, Box::new(Failure::Plain(text)))
}

/// The second step of an upload: the files themselves.
fn send(
    session: &mut Session<'_, '_>,
    place: Place,
    source: &str,
    target: &str,
    (into_folder, preserve): (bool, bool),
) -> Outcome {
    let source = source.trim_end_matches('/');
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let absolute = session.io.canonical(source).unwrap_or_else(|_| source.to_owned());
    let target = match into_folder {
        true => format!("{}/{}", target.trim_end_matches('/'), name(&absolute)),
        false => target.trim_end_matches('/').to_owned(),
    };
    let mut entries: Vec<Entry> = Vec::new();
    let mut failed = None;
    archive::collect(session.io, source, &name(&target), &mut entries, &mut |_, path, error| {
        failed = failed.take().or(Some(format!("open {path}: {}", go_error(error))));
    });
    if let Some(why) = failed {
        return Err(client(why));
    }
    let mut argv = vec!["tar".to_owned()];
    if !preserve {
        argv.extend(["--no-same-permissions", "--no-same-owner"].map(str::to_owned));
    }
    argv.extend(["-xmf", "-"].map(str::to_owned));
    if let Some((folder, _)) = target.rsplit_once('/') {
        let folder = if folder.is_empty() { "/" } else { folder };
        argv.extend(["-C", folder].map(str::to_owned));
    }
    let copying = Copying::open(session, place, Way::Up, argv, true)?;
    if let Some(connection) = session.api.connection_mut(copying.id) {
        connection.to_server = archive::write(&entries);
        connection.input_closed = true;
    }
    copying.step(session)
}

/// The last step of a download. Symbolic links are left out, for they may lead anywhere.
fn unpack(
    session: &mut Session<'_, '_>,
    place: &Place,
    source: &str,
    target: &str,
    bytes: &[u8],
) -> Result<()> {
    let entries = archive::read(bytes).map_err(|_| client("unexpected EOF"))?;
    for entry in &entries {
        let rest = below(source, &entry.name).ok_or_else(|| client("tar contents corrupted"))?;
        let path = clean(&format!("{target}/{rest}"));
        if rest.split('/').next() == Some("..") {
            session.error_line(&format!("warning: file {path:?} is outside target destination, skipping"));
            continue;
        }
        let written = match &entry.body {
            Body::Symlink(link) => {
                let Place { namespace, pod, .. } = place;
                session.error_line(&format!(
                    "warning: skipping symlink: {path:?} -> {link:?} (consider using \"kubectl exec -n {namespace:?} {pod:?} -- tar cf - {source:?} | tar xf -\")"
                ));
                Ok(())
            }
            Body::Folder => make_folders(session, &path),
            Body::File(content) => write_file(session, &path, content),
        };
        written.map_err(|error| client(format!("open {path}: {}", go_error(error))))?;
    }
    Ok(())
}

/// The path of an entry below the source; `None` if it is not below it.
fn below(source: &str, name: &str) -> Option<String> {
    let (name, source_steps) = (steps(name), steps(source));
    // Some tars leave out of their names what leads up.
    let cleaned = clean(source);
    let without_ups: Vec<&str> = steps(&cleaned).into_iter().filter(|step| *step != "..").collect();
    let rest = name.strip_prefix(source_steps.as_slice()).or(name.strip_prefix(without_ups.as_slice()))?;
    Some(reduced(rest).join("/"))
}

/// The steps of a path that lead anywhere.
fn steps(path: &str) -> Vec<&str> {
    path.split('/').filter(|step| !matches!(*step, "" | ".")).collect()
}

/// Without the steps that a later `..` takes back.
fn reduced<'a>(steps: &[&'a str]) -> Vec<&'a str> {
    let mut kept: Vec<&str> = Vec::new();
    for step in steps {
        if *step == ".." && kept.last().is_some_and(|last| *last != "..") {
            kept.pop();
        } else {
            kept.push(step);
        }
    }
    kept
}

/// The shortest way to write a path, by its text alone.
fn clean(path: &str) -> String {
    let kept = reduced(&steps(path));
    if path.starts_with('/') {
        let kept: Vec<&str> = kept.into_iter().skip_while(|step| *step == "..").collect();
        return format!("/{}", kept.join("/"));
    }
    if kept.is_empty() { ".".to_owned() } else { kept.join("/") }
}

fn write_file(
    session: &mut Session<'_, '_>,
    path: &str,
    content: &[u8],
) -> std::result::Result<(), shell::file_system::Errno> {
    if let Some((folder, _)) = path.rsplit_once('/') {
        let _ = make_folders(session, folder);
    }
    session.io.write_file(path, content)
}

fn make_folders(
    session: &mut Session<'_, '_>,
    path: &str,
) -> std::result::Result<(), shell::file_system::Errno> {
    if path.is_empty() || session.io.stat(path).is_ok_and(|metadata| metadata.is_folder()) {
        return Ok(());
    }
    if let Some((parent, _)) = path.rsplit_once('/') {
        make_folders(session, parent)?;
    }
    session.io.make_folder(path, 0o755)
}

#[cfg(test)]
mod tests {
    use super::{below, clean};

    #[test]
    fn entries_lie_below_the_source_however_it_is_written() {
        for (source, name, rest) in [
            ("/etc/.", "etc/./", ""),
            ("/etc/.", "etc/./group", "group"),
            ("/etc/", "etc/a/b", "a/b"),
            ("./etc", "./etc/group", "group"),
            (".", "./bin/sh", "bin/sh"),
            ("/", "./bin", "bin"),
            ("..", "../bin", "bin"),
            ("../etc", "../etc/group", "group"),
            ("../etc", "etc/group", "group"),
            ("a/../etc", "etc/group", "group"),
            ("etc/./hosts", "etc/./hosts", ""),
            ("/etc", "etc/a/../../../root", "../../root"),
        ] {
            assert_eq!(below(source, name).as_deref(), Some(rest), "{name} of {source}");
        }
        for (source, name) in [("/etc", "etcetera"), ("/etc", "../etc"), ("/etc/hosts", "etc")] {
            assert_eq!(below(source, name), None, "{name} of {source}");
        }
    }

    #[test]
    fn a_clean_path_is_the_shortest() {
        for (path, cleaned) in [
            ("/tmp/e/", "/tmp/e"),
            ("/tmp/e/../../../root", "/root"),
            ("./e//f", "e/f"),
            ("e/../..", ".."),
            ("./", "."),
            ("//", "/"),
        ] {
            assert_eq!(clean(path), cleaned);
        }
    }
}
