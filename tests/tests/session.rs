//! A sandbox as the app uses it: commands in, updates out.

use protocol::{ClockCommand, Command, LessonCommand, Reply, Request, RequestId, Update};
use sandbox::{ClusterSettings, Sandbox};

fn open() -> Sandbox {
    let mut sandbox = Sandbox::new(ClusterSettings::default());
    sandbox.handle(Command::OpenTerminal { terminal: 1, columns: 100, rows: 30 });
    sandbox
}

fn type_line(sandbox: &mut Sandbox, line: &str) -> String {
    let bytes = format!("{line}\r").into_bytes();
    screen(&sandbox.handle(Command::Type { terminal: 1, bytes }))
}

fn screen(updates: &[Update]) -> String {
    let bytes = updates.iter().filter_map(|update| match update {
        Update::Terminal { bytes, .. } => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    });
    bytes.collect()
}

fn ask(sandbox: &mut Sandbox, request: Request) -> Result<Reply, String> {
    let updates = sandbox.handle(Command::Ask { id: RequestId(1), request });
    let reply = updates.into_iter().find_map(|update| match update {
        Update::Reply { reply, .. } => Some(reply),
        _ => None,
    });
    reply.expect("an answer")
}

fn pods(sandbox: &mut Sandbox) -> usize {
    let request = Request::Get { kind: "pods".into(), namespace: Some("default".into()), name: None };
    let Ok(Reply::Json(json)) = ask(sandbox, request) else { panic!("no list of pods") };
    let list: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    list["items"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_typed_command_is_answered_at_once() {
    let mut sandbox = open();
    let shown = type_line(&mut sandbox, "kubectl get nodes");
    assert!(shown.contains("control-plane   Ready"), "{shown}");
    sandbox.handle(Command::Clock(ClockCommand::Pause));
    let shown = type_line(&mut sandbox, "kubectl get ns");
    assert!(shown.contains("kube-system"), "held time answers too: {shown}");
}

#[test]
fn the_stage_is_sent_as_changes() {
    let mut sandbox = open();
    let whole = sandbox.whole();
    let nodes = whole.iter().find_map(|update| match update {
        Update::Stage(stage) if stage.reset => Some(stage.nodes.set.len()),
        _ => None,
    });
    assert_eq!(nodes, Some(4));
    type_line(&mut sandbox, "kubectl run a --image=nginx:1.27");
    let seen = (0..100).flat_map(|_| sandbox.tick(100.0)).any(|update| match update {
        Update::Stage(stage) => stage.pods.set.iter().any(|pod| pod.name == "a" && pod.status == "Running"),
        _ => false,
    });
    assert!(seen, "the pod is seen running");
}

#[test]
fn undo_takes_the_last_command_back() {
    let mut sandbox = open();
    type_line(&mut sandbox, "kubectl create deployment web --image=nginx:1.27 --replicas=2");
    sandbox.tick(1000.0);
    assert_eq!(pods(&mut sandbox), 2);
    sandbox.handle(Command::Clock(ClockCommand::Undo));
    assert_eq!(pods(&mut sandbox), 0);
    let shown = type_line(&mut sandbox, "echo still here");
    assert!(shown.contains("still here\r\n"), "{shown:?}");
}

#[test]
fn a_saved_sandbox_goes_on() {
    let mut sandbox = open();
    type_line(&mut sandbox, "X=kept; kubectl run a --image=nginx:1.27");
    let Ok(Reply::Bytes(bytes)) = ask(&mut sandbox, Request::Snapshot) else { panic!("no snapshot") };
    let mut restored = Sandbox::restore(&bytes).expect("restored");
    assert_eq!(pods(&mut restored), 1);
    let shown = type_line(&mut restored, "echo $X");
    assert!(shown.contains("kept"), "the shell's variables live on: {shown:?}");
}

#[test]
fn a_lesson_ticks_by_itself() {
    let mut sandbox = open();
    let open = LessonCommand::Open { id: "first-cluster".into(), language: "ko".into() };
    sandbox.handle(Command::Lesson(open));
    type_line(&mut sandbox, "kubectl run hello --image=nginx:1.27");
    let current = (0..20).flat_map(|_| sandbox.tick(500.0)).filter_map(|update| match update {
        Update::Lesson(Some(lesson)) => Some(lesson.current),
        _ => None,
    });
    assert_eq!(current.max(), Some(1));
}

#[test]
fn mistakes_in_a_manifest_are_found_at_their_line() {
    let mut sandbox = open();
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n  - name: a\n    imagee: nginx\n";
    let Ok(Reply::Diagnostics(found)) = ask(&mut sandbox, Request::Check { text: text.into() }) else {
        panic!("no answer")
    };
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].line, found[0].column), (7, 4));
    assert_eq!(found[0].message, "unknown field \"spec.containers[0].imagee\"");
}

#[test]
fn fields_are_completed_and_explained() {
    let mut sandbox = open();
    let text = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        imageP";
    let request = Request::Complete { text: text.into(), line: 7, column: 14 };
    let Ok(Reply::Completions(items)) = ask(&mut sandbox, request) else { panic!("no answer") };
    assert_eq!(items.iter().map(|item| item.label.as_str()).collect::<Vec<_>>(), ["imagePullPolicy"]);
    let request = Request::Hover { text: text.into(), line: 5, column: 8 };
    let Ok(Reply::Hover(Some(hover))) = ask(&mut sandbox, request) else { panic!("no answer") };
    assert_eq!(hover.path, "deployment.spec.template.spec.containers");
    assert_eq!(hover.field_type, "<[]Container> -required-");
}

#[test]
fn tabs_outlive_an_undo_and_an_exit() {
    let mut sandbox = open();
    type_line(&mut sandbox, "kubectl run a --image=nginx:1.27");
    sandbox.handle(Command::OpenTerminal { terminal: 2, columns: 80, rows: 24 });
    sandbox.handle(Command::Clock(ClockCommand::Undo));
    let bytes = b"echo second\r".to_vec();
    let shown = screen(&sandbox.handle(Command::Type { terminal: 2, bytes }));
    assert!(shown.contains("second\r\n"), "a tab opened since works on: {shown:?}");
    type_line(&mut sandbox, "exit");
    let shown = type_line(&mut sandbox, "echo again");
    assert!(shown.contains("again\r\n"), "another shell begins: {shown:?}");
}

#[test]
fn a_command_that_never_ends_is_given_up() {
    let mut sandbox = open();
    let reply = ask(&mut sandbox, Request::Exec { line: "while true; do sleep 1; done".into() });
    assert!(matches!(reply, Ok(Reply::Output { exit: 124, .. })), "{reply:?}");
    let reply = ask(&mut sandbox, Request::Exec { line: "yes".into() });
    assert!(matches!(reply, Ok(Reply::Output { exit: 124, .. })), "it says too much");
}
