//! The schema: decoding errors as the real API server v1.33.1 worded them, look-ups, canonical quantities.

use model::manifest::read_value;
use model::schema::{ListKind, ProblemKind, Schema, decoding_error, identity_error};
use serde_json::{Value, json};

fn decode(yaml: &str) -> Option<String> {
    let value = read_value(&format!("---\n{yaml}")).unwrap();
    let kind = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let root = Schema::get().of_object(&kind("apiVersion"), &kind("kind")).unwrap();
    decoding_error(&Schema::get().check(root, &value), true)
}

#[test]
fn decoding_errors() {
    let pod = |spec: &str| format!("{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {spec}}}");
    let container = |fields: &str| pod(&format!("{{containers: [{{name: main, {fields}}}]}}"));
    let field = "json: cannot unmarshal";
    let cases = [
        (container("imagePullPolice: Always"), r#"strict decoding error: unknown field "spec.containers[0].imagePullPolice""#.to_owned()),
        (
            "{apiVersion: v1, kind: Pod, spec: {foo: 1, containers: [{bar: 2, ports: [{containerPort: 80, baz: 3}]}]}, status: {qux: 4}}".to_owned(),
            r#"strict decoding error: unknown field "spec.containers[0].bar", unknown field "spec.containers[0].ports[0].baz", unknown field "spec.foo", unknown field "status.qux""#.to_owned(),
        ),
        (
            "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 2.5}}".to_owned(),
            format!("{field} number 2.5 into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ),
        (
            "{apiVersion: v1, kind: ConfigMap, data: {port: 8080}}".to_owned(),
            format!("{field} number into Go struct field ConfigMap.data of type string"),
        ),
        (
            "{apiVersion: apps/v1, kind: Deployment, spec: {selector: [app]}}".to_owned(),
            format!("{field} array into Go struct field DeploymentSpec.spec.selector of type v1.LabelSelector"),
        ),
        (container("command: sleep 1000"), format!("{field} string into Go struct field Container.spec.containers.command of type []string")),
        (container("args: [--port, 80]"), format!("{field} number into Go struct field Container.spec.containers.args of type string")),
        (pod("{hostNetwork: \"true\"}"), format!("{field} string into Go struct field PodSpec.spec.hostNetwork of type bool")),
        (container("env: [{name: A, value: true}]"), format!("{field} bool into Go struct field EnvVar.spec.containers.env.value of type string")),
        (container("resources: {requests: {memory: 100ki}}"), "unable to parse quantity's suffix".to_owned()),
        (
            pod("{activeDeadlineSeconds: 99999999999999999999}"),
            format!("{field} number 100000000000000000000 into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64"),
        ),
    ];
    for (yaml, expected) in cases {
        assert_eq!(decode(&yaml).as_deref(), Some(expected.as_str()), "{yaml}");
    }
    assert_eq!(decode("{apiVersion: v1, kind: ConfigMap, data: {k: null}}"), None);
    assert_eq!(decode(&container("resources: {requests: {cpu: 0.5}}, ports: null")), None);
}

#[test]
fn kubectl_wants_a_kind_and_metadata() {
    let cases = [
        (json!([1]), Some("json: cannot unmarshal array into Go value of type unstructured.detector")),
        (json!({"apiVersion": "v1"}), Some(r#"Object 'Kind' is missing in '{"apiVersion":"v1"}'"#)),
        (
            json!({"kind": "A", "metadata": {"labels": {"a": true}}}),
            Some(
                "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string",
            ),
        ),
        (
            json!({"kind": "A", "metadata": "x"}),
            Some(
                "json: cannot unmarshal string into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta",
            ),
        ),
        (json!({"kind": "A", "metadata": {"foo": 1}}), None),
    ];
    for (value, expected) in cases {
        assert_eq!(identity_error(&value).as_deref(), expected, "{value}");
    }
}

#[test]
fn look_ups() {
    let schema = Schema::get();
    let pod = schema.of_kind("", "v1", "Pod").unwrap();
    let containers = schema.field_at(pod, &["spec", "containers"]).unwrap();
    assert_eq!((schema.explain_name(&containers.shape).as_str(), containers.required), ("[]Container", true));
    assert_eq!((containers.merge_key, containers.strategy.merge), (Some("name"), true));
    assert_eq!(containers.list, ListKind::Map(vec!["name"]));
    let ports = schema.field_at(pod, &["spec", "containers", "ports"]).unwrap();
    assert_eq!(ports.list, ListKind::Map(vec!["containerPort", "protocol"]));
    let selector = schema.field_at(pod, &["spec", "nodeSelector"]).unwrap();
    assert_eq!(
        (schema.explain_name(&selector.shape).as_str(), selector.atomic_map),
        ("map[string]string", true)
    );
    assert!(
        schema.fields_at(pod, &["spec", "containers"]).unwrap().iter().any(|field| field.name == "image")
    );
    assert!(
        schema.field_at(pod, &["spec", "nonsense"]).is_none() && schema.of_kind("", "v1", "Nope").is_none()
    );
    let deployment = schema.of_object("apps/v1", "Deployment").unwrap();
    let missing = schema.check(deployment, &json!({"spec": {"selector": {}}}));
    assert_eq!(
        (missing[0].kind, missing[0].message.as_str()),
        (ProblemKind::MissingField, "missing required field \"template\"")
    );
}

#[test]
fn quantities_become_canonical() {
    let schema = Schema::get();
    let pod = schema.of_kind("", "v1", "Pod").unwrap();
    let object = |requests: Value| json!({"spec": {"containers": [{"resources": {"requests": requests}}], "overhead": {"cpu": "1000m"}}});
    let mut value = object(json!({"cpu": 0.5, "memory": "1024Mi", "pods": 3, "bad": "x"}));
    schema.canonicalize(pod, &mut value);
    let mut expected = object(json!({"cpu": "500m", "memory": "1Gi", "pods": "3", "bad": "x"}));
    expected["spec"]["overhead"]["cpu"] = json!("1");
    assert_eq!(value, expected);
}
