//! A small world for tests: one machine, one context, no programs of upper floors.
#![allow(dead_code, reason = "each test uses a part")]

use std::collections::BTreeMap;

use engine::{Instant, Random};
use serde::{Deserialize, Serialize};
use shell::file_system::{Layer, Mount};
use shell::host::Unplugged;
use shell::kernel::OutputStream;
use shell::{
    Completion, Context, ContextId, ContextSpec, Io, Machine, Pid, Programs, Stdio, Step, Userland, utilities,
};

/// No programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoPrograms;

impl Programs for NoPrograms {
    type State = ();
    type World = Unplugged;
    fn find(_: &str, _: &Context) -> bool {
        false
    }
    fn start(_: &str, _: &[String]) -> Option<()> {
        None
    }
    fn step((): &mut (), _: &mut Io<'_>, _: &mut Unplugged) -> Step {
        Step::Exit(0)
    }
    fn complete(_: &[String], _: &mut Io<'_>, _: &mut Unplugged) -> Vec<Completion> {
        Vec::new()
    }
}

/// A machine with one context, and its clock.
#[derive(Clone, Serialize, Deserialize)]
pub struct World {
    pub machine: Machine<NoPrograms>,
    pub random: Random,
    pub now: Instant,
    pub context: ContextId,
}

/// Unix seconds of the beginning of a test's world.
pub const EPOCH: i64 = 1_700_000_000;

impl World {
    pub fn new(userland: &str) -> Self {
        let mut machine = Machine::new(EPOCH);
        let names = utilities::names();
        let layer = Layer::builder(EPOCH)
            .programs("/bin", &names)
            .file(
                "/etc/passwd",
                "root:x:0:0:root:/root:/bin/bash\nlearner:x:1000:1000::/home/learner:/bin/bash\n",
                0o644,
            )
            .file("/etc/group", "root:x:0:\nlearner:x:1000:\n", 0o644)
            .file("/etc/hostname", "podarium\n", 0o644)
            .folder("/tmp", 0o1777)
            .folder("/root", 0o700)
            .folder("/home", 0o755)
            .owner(1000, 1000)
            .folder("/home/learner", 0o755)
            .folder("/home/learner/lab", 0o755)
            .build();
        machine.storage_mut().add_layer("test", || layer);
        let tree = machine.storage_mut().add_tree(Some("test"), None);
        let userland = if userland == "busybox" { Userland::Busybox } else { Userland::Gnu };
        let context = machine.create_context(ContextSpec {
            hostname: "podarium".to_owned(),
            mounts: vec![Mount::new("/", tree)],
            uid: 1000,
            gid: 1000,
            home: "/home/learner".to_owned(),
            userland,
            ..ContextSpec::default()
        });
        Self { machine, random: Random::new(1), now: Instant::ZERO, context }
    }

    pub fn environment() -> BTreeMap<String, String> {
        [("PATH", "/bin"), ("HOME", "/home/learner"), ("USER", "learner")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    pub fn spawn(&mut self, argv: &[&str], stdio: [Stdio; 3]) -> Pid {
        let argv = argv.iter().map(|word| (*word).to_owned()).collect();
        self.machine
            .spawn(self.context, argv, Self::environment(), "/home/learner/lab", stdio, self.now)
            .expect("the command exists")
    }

    /// Lets the clock jump from timer to timer until `end`, or until nothing more happens.
    pub fn run_until(&mut self, end: Instant) {
        while let Some(wake) = self.machine.poll(&mut Unplugged, &mut self.random, self.now) {
            if wake > end {
                break;
            }
            self.now = self.now.max(wake);
        }
    }

    /// Lets the clock jump until the process ends; none if it never does.
    pub fn run(&mut self, pid: Pid) -> Option<i32> {
        for _ in 0..1_000_000 {
            let wake = self.machine.poll(&mut Unplugged, &mut self.random, self.now);
            if let Some(exit) = self.machine.exit_status(pid) {
                return Some(exit.status);
            }
            self.now = self.now.max(wake?);
        }
        None
    }
}

/// Runs a script with `bash -c` (`sh -c` in BusyBox): its output, its errors and its status (-1 if it never ends).
pub fn run_script(world: &mut World, script: &str, stdin: &str) -> (String, String, i32) {
    let busybox =
        world.machine.context(world.context).is_some_and(|context| context.userland == Userland::Busybox);
    let capture = world.machine.kernel.create_capture();
    let input = world.machine.kernel.create_input_queue();
    world.machine.kernel.push_queue(input, stdin.as_bytes());
    let stdio = [Stdio::Queue(input), Stdio::Capture(capture), Stdio::Capture(capture)];
    let pid = world.spawn(&[if busybox { "sh" } else { "bash" }, "-c", script], stdio);
    world.machine.kernel.close_input_queue(input);
    let exit = world.run(pid).unwrap_or(-1);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    for chunk in world.machine.kernel.take_capture(capture) {
        match chunk.stream {
            OutputStream::Stdout => stdout.extend(chunk.bytes),
            OutputStream::Stderr => stderr.extend(chunk.bytes),
        }
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&stdout), text(&stderr), exit)
}
