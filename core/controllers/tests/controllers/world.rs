//! A cluster of an API server, the controller manager and three nodes on which a bound pod is ready at once and a deleted one gone.

use std::sync::Arc;

use apiserver::{ApiServer, Caller, DeleteOptions, Propagation, Settings};
use controllers::ControllerManager;
use engine::{Component, Duration, Instant};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{
    ContainerState, ContainerStateRunning, ContainerStatus, Event, Pod, PodCondition, PodIP,
};
use model::{Kind, Object};
use serde_json::{Value, json};
use store::{Cursor, Key};

pub const NAMESPACE: &str = "test";
const NODES: u32 = 3;

#[derive(Clone)]
pub struct World {
    pub api: ApiServer,
    pub manager: ControllerManager,
    pub user: Caller,
    pods: Cursor,
    next_node: u32,
    next_ip: u32,
}

impl World {
    pub fn new() -> Self {
        let mut world = Self {
            api: ApiServer::new(Settings::default()),
            manager: ControllerManager::default(),
            user: Caller::admin(),
            pods: Cursor::from_start(Kind::Pod),
            next_node: 0,
            next_ip: 0,
        };
        for number in 1..=NODES {
            let annotations = json!({"kwok.x-k8s.io/node": "fake"});
            world.create(
                Kind::Node,
                json!({"metadata": {"name": format!("node-{number}"), "annotations": annotations}}),
            );
        }
        world.create(Kind::Namespace, json!({"metadata": {"name": NAMESPACE}}));
        world.run(1.0);
        world
    }

    /// Lets virtual time pass.
    pub fn run(&mut self, seconds: f64) {
        let end = self.api.now() + Duration::from_secs_f64(seconds);
        loop {
            let now = self.api.now();
            self.run_pods();
            let before = self.api.revision();
            let wake = self.manager.poll(&mut self.api, now);
            let changed = self.api.revision() > before || self.pods.is_behind(self.api.store());
            let soon = now + Duration::from_millis(1);
            let next = if changed { soon } else { wake.unwrap_or(Instant::NEVER).max(soon) };
            if next > end {
                break self.api.set_now(end);
            }
            self.api.set_now(next);
        }
    }

    fn run_pods(&mut self) {
        let Ok(changes) = self.pods.read(self.api.store()) else { return };
        let keys: Vec<Key> =
            changes.filter(|change| !change.is_deletion()).map(|change| change.key.clone()).collect();
        for key in keys {
            if let Some(pod) = self.api.store().get_key(Kind::Pod, &key).cloned() {
                self.run_pod(&pod);
            }
        }
    }

    fn run_pod(&mut self, pod: &Arc<Object>) {
        let caller = Caller::kubelet("test");
        let spec = pod.spec::<Pod>();
        if pod.is_deleting() {
            if pod.metadata.finalizers.is_empty() {
                let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
                let _ = self.api.delete(&caller, Kind::Pod, pod.namespace(), pod.name(), &options);
            }
        } else if spec.node_name.is_none() {
            if spec.node_selector.is_none() {
                let node = format!("node-{}", self.next_node % NODES + 1);
                self.next_node += 1;
                self.api.bind(&caller, pod.namespace(), pod.name(), "", &node).unwrap();
            }
        } else if pod.status::<Pod>().phase.as_deref() == Some("Pending") {
            self.start_pod(pod);
        }
    }

    fn start_pod(&mut self, pod: &Arc<Object>) {
        self.next_ip += 1;
        let ip = format!("10.244.{}.{}", self.next_ip / 250, self.next_ip % 250 + 1);
        let mut running = Object::clone(pod);
        let time = self.api.time();
        let containers = pod.spec::<Pod>().containers.iter().map(|container| ContainerStatus {
            name: container.name.clone(),
            ready: true,
            image: container.image.clone().unwrap_or_default(),
            state: Some(ContainerState {
                running: Some(ContainerStateRunning { started_at: Some(time.clone()) }),
                ..ContainerState::default()
            }),
            ..ContainerStatus::default()
        });
        let containers = containers.collect();
        let status = running.status_mut::<Pod>();
        status.phase = Some("Running".to_owned());
        status.pod_ips = Some(vec![PodIP { ip: ip.clone() }]);
        status.pod_ip = Some(ip);
        status.container_statuses = Some(containers);
        status.conditions.get_or_insert_default().push(PodCondition {
            type_: "Ready".to_owned(),
            status: "True".to_owned(),
            last_transition_time: Some(time),
            ..PodCondition::default()
        });
        self.api.update_status(&Caller::kubelet("test"), running).unwrap();
    }

    pub fn create(&mut self, kind: Kind, mut value: Value) -> Arc<Object> {
        if kind.info().namespaced() && value["metadata"].get("namespace").is_none() {
            value["metadata"]["namespace"] = json!(NAMESPACE);
        }
        let object = Object::from_value(kind, value).unwrap();
        self.api.create(&self.user, object).unwrap()
    }

    /// A deployment of this many replicas of an nginx, with what else its spec says.
    pub fn deployment(&mut self, name: &str, replicas: i32, more: &Value) {
        let mut spec = json!({
            "replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template(name),
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            spec[key] = value.clone();
        }
        self.create(Kind::Deployment, json!({"metadata": {"name": name}, "spec": spec}));
    }

    /// Merges a change into an object.
    pub fn patch(&mut self, kind: Kind, name: &str, patch: &Value) {
        self.patch_subresource(kind, name, "", patch);
    }

    pub fn patch_subresource(&mut self, kind: Kind, name: &str, subresource: &str, patch: &Value) {
        let mut value = self.get(kind, name).to_value();
        merge(&mut value, patch);
        let object = Object::from_value(kind, value).unwrap();
        match subresource {
            "" => self.api.update(&self.user, object),
            _ => self.api.update_status(&self.user, object),
        }
        .unwrap();
    }

    /// Strands the next rollout of a deployment: its new pods fit no node.
    pub fn patch_nowhere(&mut self, name: &str, value: &str) {
        let template = json!({"spec": {"nodeSelector": {"nowhere": value}}});
        self.patch(Kind::Deployment, name, &json!({"spec": {"template": template}}));
    }

    pub fn set_image(&mut self, name: &str, image: &str) {
        let deployment = self.get(Kind::Deployment, name);
        let mut changed = Object::clone(&deployment);
        let spec = changed.spec_mut::<Deployment>().template.spec.as_mut().unwrap();
        spec.containers[0].image = Some(image.to_owned());
        self.api.update(&self.user, changed).unwrap();
    }

    pub fn scale(&mut self, kind: Kind, name: &str, replicas: i32) {
        self.patch(kind, name, &json!({"spec": {"replicas": replicas}}));
    }

    pub fn delete(&mut self, kind: Kind, name: &str, propagation: Option<Propagation>) {
        let options = DeleteOptions { propagation, ..DeleteOptions::default() };
        self.api.delete(&self.user, kind, NAMESPACE, name, &options).unwrap();
    }

    pub fn find(&self, kind: Kind, name: &str) -> Option<Arc<Object>> {
        let namespace = if kind.info().namespaced() { NAMESPACE } else { "" };
        self.api.store().get(kind, namespace, name).cloned()
    }

    pub fn get(&self, kind: Kind, name: &str) -> Arc<Object> {
        self.find(kind, name).unwrap()
    }

    pub fn list(&self, kind: Kind) -> Vec<Arc<Object>> {
        self.api.store().list_namespace(kind, NAMESPACE).cloned().collect()
    }

    /// The messages of the events of a reason, in the order in which they were last written, with hashes hidden.
    pub fn events(&self, reason: &str) -> Vec<String> {
        let mut events: Vec<Arc<Object>> = self.api.store().list(Kind::Event).cloned().collect();
        events.retain(|event| event.spec::<Event>().reason.as_deref() == Some(reason));
        events.sort_by_key(|event| event.revision);
        events
            .iter()
            .map(|event| hide_hash(event.spec::<Event>().message.as_deref().unwrap_or_default()))
            .collect()
    }

    /// `revision size` of each ReplicaSet, by revision.
    pub fn sizes(&self) -> String {
        let mut lines: Vec<(i64, String)> =
            self.list(Kind::ReplicaSet).iter().map(|set| line_of(set)).collect();
        lines.sort();
        lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join(", ")
    }

    /// `type status reason` of each condition of a deployment.
    pub fn conditions(&self, name: &str) -> String {
        let deployment = self.get(Kind::Deployment, name);
        let conditions = deployment.status::<Deployment>().conditions.clone().unwrap_or_default();
        let line = |it: &k8s_openapi::api::apps::v1::DeploymentCondition| {
            let reason = it.reason.as_deref().unwrap_or_default();
            format!(
                "{} {} {reason}: {}",
                it.type_,
                it.status,
                hide_hash(it.message.as_deref().unwrap_or_default())
            )
        };
        conditions.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn line_of(set: &Object) -> (i64, String) {
    let revision = set.annotations().get("deployment.kubernetes.io/revision").map_or("-", String::as_str);
    let replicas = set.spec::<ReplicaSet>().replicas.unwrap_or_default();
    (revision.parse().unwrap_or_default(), format!("{revision}: {replicas}"))
}

pub fn template(app: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": app}},
        "spec": {"containers": [{"name": "main", "image": "nginx:1.27"}]},
    })
}

/// `web-7f9c` becomes `web-HASH`.
fn hide_hash(text: &str) -> String {
    let is_hash = |word: &str| word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hide = |word: &str| match word.rsplit_once('-') {
        Some((name, rest)) if is_hash(rest.trim_matches('"')) => {
            let quote = if rest.ends_with('"') { "\"" } else { "" };
            format!("{name}-HASH{quote}")
        }
        _ => word.to_owned(),
    };
    text.split(' ').map(hide).collect::<Vec<_>>().join(" ")
}

fn merge(value: &mut Value, patch: &Value) {
    let (Some(fields), Some(changes)) = (value.as_object_mut(), patch.as_object()) else {
        return *value = patch.clone();
    };
    for (key, change) in changes {
        if change.is_null() {
            fields.remove(key);
        } else {
            merge(fields.entry(key.clone()).or_insert(json!({})), change);
        }
    }
}
