//! Server-side apply through the door: what the real API server v1.33.1 answered to the same requests.

use apiserver::{ApiServer, Caller, PatchKind, Settings, WriteOptions};
use engine::{Duration, Instant};
use k8s_openapi::api::core::v1::ServiceAccount;
use model::{Kind, Metadata, Object};
use serde_json::{Value, json};

fn cluster() -> ApiServer {
    let mut api = ApiServer::new(Settings::default());
    let account =
        Object::new::<ServiceAccount>(Metadata::named("default", "default"), ServiceAccount::default());
    api.create(&Caller::admin(), account).expect("an account");
    api
}

/// What an apply as `manager` answers: its refusal, or who owns what, each on a line.
fn apply(
    api: &mut ApiServer,
    kind: Kind,
    name: &str,
    manager: &str,
    force: bool,
    configuration: &Value,
) -> String {
    api.set_now(api.now() + Duration::from_secs(1));
    let caller = Caller::admin().with_manager(manager);
    let apply = PatchKind::Apply { force };
    let options = WriteOptions::default();
    match api.patch(&caller, kind, "default", name, "", apply, configuration, &options) {
        Ok(object) => owners(api, &object),
        Err(status) => format!("{} {} | {}", status.code(), status.reason, status.message),
    }
}

fn owners(api: &ApiServer, object: &Object) -> String {
    let line = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let second = entry["time"].as_str().map_or("-", |time| &time[17..19]);
        format!(
            "{} {}{} {second} {}",
            text("manager"),
            text("operation"),
            text("subresource"),
            entry["fieldsV1"]
        )
    };
    api.managed_fields(object).iter().map(line).collect::<Vec<_>>().join("\n")
}

fn config_map(fields: &Value) -> Value {
    let mut value = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "c" } });
    model::patch::apply_json_merge(&mut value, fields);
    value
}

#[test]
fn owners_come_and_go() {
    let mut api = cluster();
    let steps = [
        ("one", json!({ "data": { "a": "1" } }), "one Apply 01 {\"f:data\":{\"f:a\":{}}}"),
        (
            "two",
            json!({ "data": { "a": "1" } }),
            "two Apply - {\"f:data\":{\"f:a\":{}}}\none Apply 01 {\"f:data\":{\"f:a\":{}}}",
        ),
        (
            "two",
            json!({ "data": { "b": "1" } }),
            "one Apply 01 {\"f:data\":{\"f:a\":{}}}\ntwo Apply 03 {\"f:data\":{\"f:b\":{}}}",
        ),
        (
            "three",
            json!({ "data": { "a": "2", "b": "2" } }),
            "409 Conflict | Apply failed with 2 conflicts: conflicts with \"one\":\n- .data.a\nconflicts with \"two\":\n- .data.b",
        ),
        (
            "three",
            json!({ "metadata": { "name": "d" }, "data": { "a": "2" } }),
            "409 Conflict | Apply failed with 1 conflict: conflict with \"one\": .data.a",
        ),
        (
            "three",
            json!({ "metadata": { "name": "d" } }),
            "400 BadRequest | the name of the object (d) does not match the name on the URL (c)",
        ),
        (
            "three",
            json!({ "metadata": { "namespace": "kube-system" } }),
            "400 BadRequest | the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            "three",
            json!({ "metadata": { "resourceVersion": "5" } }),
            "409 Conflict | Operation cannot be fulfilled on configmaps \"c\": the object has been modified; please apply your changes to the latest version and try again",
        ),
        (
            "three",
            json!({ "metadata": { "uid": "abc" } }),
            "422 Invalid | ConfigMap \"c\" is invalid: metadata.uid: Invalid value: \"abc\": field is immutable",
        ),
        ("three", json!({ "apiVersion": "v2" }), "400 BadRequest | invalid object type: /v2, Kind=ConfigMap"),
        ("three", json!({ "apiVersion": null }), "400 BadRequest | invalid object type: /, Kind=ConfigMap"),
        (
            "three",
            json!({ "metadata": { "managedFields": [] } }),
            "400 BadRequest | metadata.managedFields must be nil",
        ),
        (
            "",
            json!({}),
            "422 Invalid | PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
        ),
        (
            "three",
            json!({ "data": { "a": 1 } }),
            "500  | failed to create typed patch object (/c; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:1}",
        ),
    ];
    for (manager, fields, expected) in steps {
        let answer = apply(&mut api, Kind::ConfigMap, "c", manager, false, &config_map(&fields));
        assert_eq!(answer, expected, "{manager} applies {fields}");
    }
}

#[test]
fn an_apply_to_nothing_creates() {
    let cases = [
        (json!({ "data": { "a": "1" } }), "one Apply 01 {\"f:data\":{\"f:a\":{}}}"),
        (json!({ "metadata": { "resourceVersion": "5" } }), ""),
        (
            json!({ "metadata": { "name": null } }),
            "400 BadRequest | the name of the object (c based on URL) was undeterminable: name must be provided",
        ),
        (
            json!({ "metadata": { "name": "d" } }),
            "400 BadRequest | the name of the object (d) does not match the name on the URL (c)",
        ),
        (
            json!({ "metadata": { "namespace": "kube-system" } }),
            "400 BadRequest | the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            json!({ "metadata": { "uid": "abc" } }),
            "409 Conflict | Operation cannot be fulfilled on configmaps \"c\": uid mismatch: the provided object specified uid abc, and no existing object was found",
        ),
    ];
    for (fields, expected) in cases {
        let mut api = cluster();
        let answer = apply(&mut api, Kind::ConfigMap, "c", "one", false, &config_map(&fields));
        assert_eq!(answer, expected, "{fields}");
    }
}

#[test]
fn what_the_schema_does_not_have_is_refused() {
    let cases = [
        (
            json!({ "foo": 1, "containers": [{ "name": "a", "image": "x" }] }),
            ".spec.foo: field not declared in schema",
        ),
        (json!("x"), ".spec: expected map, got &{x}"),
        (json!([1, "a"]), ".spec: expected map, got &{[1 a]}"),
        (json!({ "containers": { "name": "a" } }), ".spec.containers: expected list, got &{map[name:a]}"),
        (
            json!({ "containers": ["a"] }),
            ".spec.containers: element 0: associative list with keys may not have non-map elements",
        ),
        (
            json!({ "containers": [null] }),
            ".spec.containers: element 0: associative list with keys may not have a null element",
        ),
        (
            json!({ "containers": [{ "name": "a" }, { "name": "a" }] }),
            ".spec.containers: duplicate entries for key [name=\"a\"]",
        ),
        (
            json!({ "containers": [{ "name": "a", "ports": [{ "containerPort": 80 }, { "containerPort": 80 }] }] }),
            ".spec.containers[name=\"a\"].ports: duplicate entries for key [containerPort=80,protocol=\"TCP\"]",
        ),
        (
            json!({ "containers": [{ "name": "a", "image": { "x": "y" } }] }),
            ".spec.containers[name=\"a\"].image: expected string, got &value.valueUnstructured{Value:map[string]interface {}{\"x\":\"y\"}}",
        ),
        (
            json!({ "containers": [{ "name": "a", "resources": { "limits": { "cpu": {} } } }] }),
            ".spec.containers[name=\"a\"].resources.limits.cpu: expected any scalar, got &{map[]}",
        ),
        (
            json!({ "priority": "3", "hostNetwork": "true" }),
            "errors:\n  .spec.hostNetwork: expected boolean, got &{true}\n  .spec.priority: expected numeric (int or float), got string",
        ),
    ];
    for (spec, expected) in cases {
        let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p" }, "spec": spec });
        let answer = apply(&mut cluster(), Kind::Pod, "p", "m", false, &pod);
        let expected = format!("500  | failed to create typed patch object (/p; /v1, Kind=Pod): {expected}");
        assert_eq!(answer, expected);
    }
    let bad = [
        (
            json!({ "containers": [{ "name": "a", "image": "x", "resources": { "limits": { "cpu": "zz" } } }] }),
            "500  | failed to convert new object (/p; /v1, Kind=Pod) to proper version: unable to convert unstructured object to /v1, Kind=Pod: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
        (
            json!({ "containers": [{ "image": "a" }] }),
            "422 Invalid | Pod \"p\" is invalid: spec.containers[0].name: Required value",
        ),
    ];
    for (spec, expected) in bad {
        let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p" }, "spec": spec });
        assert_eq!(apply(&mut cluster(), Kind::Pod, "p", "m", false, &pod), expected);
    }
}

#[test]
fn what_admission_and_defaults_add_to_an_applied_pod_has_no_owner() {
    let mut api = cluster();
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p" },
        "spec": { "containers": [{ "name": "a", "image": "x" }] }, "status": { "phase": "Failed" },
    });
    let fields = "{\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"a\\\"}\":{\".\":{},\"f:image\":{},\"f:name\":{}}}}}";
    assert_eq!(apply(&mut api, Kind::Pod, "p", "m", false, &pod), format!("m Apply 01 {fields}"));
    let before = api.revision();
    assert_eq!(apply(&mut api, Kind::Pod, "p", "m", false, &pod), format!("m Apply 01 {fields}"));
    assert_eq!(api.revision(), before, "the same again writes nothing");
    assert_eq!(api.now(), Instant::ZERO + Duration::from_secs(2));
}

#[test]
fn a_dry_apply_writes_nothing() {
    let mut api = cluster();
    let before = api.revision();
    let options = WriteOptions { dry_run: true };
    let apply = PatchKind::Apply { force: false };
    let configuration = config_map(&json!({ "data": { "a": "1" } }));
    let made = api
        .patch(&Caller::admin(), Kind::ConfigMap, "default", "c", "", apply, &configuration, &options)
        .expect("said what it would be");
    assert_eq!(made.to_value()["data"], json!({ "a": "1" }));
    assert_eq!(api.revision(), before);
}

#[test]
fn a_scale_is_applied_like_an_object() {
    let mut api = cluster();
    let deployment = json!({
        "metadata": { "name": "web", "namespace": "default" },
        "spec": {
            "replicas": 1, "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "main", "image": "x" }] },
            },
        },
    });
    let deployment = Object::from_value(Kind::Deployment, deployment).expect("a Deployment");
    api.create(&Caller::admin().with_manager("kubectl-create"), deployment).expect("created");
    let scale = |spec: Value| {
        let name = json!({ "name": "web" });
        json!({ "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": name, "spec": spec })
    };
    let three = scale(json!({ "replicas": 3 }));
    let steps = [
        (
            "sc",
            false,
            three.clone(),
            "409 Conflict | Apply failed with 1 conflict: conflict with \"kubectl-create\" using autoscaling/v1: .spec.replicas",
        ),
        ("sc", true, three.clone(), "3 sc"),
        ("sc2", false, three, "3 sc sc2"),
        ("sc", false, scale(json!({})), "3 sc2"),
        (
            "sc",
            false,
            scale(json!({ "foo": 1 })),
            "500  | failed to create typed patch object (/web; autoscaling/v1, Kind=Scale): .spec.foo: field not declared in schema",
        ),
        (
            "sc",
            false,
            json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" } }),
            "400 BadRequest | invalid object type: apps/v1, Kind=Deployment",
        ),
        (
            "sc3",
            true,
            scale(json!({ "replicas": -1 })),
            "422 Invalid | Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        ),
    ];
    for (manager, force, configuration, expected) in steps {
        let caller = Caller::admin().with_manager(manager);
        let (apply, options) = (PatchKind::Apply { force }, WriteOptions::default());
        let answer =
            api.patch_scale(&caller, Kind::Deployment, "default", "web", apply, &configuration, &options);
        let answer = match answer {
            Ok(scale) => {
                let object = api.get(&caller, Kind::Deployment, "default", "web").expect("there");
                let managers = api.managed_fields(&object);
                let scalers = managers.iter().filter(|entry| entry["subresource"] == "scale");
                let names: Vec<&str> = scalers.filter_map(|entry| entry["manager"].as_str()).collect();
                format!("{} {}", scale.spec_replicas, names.join(" "))
            }
            Err(status) => format!("{} {} | {}", status.code(), status.reason, status.message),
        };
        assert_eq!(answer, expected, "{manager} {configuration}");
    }
}
