//! A sandbox as the app uses it: commands in, updates out.

use protocol::{ClockCommand, Command, LessonCommand, Phase, Reply, Request, RequestId, Update};
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

/// Starts it as the app does.
fn start(sandbox: &mut Sandbox, lesson: Option<&str>, snapshot: Option<Vec<u8>>) -> Vec<Update> {
    let lesson = lesson.map(str::to_owned);
    let start =
        Command::Start { workers: 3, seed: 1, epoch_seconds: 0, snapshot, lesson, language: "en".into() };
    let updates = sandbox.handle(start);
    sandbox.handle(Command::OpenTerminal { terminal: 1, columns: 100, rows: 30 });
    updates
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
    let updates = sandbox.handle(Command::Type { terminal: 1, bytes: b"kubectl get ns\r".to_vec() });
    let shown = screen(&updates);
    assert!(shown.contains("kube-system"), "held time answers too: {shown}");
    let can_undo =
        updates.iter().any(|update| matches!(update, Update::Clock(clock) if clock.moments.len() == 2));
    assert!(can_undo, "held time can be undone at once");
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
    let shown = screen(&sandbox.handle(Command::Clock(ClockCommand::Undo)));
    assert!(shown.contains("--replicas=2\x1b[0m\r\n") && shown.ends_with("$ "), "{shown:?}");
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
    start(&mut sandbox, Some("first-cluster"), None);
    type_line(&mut sandbox, "kubectl run hello --image=nginx:1.27");
    let current = (0..20).flat_map(|_| sandbox.tick(500.0)).filter_map(|update| match update {
        Update::Lesson(Some(lesson)) => Some(lesson.current),
        _ => None,
    });
    assert_eq!(current.max(), Some(1));
}

#[test]
fn a_saved_world_is_gone_on_with_if_it_has_the_wanted_lesson_open() {
    let mut sandbox = open();
    sandbox.handle(Command::OpenTerminal { terminal: 4, columns: 80, rows: 24 });
    type_line(&mut sandbox, "kubectl run a --image=nginx:1.27");
    let Ok(Reply::Bytes(bytes)) = ask(&mut sandbox, Request::Snapshot) else { panic!("no snapshot") };
    for (lesson, restored, terminals, count) in [(None, true, 2, 1), (Some("deployments"), false, 0, 0)] {
        let updates = start(&mut sandbox, lesson, Some(bytes.clone()));
        assert_eq!(updates[0], Update::Started { restored, terminals }, "{lesson:?}");
        assert!(
            matches!(&updates[1], Update::Lessons(cards) if cards.len() == 3 && cards[0].words.len() == 2)
        );
        let open = updates.iter().find_map(|update| match update {
            Update::Lesson(shown) => Some(shown.as_ref().map(|shown| shown.id.as_str())),
            _ => None,
        });
        assert_eq!(open, Some(lesson));
        assert_eq!(pods(&mut sandbox), count, "{lesson:?}");
    }
}

#[test]
fn a_solution_is_handed_out_to_be_typed() {
    let mut sandbox = open();
    start(&mut sandbox, Some("deployments"), None);
    let updates = sandbox.handle(Command::Lesson(LessonCommand::ShowSolution));
    assert!(
        updates.contains(&Update::Solution("kubectl apply -f nginx-deployment.yaml".into())),
        "{updates:?}"
    );
}

#[test]
fn a_refused_request_is_seen_with_the_reason() {
    let mut sandbox = open();
    sandbox.whole();
    let line = b"kubectl create namespace default\r".to_vec();
    let updates = sandbox.handle(Command::Type { terminal: 1, bytes: line });
    let refused: Vec<_> = updates
        .iter()
        .filter_map(|update| if let Update::Stage(stage) = update { Some(&stage.pulses) } else { None })
        .flatten()
        .map(|pulse| (pulse.verb.as_str(), pulse.resource.as_str(), pulse.refused.as_str()))
        .collect();
    assert_eq!(refused, [("create", "namespaces", "409 AlreadyExists")]);
}

#[test]
fn a_pod_that_backs_off_says_until_when() {
    let mut sandbox = open();
    type_line(&mut sandbox, "kubectl run a --image=busybox -- false; kubectl run b --image=nowhere/none:1");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..600 {
        for update in sandbox.tick(100.0) {
            let Update::Stage(stage) = update else { continue };
            for pod in stage.pods.set.iter().filter(|pod| matches!(pod.phase, Phase::BackOff | Phase::Failed))
            {
                let now = sandbox.world().now().0 / 1000;
                // Without a time it is being tried just now.
                let Some(until) = pod.back_off_until_ms else { continue };
                assert!(until > now && until < now + 60_000, "{}: at {now} until {until}", pod.name);
                seen.insert((pod.name.clone(), pod.phase == Phase::BackOff));
            }
        }
    }
    let of = |name: &str, backs_off| (name.to_owned(), backs_off);
    assert!(seen.contains(&of("a", true)) && seen.contains(&of("b", false)), "{seen:?}");
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

#[test]
fn completion_knows_where_it_is() {
    let mut sandbox = open();
    let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: b\n";
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n";
    // What stands there (the cursor is at its end) and what is offered.
    let cases: [(String, &[&str]); 9] = [
        (format!("{pod}    imagePullPolicy: "), &["Always", "IfNotPresent", "Never"]),
        (format!("{pod}  restartPolicy: On"), &["Always", "Never", "OnFailure"]),
        (format!("{pod}    ports:\n    - containerPort: 80\n      proto"), &["protocol"]),
        (format!("{pod}    readinessProbe:\n      httpGet:\n        sch"), &["scheme"]),
        (format!("{pod}---\n{deployment}      restartP"), &["restartPolicy"]),
        (format!("{deployment}      nodeS"), &["nodeSelector"]),
        ("apiVersion: v1\nkind: Service\n---\napiVersion: apps/v1\nkind: Deployment\nspec:\n  strategy:\n    type: ".into(), &["Recreate", "RollingUpdate"]),
        ("kind: Deployment\napiVersion: ".into(), &["apps/v1"]),
        ("apiVersion: v1\nkind: ConfigMap\nimm".into(), &["immutable"]),
    ];
    for (text, wanted) in cases {
        let line = u32::try_from(text.lines().count() - 1).unwrap();
        let column = u32::try_from(text.lines().last().unwrap().len()).unwrap();
        let request = Request::Complete { text: text.clone(), line, column };
        let Ok(Reply::Completions(items)) = ask(&mut sandbox, request) else { panic!("no answer") };
        let labels: Vec<&str> = items.iter().map(|item| item.label.as_str()).collect();
        assert_eq!(labels, wanted, "after {text:?}");
    }
}
