//! Containers that run a shell: exits, restarts, hooks, probes, init containers and sidecars, as the recorded transcripts have them.

mod common;

use apiserver::LogOptions;
use apiserver::connection::Ending;
use common::Cluster;
use kubelet::Images;
use serde_json::{Value, json};

fn busybox(name: &str, script: &str) -> Value {
    json!({"name": name, "image": "busybox:1.36", "command": ["sh", "-c", script]})
}

fn log(cluster: &mut Cluster, pod: &str, container: &str) -> String {
    cluster.logs(pod, LogOptions { container: container.to_owned(), ..LogOptions::default() }).0
}

fn state(cluster: &Cluster, pod: &str, container: usize) -> Value {
    cluster.pod_value(pod)["status"]["containerStatuses"][container].clone()
}

#[test]
fn a_pod_that_is_done_says_so() {
    let mut cluster = Cluster::new(Images::default());
    let once = json!({"restartPolicy": "Never", "containers": [busybox("main", "echo hello; sleep 5")]});
    cluster.create_pod("once", "node-1", &once);
    let bad = json!({"restartPolicy": "Never", "containers": [busybox("main", "echo failing >&2; exit 3")]});
    cluster.create_pod("bad", "node-1", &bad);
    let third = json!({"restartPolicy": "OnFailure", "volumes": [{"name": "v", "emptyDir": {}}], "containers": [{
        "name": "main", "image": "busybox:1.36", "volumeMounts": [{"name": "v", "mountPath": "/v"}],
        "command": ["sh", "-c", "echo x >> /v/n; c=$(wc -l < /v/n); echo try $c; [ $c -ge 3 ]"]}]});
    cluster.create_pod("third", "node-1", &third);
    cluster.run_seconds(40);
    let status = cluster.pod_value("once")["status"].clone();
    assert_eq!(status["phase"], "Succeeded");
    let terminated = &status["containerStatuses"][0]["state"]["terminated"];
    assert_eq!((&terminated["reason"], &terminated["exitCode"]), (&json!("Completed"), &json!(0)));
    let conditions: Vec<String> = status["conditions"]
        .as_array()
        .expect("conditions")
        .iter()
        .map(|one| format!("{}={} {}", one["type"], one["status"], one["reason"]).replace('"', ""))
        .collect();
    assert_eq!(
        conditions,
        [
            "PodReadyToStartContainers=False null",
            "Initialized=True PodCompleted",
            "Ready=False PodCompleted",
            "ContainersReady=False PodCompleted",
            "PodScheduled=True null"
        ]
    );
    assert_eq!(log(&mut cluster, "once", "main"), "hello\n");
    assert_eq!(cluster.pod_value("bad")["status"]["phase"], "Failed");
    assert_eq!(state(&cluster, "bad", 0)["state"]["terminated"]["exitCode"], 3);
    assert_eq!(log(&mut cluster, "bad", "main"), "failing\n");
    assert_eq!(cluster.pod_value("third")["status"]["phase"], "Succeeded");
    assert_eq!(state(&cluster, "third", 0)["restartCount"], 2);
    assert_eq!(log(&mut cluster, "third", "main"), "try 3\n");
}

#[test]
fn processes_run_beside_the_first_and_may_end_it() {
    let mut cluster = Cluster::new(Images::default());
    let script = "trap 'echo got TERM; exit 5' TERM; echo started; while :; do sleep 1; done";
    cluster.create_pod("app", "node-1", &json!({"containers": [busybox("main", script)]}));
    cluster.run_seconds(2);
    let (_, ending) = cluster.exec("app", &["sh", "-c", "echo marker > /tmp/file; kill 1"]);
    assert_eq!(ending, Some(Ending::Exit(0)));
    cluster.run_seconds(7);
    assert_eq!(state(&cluster, "app", 0)["restartCount"], 1);
    assert_eq!(state(&cluster, "app", 0)["lastState"]["terminated"]["exitCode"], 5);
    let previous = LogOptions { previous: true, ..LogOptions::default() };
    assert_eq!(cluster.logs("app", previous).0, "started\ngot TERM\n");
    assert_eq!(log(&mut cluster, "app", "main"), "started\n");
    let (text, ending) = cluster.exec("app", &["cat", "/tmp/file"]);
    assert_eq!(
        (text.as_str(), ending),
        ("cat: can't open '/tmp/file': No such file or directory\n", Some(Ending::Exit(1)))
    );
}

#[test]
fn hooks_run_before_and_after() {
    let mut cluster = Cluster::new(Images::default());
    let script = "trap 'echo main got TERM; exit 0' TERM; echo ready; while :; do sleep 0.5; done";
    let mut main = busybox("main", script);
    main["lifecycle"] = json!({
        "postStart": {"exec": {"command": ["sh", "-c", "sleep 3; echo posted > /tmp/posted"]}},
        "preStop": {"exec": {"command": ["sh", "-c", "echo lost; echo preStop runs > /proc/1/fd/1; sleep 2"]}}});
    cluster.create_pod("hook", "node-1", &json!({"terminationGracePeriodSeconds": 15, "containers": [main]}));
    cluster.run_seconds(2);
    assert_eq!(state(&cluster, "hook", 0)["state"]["waiting"]["reason"], "ContainerCreating");
    cluster.run_seconds(3);
    assert_eq!(state(&cluster, "hook", 0)["ready"], true);
    assert_eq!(cluster.exec("hook", &["cat", "/tmp/posted"]).0, "posted\n");
    let follow = LogOptions { follow: true, ..LogOptions::default() };
    let admin = apiserver::Caller::admin();
    let id = cluster.outside.api.open_logs(&admin, "default", "hook", follow).expect("the log is opened");
    cluster.delete_pod("hook");
    assert_eq!(
        cluster.read(id, 5),
        ("ready\npreStop runs\nmain got TERM\n".to_owned(), Some(Ending::Exit(0)))
    );
    cluster.run_seconds(1);
    assert!(cluster.pod("hook").is_none());
}

#[test]
fn probes_restart_and_hold_back() {
    let mut cluster = Cluster::new(Images::default());
    let mut live = busybox("main", "touch /tmp/ok; sleep 600");
    live["livenessProbe"] =
        json!({"exec": {"command": ["cat", "/tmp/ok"]}, "periodSeconds": 2, "failureThreshold": 3});
    cluster.create_pod("live", "node-1", &json!({"terminationGracePeriodSeconds": 1, "containers": [live]}));
    let mut slow = busybox("main", "sleep 8; touch /tmp/up; sleep 600");
    slow["startupProbe"] =
        json!({"exec": {"command": ["cat", "/tmp/up"]}, "periodSeconds": 2, "failureThreshold": 20});
    slow["livenessProbe"] =
        json!({"exec": {"command": ["cat", "/tmp/up"]}, "periodSeconds": 1, "failureThreshold": 1});
    cluster.create_pod("slow", "node-1", &json!({"containers": [slow]}));
    cluster.run_seconds(4);
    assert_eq!(state(&cluster, "live", 0)["ready"], true);
    assert_eq!(
        (&state(&cluster, "slow", 0)["started"], &state(&cluster, "slow", 0)["ready"]),
        (&json!(false), &json!(false))
    );
    cluster.exec("live", &["rm", "/tmp/ok"]);
    cluster.run_seconds(15);
    assert_eq!(state(&cluster, "live", 0)["restartCount"], 1);
    assert_eq!(state(&cluster, "live", 0)["lastState"]["terminated"]["exitCode"], 137);
    assert_eq!(
        cluster.events("live"),
        [
            "Normal Pulled Container image \"busybox:1.36\" already present on machine",
            "Normal Created Created container: main",
            "Normal Started Started container main",
            "Warning Unhealthy Liveness probe failed: cat: can't open '/tmp/ok': No such file or directory\n",
            "Normal Killing Container main failed liveness probe, will be restarted",
        ]
        .map(str::to_owned)
        .to_vec()
    );
    assert_eq!(state(&cluster, "slow", 0)["ready"], true);
    assert_eq!(state(&cluster, "slow", 0)["restartCount"], 0);
}

#[test]
fn init_containers_come_first_and_sidecars_stay() {
    let mut cluster = Cluster::new(Images::default());
    let mount = json!([{"name": "v", "mountPath": "/v"}]);
    let mut helper =
        busybox("helper", "echo helper >> /v/log; trap 'exit 0' TERM; while :; do sleep 1; done");
    helper["restartPolicy"] = "Always".into();
    let setup = busybox("setup", "echo setup >> /v/log; sleep 3");
    let main = busybox("main", "echo main >> /v/log; cat /v/log; sleep 600");
    let mounted = |mut container: Value| {
        container["volumeMounts"] = mount.clone();
        container
    };
    cluster.create_pod(
        "side",
        "node-1",
        &json!({"terminationGracePeriodSeconds": 2, "volumes": [{"name": "v", "emptyDir": {}}],
            "initContainers": [mounted(helper), mounted(setup)], "containers": [mounted(main)]}),
    );
    cluster.run_seconds(2);
    let status = cluster.pod_value("side")["status"].clone();
    assert_eq!(status["phase"], "Pending");
    assert_eq!(status["containerStatuses"][0]["state"]["waiting"]["reason"], "PodInitializing");
    assert_eq!(status["conditions"][1]["reason"], "ContainersNotInitialized");
    cluster.run_seconds(4);
    assert_eq!(log(&mut cluster, "side", "main"), "helper\nsetup\nmain\n");
    let status = cluster.pod_value("side")["status"].clone();
    assert_eq!(status["phase"], "Running");
    assert_eq!(status["initContainerStatuses"][0]["ready"], true);
    assert_eq!(status["initContainerStatuses"][1]["started"], false);
    assert_eq!(status["initContainerStatuses"][1]["ready"], true);
    cluster.delete_pod("side");
    cluster.run_seconds(5);
    assert!(cluster.pod("side").is_none());
}

#[test]
fn a_changed_config_map_reaches_the_volume_within_a_minute_or_so() {
    let mut cluster = Cluster::new(Images::default());
    let map = |text: &str| json!({"metadata": {"name": "c", "namespace": "default"}, "data": {"a": text}});
    cluster.create(model::Kind::ConfigMap, map("one"));
    let mut main = busybox("main", "sleep 600");
    main["volumeMounts"] =
        json!([{"name": "c", "mountPath": "/c"}, {"name": "c", "mountPath": "/sub/a", "subPath": "a"}]);
    main["envFrom"] = json!([{"configMapRef": {"name": "c"}}]);
    let volumes = json!([{"name": "c", "configMap": {"name": "c", "defaultMode": 256}}]);
    cluster.create_pod("web", "node-1", &json!({"volumes": volumes, "containers": [main]}));
    cluster.run_seconds(2);
    let read = ["sh", "-c", "cat /c/a /sub/a; echo; stat -L -c %a /c/a; ls /c; echo $a"];
    let (text, _) = cluster.exec("web", &read);
    assert_eq!(text, "oneone\n400\na\none\n");
    let changed = model::Object::from_value(model::Kind::ConfigMap, map("two")).expect("a config map");
    cluster.outside.api.update(&apiserver::Caller::admin(), changed).expect("it is updated");
    cluster.run_seconds(70);
    assert_eq!(cluster.exec("web", &["sh", "-c", "cat /c/a /sub/a; echo $a"]).0, "twooneone\n");
}

#[test]
fn clients_attach_to_a_containers_own_process() {
    let mut cluster = Cluster::new(Images::default());
    for (name, tty) in [("piped", false), ("typed", true)] {
        let spec = json!({"restartPolicy": "Never", "containers": [{
            "name": "main", "image": "busybox", "command": ["sh"], "stdin": true, "stdinOnce": true, "tty": tty}]});
        cluster.create_pod(name, "node-1", &spec);
    }
    cluster.run_seconds(8);
    let (text, ending) = cluster.attach("piped", false, "echo hello; exit 3\n");
    assert_eq!((text.as_str(), ending), ("hello\n", Some(Ending::Exit(0))));
    let (text, ending) = cluster.attach("typed", true, "echo $((40 + 2)); exit\r");
    assert!(text.contains("/ # ") && text.contains("\r\n42\r\n"), "{text:?}");
    assert_eq!(ending, Some(Ending::Exit(0)));
    cluster.run_seconds(2);
    let ended = |name| {
        &cluster.pod_value(name)["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 3
    };
    assert!(ended("piped") && !ended("typed"));
}
