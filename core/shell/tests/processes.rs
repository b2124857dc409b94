//! What case files can't say: signals, pid 1, terminals, snapshots, idle cost.

mod common;

use common::{World, run_script};
use engine::{Duration, Instant};
use shell::host::Unplugged;
use shell::kernel::CaptureId;
use shell::{Signal, Stdio, TerminalId};

fn text_of(world: &mut World, capture: CaptureId) -> String {
    let chunks = world.machine.kernel.take_capture(capture);
    chunks.iter().map(|chunk| String::from_utf8_lossy(&chunk.bytes).into_owned()).collect()
}

fn after(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

#[test]
fn pid_one_ignores_term_unless_it_traps_it() {
    for (script, status) in [
        ("sleep 1000", None),
        ("sleep 1000; echo never", None),
        ("trap 'echo got TERM; exit 5' TERM; while :; do sleep 0.3; done", Some(5)),
    ] {
        let mut world = World::new("busybox");
        let pid = world.spawn(&["sh", "-c", script], [Stdio::Null; 3]);
        world.run_until(after(2));
        world.machine.signal(pid, Signal::Term);
        world.run_until(after(5));
        assert_eq!(world.machine.exit_status(pid).map(|exit| exit.status), status, "{script}");
        if status.is_none() {
            world.machine.signal(pid, Signal::Kill);
            world.run_until(after(6));
            assert_eq!(world.machine.exit_status(pid).map(|exit| exit.status), Some(137), "{script}");
        }
    }
}

#[test]
fn chunks_know_their_instant() {
    let mut world = World::new("busybox");
    let capture = world.machine.kernel.create_capture();
    world.spawn(
        &["sh", "-c", "while :; do echo tick; sleep 1; done"],
        [Stdio::Null, Stdio::Capture(capture), Stdio::Null],
    );
    world.run_until(after(3));
    let seconds: Vec<u64> =
        world.machine.kernel.take_capture(capture).iter().map(|chunk| chunk.at.as_secs()).collect();
    assert_eq!(seconds, [0, 1, 2]);
}

#[test]
fn a_snapshot_amid_a_loop_goes_on_to_the_same_bytes() {
    let script = "n=0; f() { local x=$1; echo \"$x $(echo sub $RANDOM | tr a-z A-Z)\"; sleep 0.7; }; \
                  while [ $n -lt 40 ]; do for i in a b; do f $i$n | cat; done; n=$((n+1)); echo $n >> log; done; cat log | wc -l";
    let mut world = World::new("");
    let capture = world.machine.kernel.create_capture();
    world.spawn(&["bash", "-c", script], [Stdio::Null, Stdio::Capture(capture), Stdio::Capture(capture)]);
    world.run_until(after(9));
    let bytes = postcard::to_allocvec(&world).expect("a world is data");
    let mut restored: World = postcard::from_bytes(&bytes).expect("a world is read back");
    world.run_until(after(100));
    restored.run_until(after(100));
    let end = |world: &World| postcard::to_allocvec(world).expect("a world is data");
    assert!(end(&world) == end(&restored), "both worlds are the same to the byte");
    let (one, other) = (text_of(&mut world, capture), text_of(&mut restored, capture));
    assert_eq!(one, other);
    assert!(one.ends_with("40\n"), "{one}");
}

#[test]
fn an_endless_loop_does_not_stop_the_world() {
    let mut world = World::new("");
    world.spawn(&["bash", "-c", "while true; do :; done"], [Stdio::Null; 3]);
    let (stdout, _, status) = run_script(&mut world, "sleep 1; echo done", "");
    assert_eq!((stdout.as_str(), status), ("done\n", 0));
}

#[test]
fn a_sleeping_process_is_not_touched() {
    let mut world = World::new("");
    for _ in 0..1_000 {
        let queue = world.machine.kernel.create_input_queue();
        world.spawn(&["cat"], [Stdio::Queue(queue), Stdio::Null, Stdio::Null]);
    }
    world.run_until(after(1));
    assert_eq!(world.machine.poll(&mut Unplugged, &mut world.random.clone(), after(2)), None);
}

struct Typist {
    world: World,
    terminal: TerminalId,
}

impl Typist {
    fn new() -> Self {
        let mut world = World::new("");
        let terminal = world.machine.kernel.create_terminal(60, 20);
        world.spawn(&["bash"], [Stdio::Terminal(terminal); 3]);
        let mut typist = Self { world, terminal };
        typist.typed("");
        typist
    }

    /// What the terminal shows after these keys and some time, without the sequences that redraw.
    fn typed(&mut self, keys: &str) -> String {
        self.world.machine.kernel.type_into(self.terminal, keys.as_bytes());
        let end = self.world.now + Duration::from_secs(1);
        self.world.run_until(end);
        self.world.now = self.world.now.max(end);
        String::from_utf8_lossy(&self.world.machine.kernel.take_terminal_output(self.terminal)).into_owned()
    }

    fn answer(&mut self, keys: &str) -> String {
        let shown = self.typed(keys);
        let lines: Vec<&str> = shown.split("\r\n").collect();
        lines[1..lines.len() - 1].join("\n")
    }
}

#[test]
fn lines_are_edited_completed_and_remembered() {
    let mut typist = Typist::new();
    assert_eq!(typist.answer("echo one\r"), "one");
    assert_eq!(typist.answer("\x1b[A\r"), "one", "the line before");
    assert_eq!(typist.answer("echo ac\x1b[Db\r"), "abc", "left, then a letter");
    assert_eq!(typist.answer("xecho d\x01\x1b[3~\x05e\r"), "de", "home, delete, end");
    assert_eq!(typist.answer("echo 한글\x7f\r"), "한", "a wide character is one key");
    assert!(typist.typed("echo a \\\rb\r").contains("\r\na b\r\n"), "a backslash joins lines");
    assert!(
        typist.typed("for i in 1 2\rdo echo n$i\rdone\r").contains("\r\nn1\r\nn2\r\n"),
        "a loop over lines"
    );
    typist.typed("touch some-file.txt; alias e=echo\r");
    assert_eq!(typist.answer("e so\t\r"), "some-file.txt", "a file is completed, after an alias");
    assert_eq!(typist.answer("hist\t | grep -c 'e so'\r"), "2", "a builtin is completed");
}

#[test]
fn a_subshell_of_the_prompt_speaks_as_the_prompt() {
    let mut typist = Typist::new();
    for line in ["true | nosuch", "(nosuch)", "echo $(nosuch) | tr -d '\\n'"] {
        assert_eq!(typist.answer(&format!("{line}\r")), "bash: nosuch: command not found", "{line}");
    }
}

/// As bash 5.2 says it at a prompt.
#[test]
fn the_history_is_recalled() {
    let mut typist = Typist::new();
    for (line, answer) in [
        ("!foo", "bash: !foo: event not found"),
        ("echo a b", "a b"),
        ("!!", "echo a b\na b"),
        ("!e", "echo a b\na b"),
        ("^a^c", "echo c b\nc b"),
        ("^zz^b", "bash: :s^zz^b: substitution failed"),
        ("!-2", "echo a b\na b"),
        ("!1", "echo a b\na b"),
        ("!99", "bash: !99: event not found"),
        ("echo !$", "echo b\nb"),
        ("echo \"x!!\"", "echo \"xecho b\"\nxecho b"),
        ("echo '!!'", "!!"),
        ("echo ! != \\!x \"hey!\"", "! != !x hey!"),
        ("echo !?'!!'?:1", "echo '!!'\n!!"),
        ("history | tail -n 1 | cut -c 8-", "history | tail -n 1 | cut -c 8-"),
    ] {
        assert_eq!(typist.answer(&format!("{line}\r")), answer, "{line}");
    }
}

#[test]
fn control_c_ends_the_command_and_not_the_shell() {
    let mut typist = Typist::new();
    typist.typed("sleep 100\r");
    assert!(!typist.world.machine.kernel.is_at_prompt(typist.terminal));
    typist.typed("\x03");
    assert!(typist.world.machine.kernel.is_at_prompt(typist.terminal));
    assert_eq!(typist.answer("echo $?\r"), "130");
    typist.typed("while true; do sleep 0.1; done\r");
    typist.typed("\x03");
    assert_eq!(typist.answer("echo $?\r"), "130");
    typist.typed("while true; do :; done\r");
    typist.typed("\x03");
    assert_eq!(typist.answer("echo back\r"), "back");
}

#[test]
fn a_program_reads_what_is_typed() {
    let mut typist = Typist::new();
    typist.typed("read name; echo \"hi $name\"\r");
    assert!(typist.typed("lear\x7fner\r").contains("hi leaner"));
    typist.typed("cat\r");
    assert!(typist.typed("line\r").contains("line\r\nline\r\n"));
    typist.typed("\x04");
    assert_eq!(typist.answer("echo $?\r"), "0");
}

#[test]
fn too_much_memory_kills() {
    let mut world = World::new("busybox");
    if let Some(context) = world.machine.context_mut(world.context) {
        context.memory_limit = Some(24 << 20);
    }
    let pid = world.spawn(&["sh", "-c", "echo eating; exec tail /dev/zero"], [Stdio::Null; 3]);
    assert_eq!(world.run(pid), Some(137));
    assert!(world.machine.exit_status(pid).is_some_and(|exit| exit.out_of_memory));
}

#[test]
fn huge_widths_end() {
    let script = r#"for f in '%*s' '%0*d' '%.*d' '%.*f' '%-*s'; do printf "$f" 99999999999 1 | wc -c; done"#;
    let (stdout, stderr, exit) = run_script(&mut World::new(""), script, "");
    assert_eq!((stderr.as_str(), exit), ("", 0));
    assert_eq!(stdout.lines().count(), 5, "{stdout}");
    assert!(stdout.lines().all(|count| count.parse().is_ok_and(|count: u32| count > 60_000)), "{stdout}");
}
