//! What a cluster set up by kubeadm runs in kube-system, and the file by which its administrator reaches it.

use apiserver::{ApiServer, Caller};
use engine::Duration;
use kubelet::NodeConfig;
use model::{Kind, Object};
use serde_json::{Value, json};

/// How long a new cluster takes to come to rest.
pub(super) const SETTLING: Duration = Duration::from_secs(30);
const CONTROL_PLANE_LABEL: &str = "node-role.kubernetes.io/control-plane";
const VERSION: &str = "v1.33.1";
const COREDNS: &str = "registry.k8s.io/coredns/coredns:v1.12.0";
const DNS_ADDRESS: &str = "10.96.0.10";
const COREFILE: &str = ".:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
";

/// The static pods of the control plane: name, CPU request, memory request.
const STATIC_PODS: [(&str, &str, &str, Option<&str>); 4] = [
    ("etcd", "registry.k8s.io/etcd:3.5.21-0", "100m", Some("100Mi")),
    ("kube-apiserver", "registry.k8s.io/kube-apiserver", "250m", None),
    ("kube-controller-manager", "registry.k8s.io/kube-controller-manager", "200m", None),
    ("kube-scheduler", "registry.k8s.io/kube-scheduler", "100m", None),
];

/// Gives a node the images that kubeadm pulled, and marks the one that runs the control plane.
pub(super) fn preload(config: &mut NodeConfig, control_plane: bool) {
    let everywhere = ["registry.k8s.io/kube-proxy", "registry.k8s.io/pause:3.10", COREDNS];
    config.images.extend(everywhere.map(versioned));
    if !control_plane {
        return;
    }
    config.images.extend(STATIC_PODS.iter().map(|(_, image, _, _)| versioned(image)));
    config.labels.insert(CONTROL_PLANE_LABEL.to_owned(), String::new());
    config.labels.insert("node.kubernetes.io/exclude-from-external-load-balancers".to_owned(), String::new());
    config.taints.push((CONTROL_PLANE_LABEL.to_owned(), "NoSchedule".to_owned()));
}

/// Creates what runs in kube-system. What is refused shows as missing there: it is no reason not to begin.
pub(super) fn install(api: &mut ApiServer) {
    let nodes: Vec<String> = api.store().list(Kind::Node).map(|node| node.name().to_owned()).collect();
    let caller = Caller::admin().with_manager("kubeadm");
    let mut objects = vec![
        (Kind::ServiceAccount, service_account("coredns")),
        (Kind::ServiceAccount, service_account("kube-proxy")),
        (Kind::ConfigMap, config_map("coredns", &json!({ "Corefile": COREFILE }))),
        (Kind::Service, dns_service()),
        (Kind::Deployment, dns_deployment()),
    ];
    objects.extend(STATIC_PODS.iter().map(|pod| (Kind::Pod, static_pod(pod))));
    objects.extend(nodes.iter().map(|node| (Kind::Pod, proxy_pod(node))));
    for (kind, value) in objects {
        let created = Object::from_value(kind, value).map(|object| api.create(&caller, object));
        debug_assert!(matches!(created, Ok(Ok(_))), "{created:?}");
    }
}

fn versioned(image: &str) -> String {
    if image.contains(':') { image.to_owned() } else { format!("{image}:{VERSION}") }
}

fn metadata(name: &str, app: &str) -> Value {
    json!({ "name": name, "namespace": "kube-system", "labels": { "k8s-app": app } })
}

fn service_account(name: &str) -> Value {
    json!({ "metadata": { "name": name, "namespace": "kube-system" } })
}

fn config_map(name: &str, data: &Value) -> Value {
    json!({ "metadata": { "name": name, "namespace": "kube-system" }, "data": data })
}

fn static_pod((name, image, cpu, memory): &(&str, &str, &str, Option<&str>)) -> Value {
    let image = versioned(image);
    let mut requests = json!({ "cpu": cpu });
    if let Some(memory) = memory {
        requests["memory"] = (*memory).into();
    }
    let hash = format!("podarium-{name}");
    json!({
        "metadata": {
            "name": format!("{name}-control-plane"), "namespace": "kube-system",
            "labels": { "component": name, "tier": "control-plane" },
            "annotations": {
                "kubernetes.io/config.hash": hash, "kubernetes.io/config.mirror": hash,
                "kubernetes.io/config.source": "file",
            },
        },
        "spec": {
            "containers": [{
                "name": name, "image": image, "imagePullPolicy": "IfNotPresent",
                "command": [name], "resources": { "requests": requests },
            }],
            "hostNetwork": true, "nodeName": "control-plane", "priorityClassName": "system-node-critical",
            "securityContext": { "seccompProfile": { "type": "RuntimeDefault" } },
            "tolerations": [{ "effect": "NoExecute", "operator": "Exists" }],
        },
    })
}

fn proxy_pod(node: &str) -> Value {
    json!({
        "metadata": {
            "generateName": "kube-proxy-", "namespace": "kube-system",
            "labels": { "k8s-app": "kube-proxy", "pod-template-generation": "1" },
            "ownerReferences": [{
                "apiVersion": "apps/v1", "kind": "DaemonSet", "name": "kube-proxy", "uid": "00000000-0000-4000-8000-000000000001",
                "controller": true, "blockOwnerDeletion": true,
            }],
        },
        "spec": {
            "containers": [{
                "name": "kube-proxy", "image": format!("registry.k8s.io/kube-proxy:{VERSION}"),
                "command": ["/usr/local/bin/kube-proxy"], "imagePullPolicy": "IfNotPresent",
            }],
            "hostNetwork": true, "nodeName": node, "priorityClassName": "system-node-critical",
            "serviceAccountName": "kube-proxy", "tolerations": [{ "operator": "Exists" }],
        },
    })
}

fn dns_service() -> Value {
    let mut metadata = metadata("kube-dns", "kube-dns");
    metadata["labels"]["kubernetes.io/cluster-service"] = "true".into();
    metadata["labels"]["kubernetes.io/name"] = "CoreDNS".into();
    metadata["annotations"] = json!({ "prometheus.io/port": "9153", "prometheus.io/scrape": "true" });
    json!({
        "metadata": metadata,
        "spec": {
            "clusterIP": DNS_ADDRESS, "selector": { "k8s-app": "kube-dns" },
            "ports": [
                { "name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53 },
                { "name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53 },
                { "name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153 },
            ],
        },
    })
}

fn dns_deployment() -> Value {
    json!({
        "metadata": metadata("coredns", "kube-dns"),
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "k8s-app": "kube-dns" } },
            "strategy": { "rollingUpdate": { "maxUnavailable": 1 } },
            "template": {
                "metadata": { "labels": { "k8s-app": "kube-dns" } },
                "spec": {
                    "serviceAccountName": "coredns", "priorityClassName": "system-cluster-critical", "dnsPolicy": "Default",
                    "nodeSelector": { "kubernetes.io/os": "linux" },
                    "tolerations": [
                        { "key": "CriticalAddonsOnly", "operator": "Exists" },
                        { "key": CONTROL_PLANE_LABEL, "effect": "NoSchedule" },
                    ],
                    "containers": [{
                        "name": "coredns", "image": COREDNS, "imagePullPolicy": "IfNotPresent",
                        "args": ["-conf", "/etc/coredns/Corefile"],
                        "resources": { "limits": { "memory": "170Mi" }, "requests": { "cpu": "100m", "memory": "70Mi" } },
                        "volumeMounts": [{ "name": "config-volume", "mountPath": "/etc/coredns", "readOnly": true }],
                        "ports": [
                            { "containerPort": 53, "name": "dns", "protocol": "UDP" },
                            { "containerPort": 53, "name": "dns-tcp", "protocol": "TCP" },
                            { "containerPort": 9153, "name": "metrics", "protocol": "TCP" },
                        ],
                    }],
                    "volumes": [{
                        "name": "config-volume",
                        "configMap": { "name": "coredns", "items": [{ "key": "Corefile", "path": "Corefile" }] },
                    }],
                },
            },
        },
    })
}

/// The administrator's kubeconfig.
pub(super) fn kubeconfig() -> String {
    let server = apiserver::bootstrap::API_SERVER_ADDRESS;
    let port = apiserver::bootstrap::API_SERVER_PORT;
    kubectl::admin_kubeconfig(&format!("https://{server}:{port}"))
}
