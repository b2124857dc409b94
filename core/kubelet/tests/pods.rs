//! Pods on a node with a full kubelet: how they start, run, fail and go.

mod common;

use apiserver::connection::Ending;
use apiserver::{Caller, LogOptions};
use common::Cluster;
use kubelet::Images;
use serde_json::json;

fn conditions(cluster: &Cluster, pod: &str) -> Vec<String> {
    let pod = cluster.pod(pod).expect("the pod");
    let conditions = pod.status.expect("a status").conditions.unwrap_or_default();
    let text = |part: Option<String>| part.unwrap_or_default();
    conditions
        .into_iter()
        .map(|one| {
            format!("{}={} {} {}", one.type_, one.status, text(one.reason), text(one.message))
                .trim()
                .to_owned()
        })
        .collect()
}

#[test]
fn a_web_server_starts_serves_and_goes() {
    let mut cluster = Cluster::new(Images::default());
    let spec = json!({"containers": [{"name": "web", "image": "nginx:1.27",
        "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 2}}]});
    cluster.create_pod("web", "node-1", &spec);
    cluster.run_seconds(3);
    let pod = cluster.pod_value("web");
    let status = &pod["status"];
    assert_eq!(status["phase"], "Running", "{status:#}");
    assert_eq!(status["hostIP"], "192.168.49.2");
    assert_eq!(status["podIP"], "10.244.1.2");
    assert_eq!(status["containerStatuses"][0]["ready"], true);
    assert_eq!(status["containerStatuses"][0]["image"], "docker.io/library/nginx:1.27");
    assert_eq!(
        conditions(&cluster, "web"),
        [
            "PodReadyToStartContainers=True",
            "Initialized=True",
            "Ready=True",
            "ContainersReady=True",
            "PodScheduled=True"
        ]
    );
    assert_eq!(
        cluster.events("web"),
        [
            "Normal Pulled Container image \"nginx:1.27\" already present on machine",
            "Normal Created Created container: web",
            "Normal Started Started container web"
        ]
    );
    let (code, body) = cluster.get("10.244.1.2", 80, "/").expect("an answer");
    assert!(code == 200 && body.contains("Welcome to nginx!"));
    assert_eq!(cluster.get("10.244.1.2", 80, "/missing").map(|(code, _)| code), Some(404));
    let (log, _) = cluster.logs("web", LogOptions { tail_lines: Some(1), ..LogOptions::default() });
    assert!(
        log.starts_with("10.244.1.1 - - [01/Jun/2025:00:00:03 +0000] \"GET /missing HTTP/1.1\" 404 "),
        "{log}"
    );
    cluster.delete_pod("web");
    cluster.run_seconds(1);
    assert!(cluster.pod("web").is_none());
    assert_eq!(
        cluster.events("web").last().map(String::as_str),
        Some("Normal Killing Stopping container web")
    );
}

#[test]
fn a_program_that_ignores_sigterm_is_killed_after_its_grace_period() {
    let mut cluster = Cluster::new(Images::default());
    cluster.create_pod(
        "kubia",
        "node-1",
        &json!({"containers": [{"name": "kubia", "image": "luksa/kubia:v1"}]}),
    );
    cluster.run_seconds(2);
    assert_eq!(
        cluster.get("10.244.1.2", 8080, "/"),
        Some((200, "This is v1 running in pod kubia\n".to_owned()))
    );
    cluster.delete_pod("kubia");
    cluster.run_seconds(29);
    assert!(cluster.get("10.244.1.2", 8080, "/").is_some(), "it still answers");
    cluster.run_seconds(2);
    assert!(cluster.pod("kubia").is_none());
}

#[test]
fn what_cannot_start_says_why() {
    let mut cluster = Cluster::new(Images::default());
    let never = json!({"restartPolicy": "Never", "containers": [
        {"name": "main", "image": "busybox:1.36", "command": ["bash", "-c", "echo hi"]}]});
    cluster.create_pod("nocmd", "node-1", &never);
    let upper = json!({"containers": [{"name": "main", "image": "BusyBox:1.36"}]});
    cluster.create_pod("upper", "node-1", &upper);
    let pull = json!({"containers": [{"name": "main", "image": "luksa/none:9"}]});
    cluster.create_pod("pull", "node-1", &pull);
    let config = json!({"containers": [{"name": "main", "image": "busybox:1.36", "env": [
        {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "a"}}}]}]});
    cluster.create_pod("config", "node-1", &config);
    let volume = json!({"volumes": [{"name": "v", "configMap": {"name": "nomap"}}],
        "containers": [{"name": "main", "image": "nginx:1.27", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]});
    cluster.create_pod("volume", "node-1", &volume);
    cluster.run_seconds(6);
    let state = |cluster: &Cluster, pod: &str| {
        cluster.pod_value(pod)["status"]["containerStatuses"][0]["state"].clone()
    };
    let terminated = &state(&cluster, "nocmd")["terminated"];
    assert_eq!(terminated["exitCode"], 128);
    assert_eq!(terminated["reason"], "StartError");
    assert_eq!(terminated["startedAt"], "1970-01-01T00:00:00Z");
    assert_eq!(
        terminated["message"],
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"bash\": executable file not found in $PATH: unknown"
    );
    assert_eq!(cluster.pod_value("nocmd")["status"]["phase"], "Failed");
    for (pod, reason) in [
        ("upper", "InvalidImageName"),
        ("pull", "ErrImagePull"),
        ("config", "CreateContainerConfigError"),
        ("volume", "ContainerCreating"),
    ] {
        assert_eq!(state(&cluster, pod)["waiting"]["reason"], reason, "{pod}");
    }
    assert_eq!(state(&cluster, "config")["waiting"]["message"], "configmap \"none\" not found");
    assert_eq!(
        cluster.events("volume")[0],
        "Warning FailedMount MountVolume.SetUp failed for volume \"v\" : configmap \"nomap\" not found"
    );
    cluster.run_seconds(15);
    assert_eq!(state(&cluster, "pull")["waiting"]["reason"], "ImagePullBackOff");
    let (_, ending) = cluster.logs("pull", LogOptions::default());
    let Some(Ending::Error(status)) = ending else { panic!("{ending:?}") };
    assert_eq!(
        status.message,
        "container \"main\" in pod \"pull\" is waiting to start: trying and failing to pull image"
    );
}

#[test]
fn a_crashing_container_is_restarted_later_and_later() {
    let mut cluster = Cluster::new(Images::default());
    // The second server of a pod finds its port taken. Statuses are in the order of the names.
    let spec = json!({"containers": [{"name": "web", "image": "nginx:1.27"}, {"name": "crash", "image": "nginx:1.27"}]});
    cluster.create_pod("crash", "node-1", &spec);
    let mut seen = Vec::new();
    for _ in 0..400 {
        cluster.run(engine::Duration::from_millis(250));
        let status = &cluster.pod_value("crash")["status"]["containerStatuses"][0];
        let state = &status["state"];
        let reason = state["waiting"]["reason"].as_str().or(state["terminated"]["reason"].as_str());
        let line = format!("{} {}", reason.unwrap_or("Running"), status["restartCount"]);
        if seen.last() != Some(&line) {
            seen.push(line);
        }
    }
    assert!(seen.contains(&"Error 1".to_owned()), "{seen:?}");
    assert!(seen.contains(&"CrashLoopBackOff 2".to_owned()), "{seen:?}");
    assert!(
        seen.iter().any(|line| line.ends_with(" 4")) && !seen.iter().any(|line| line.ends_with(" 6")),
        "{seen:?}"
    );
    let (previous, _) = cluster
        .logs("crash", LogOptions { container: "crash".to_owned(), previous: true, ..LogOptions::default() });
    assert!(previous.contains("bind() to 0.0.0.0:80 failed (98: Address already in use)"), "{previous}");
}

#[test]
fn exec_into_what_is_not_there_fails_as_the_runtime_does() {
    let mut cluster = Cluster::new(Images::default());
    cluster.create_pod("web", "node-1", &json!({"containers": [{"name": "web", "image": "nginx:1.27"}]}));
    cluster.run_seconds(2);
    let (_, ending) = cluster.exec("web", &["nonsense"]);
    let Some(Ending::Error(status)) = ending else { panic!("{ending:?}") };
    assert!(
        status.message.ends_with("OCI runtime exec failed: exec failed: unable to start container process: exec: \"nonsense\": executable file not found in $PATH: unknown"),
        "{status}"
    );
    let pod = cluster.outside.api.get(&Caller::admin(), model::Kind::Pod, "default", "web").expect("the pod");
    assert!(!pod.is_deleting());
}
