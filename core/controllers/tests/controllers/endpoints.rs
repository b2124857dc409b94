//! Endpoints, slices and mirrored slices.

use k8s_openapi::api::core::v1::Endpoints;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use model::Kind;
use serde_json::{Value, json};

use crate::world::World;

fn pod(name: &str, ports: &Value, more: &Value) -> Value {
    let mut spec = json!({"containers": [{"name": "main", "image": "nginx:1.27", "ports": ports}]});
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({"metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec})
}

fn service(name: &str, more: &Value) -> Value {
    let mut spec = json!({"selector": {"app": "web"}, "ports": [{"port": 80}]});
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({"metadata": {"name": name}, "spec": spec})
}

/// `ports: targets` of each slice.
fn slices(world: &World) -> Vec<String> {
    let show = |slice: &EndpointSlice| {
        let ports = slice.ports.iter().flatten();
        let ports =
            ports.map(|it| format!("{}={}", it.name.as_deref().unwrap_or("-"), it.port.unwrap_or_default()));
        let targets = slice.endpoints.iter().filter_map(|it| it.target_ref.as_ref()?.name.clone());
        format!("{}: {}", ports.collect::<Vec<_>>().join(" "), targets.collect::<Vec<_>>().join(" "))
    };
    let mut lines: Vec<String> =
        world.list(Kind::EndpointSlice).iter().map(|slice| show(slice.spec::<EndpointSlice>())).collect();
    lines.sort();
    lines
}

#[test]
fn named_ports_divide_pods_into_slices_and_subsets() {
    let mut world = World::new();
    world.create(Kind::Pod, pod("old", &json!([{"containerPort": 8080, "name": "http"}]), &json!({})));
    let ports = json!([{"containerPort": 9090, "name": "http"}, {"containerPort": 9443, "name": "https"}]);
    world.create(Kind::Pod, pod("new", &ports, &json!({})));
    world.create(Kind::Pod, pod("none", &json!([]), &json!({})));
    let ports = json!([
        {"name": "http", "port": 80, "targetPort": "http"}, {"name": "https", "port": 443, "targetPort": "https"},
    ]);
    world.create(Kind::Service, service("web", &json!({"ports": ports})));
    world.run(2.0);
    assert_eq!(slices(&world), [": none", "http=8080: old", "http=9090 https=9443: new"]);
    let endpoints = world.get(Kind::Endpoints, "web");
    let subsets = endpoints.spec::<Endpoints>().subsets.clone().unwrap_or_default();
    let mut lines: Vec<String> = subsets
        .iter()
        .map(|subset| {
            let ports: Vec<String> =
                subset.ports.iter().flatten().map(|port| port.port.to_string()).collect();
            let targets =
                subset.addresses.iter().flatten().filter_map(|it| it.target_ref.as_ref()?.name.clone());
            format!("{}: {}", ports.join(" "), targets.collect::<Vec<_>>().join(" "))
        })
        .collect();
    lines.sort();
    assert_eq!(lines, ["8080: old", "9443 9090: new"]);
}

#[test]
fn ports_stand_in_the_order_of_a_real_cluster() {
    let mut world = World::new();
    world.create(Kind::Pod, pod("a", &json!([]), &json!({})));
    let ports = json!([
        {"name": "tcp", "port": 53}, {"name": "udp", "port": 53, "protocol": "UDP"},
        {"name": "sctp", "port": 132, "protocol": "SCTP", "targetPort": 1320},
        {"name": "app", "port": 9000, "appProtocol": "kubernetes.io/h2c"},
    ]);
    world.create(Kind::Service, service("web", &json!({"ports": ports})));
    world.run(2.0);
    assert_eq!(slices(&world), ["tcp=53 sctp=1320 app=9000 udp=53: a"]);
}

#[test]
fn headless_services_carry_hostnames_and_a_label() {
    let mut world = World::new();
    world.create(Kind::Pod, pod("a", &json!([]), &json!({"hostname": "first", "subdomain": "web"})));
    world.create(Kind::Pod, pod("b", &json!([]), &json!({"hostname": "second", "subdomain": "other"})));
    world.create(Kind::Service, service("web", &json!({"clusterIP": "None"})));
    world.run(2.0);
    let slice = world.list(Kind::EndpointSlice)[0].clone();
    assert_eq!(
        serde_json::to_value(slice.labels()).unwrap(),
        json!({
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            "kubernetes.io/service-name": "web", "service.kubernetes.io/headless": "",
        })
    );
    let hostnames: Vec<Option<String>> =
        slice.spec::<EndpointSlice>().endpoints.iter().map(|endpoint| endpoint.hostname.clone()).collect();
    assert_eq!(hostnames, [Some("first".to_owned()), None]);
}

#[test]
fn a_pod_that_is_not_ready_is_no_address() {
    let mut world = World::new();
    world.create(Kind::Pod, pod("web", &json!([]), &json!({})));
    world.create(Kind::Service, service("web", &json!({})));
    world.run(2.0);
    let unready = json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}});
    world.patch_subresource(Kind::Pod, "web", "status", &unready);
    world.run(2.0);
    let slice = world.list(Kind::EndpointSlice)[0].to_value();
    assert_eq!(
        slice["endpoints"][0]["conditions"],
        json!({"ready": false, "serving": false, "terminating": false})
    );
    let endpoints = world.get(Kind::Endpoints, "web").to_value();
    assert_eq!(endpoints["subsets"][0]["addresses"], Value::Null);
    assert_eq!(endpoints["subsets"][0]["notReadyAddresses"][0]["targetRef"]["name"], "web");
}

#[test]
fn slices_hold_a_hundred_and_come_back_when_deleted() {
    let mut world = World::new();
    world.create(Kind::Service, service("web", &json!({})));
    world.deployment("web", 150, &json!({}));
    world.run(10.0);
    let sizes = |world: &World| {
        let mut sizes: Vec<usize> = world
            .list(Kind::EndpointSlice)
            .iter()
            .map(|it| it.spec::<EndpointSlice>().endpoints.len())
            .collect();
        sizes.sort_unstable();
        sizes
    };
    assert_eq!(sizes(&world), [50, 100]);
    let name = world.list(Kind::EndpointSlice)[0].name().to_owned();
    world.delete(Kind::EndpointSlice, &name, None);
    world.run(3.0);
    assert_eq!(sizes(&world), [50, 100]);
    world.scale(Kind::Deployment, "web", 0);
    world.run(5.0);
    assert_eq!(sizes(&world), [0]);
}

#[test]
fn endpoints_written_by_hand_are_mirrored() {
    let mut world = World::new();
    let port = json!([{"name": "pg", "port": 5432}]);
    world.create(Kind::Service, service("db", &json!({"selector": null, "ports": port})));
    let subset = json!({
        "addresses": [{"ip": "192.0.2.10"}, {"ip": "192.0.2.11", "hostname": "two"}],
        "notReadyAddresses": [{"ip": "192.0.2.12"}], "ports": port,
    });
    let metadata = json!({"name": "db", "labels": {"team": "a"}});
    world.create(Kind::Endpoints, json!({"metadata": metadata, "subsets": [subset]}));
    world.run(2.0);
    let slice = world.list(Kind::EndpointSlice)[0].to_value();
    assert_eq!(slice["metadata"]["ownerReferences"][0]["kind"], "Endpoints");
    assert_eq!(slice["ports"], json!([{"name": "pg", "port": 5432, "protocol": "TCP"}]));
    assert_eq!(
        slice["endpoints"],
        json!([
            {"addresses": ["192.0.2.10"], "conditions": {"ready": true}},
            {"addresses": ["192.0.2.11"], "conditions": {"ready": true}, "hostname": "two"},
            {"addresses": ["192.0.2.12"], "conditions": {"ready": false}},
        ])
    );
    let skip = json!({"metadata": {"labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}}});
    world.patch(Kind::Endpoints, "db", &skip);
    world.run(2.0);
    assert!(world.list(Kind::EndpointSlice).is_empty());
}
