//! Field sets and server-side apply: what the real API server v1.33.1 did.
#![allow(clippy::needless_pass_by_value, reason = "short tables")]

use model::fieldset::{
    Applied, Conflict, FieldSet, Owner, Structure, apply, compare, conflicts_message, update,
};
use model::schema::Schema;
use serde_json::{Value, json};

fn kind(api_version: &str, kind: &str) -> Structure<'static> {
    Structure::Type(Schema::get().of_object(api_version, kind).unwrap())
}

fn owner(manager: &str, apply: bool, api_version: &str) -> Owner {
    Owner {
        manager: manager.to_owned(),
        apply,
        api_version: api_version.to_owned(),
        subresource: String::new(),
        fields: FieldSet::default(),
    }
}

fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data})
}

fn apply_data(live: &Applied, manager: &str, data: Value, force: bool) -> Result<Applied, Vec<Conflict>> {
    let configuration = config_map(data);
    apply(
        &live.value,
        &live.owners,
        &configuration,
        owner(manager, true, "v1"),
        force,
        kind("v1", "ConfigMap"),
    )
}

fn nothing() -> Applied {
    Applied { value: json!({"metadata": {}}), owners: Vec::new() }
}

#[test]
fn fields_v1_round_trips() {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"labels": {"app": "a"}, "finalizers": ["x/y"]},
        "spec": {
            "containers": [{"name": "main", "args": ["x"], "env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80}], "resources": {}}],
            "nodeSelector": {"a": "b"}, "tolerations": [{"key": "a"}], "securityContext": {},
        },
    });
    let set = FieldSet::of_value(&pod, kind("v1", "Pod"));
    let expected = json!({
        "f:apiVersion": {}, "f:kind": {},
        "f:metadata": {"f:labels": {"f:app": {}}, "f:finalizers": {"v:\"x/y\"": {}}},
        "f:spec": {
            "f:containers": {"k:{\"name\":\"main\"}": {
                ".": {}, "f:name": {}, "f:args": {}, "f:resources": {},
                "f:env": {"k:{\"name\":\"A\"}": {".": {}, "f:name": {}, "f:value": {}}},
                "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
            }},
            "f:nodeSelector": {}, "f:tolerations": {}, "f:securityContext": {},
        },
    });
    assert_eq!(set.to_fields_v1(), expected);
    assert_eq!(FieldSet::from_fields_v1(&expected), set);
    assert!(set.difference(&set).is_empty() && set.intersection(&set) == set && set.union(&set) == set);
}

#[test]
fn managers_share_and_drop_their_own() {
    let one = apply_data(&nothing(), "one", json!({"a": "1", "shared": "x"}), false).unwrap();
    assert_eq!(one.owners[0].fields.to_fields_v1(), json!({"f:data": {"f:a": {}, "f:shared": {}}}));
    let both = apply_data(&one, "two", json!({"b": "2", "shared": "x"}), false).unwrap();
    assert_eq!(both.value["data"], json!({"a": "1", "b": "2", "shared": "x"}));
    let less = apply_data(&both, "one", json!({"a": "1"}), false).unwrap();
    assert_eq!(less.value["data"], json!({"a": "1", "b": "2", "shared": "x"}));
    let least = apply_data(&less, "two", json!({}), false).unwrap();
    assert_eq!(least.value["data"], json!({"a": "1"}));
}

#[test]
fn conflicts_and_force() {
    let one = apply_data(&nothing(), "one", json!({"a": "1", "b": "1"}), false).unwrap();
    let conflicts = apply_data(&one, "two", json!({"a": "2", "b": "2"}), false).unwrap_err();
    assert_eq!(
        conflicts_message(&conflicts),
        "Apply failed with 2 conflicts: conflicts with \"one\":\n- .data.a\n- .data.b"
    );
    let forced = apply_data(&one, "two", json!({"a": "2", "b": "2"}), true).unwrap();
    assert_eq!(forced.owners.iter().map(|owner| owner.manager.as_str()).collect::<Vec<_>>(), ["two"]);
}

#[test]
fn updates_take_ownership() {
    let structure = kind("apps/v1", "Deployment");
    let deployment = |replicas: i32, image: &str| {
        json!({"metadata": {"name": "d"}, "spec": {"replicas": replicas, "strategy": {"type": "Recreate"},
            "template": {"spec": {"containers": [{"name": "main", "image": image}]}}}})
    };
    let first = deployment(1, "nginx:1.27");
    let applied =
        apply(&json!({}), &[], &first, owner("kubectl", true, "apps/v1"), false, structure).unwrap();
    let scaler = Owner { subresource: "scale".to_owned(), ..owner("kubectl", false, "apps/v1") };
    let owners = update(&first, &deployment(2, "nginx:1.27"), &applied.owners, scaler, structure);
    let owners = update(
        &deployment(2, "nginx:1.27"),
        &deployment(2, "nginx:1.26"),
        &owners,
        owner("kubectl-set", false, "apps/v1"),
        structure,
    );
    let live = deployment(2, "nginx:1.26");
    let conflicts =
        apply(&live, &owners, &first, owner("kubectl", true, "apps/v1"), false, structure).unwrap_err();
    assert_eq!(
        conflicts_message(&conflicts),
        "Apply failed with 2 conflicts: conflicts with \"kubectl\" with subresource \"scale\" using apps/v1:\n- .spec.replicas\n\
         conflicts with \"kubectl-set\" using apps/v1:\n- .spec.template.spec.containers[name=\"main\"].image"
    );
    let forced = apply(&live, &owners, &first, owner("kubectl", true, "apps/v1"), true, structure).unwrap();
    assert_eq!((forced.value, forced.owners.len()), (first, 1));
}

#[test]
fn lists_merge_by_their_keys() {
    let structure = kind("apps/v1", "Deployment");
    let pod = |spec: Value| json!({"spec": {"template": {"spec": spec}}});
    let one = pod(json!({
        "containers": [{"name": "main", "image": "nginx:1.27", "args": ["x"], "env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80, "protocol": "TCP"}]}],
        "tolerations": [{"key": "a", "operator": "Exists"}],
    }));
    let live = apply(&json!({}), &[], &one, owner("one", true, "apps/v1"), false, structure).unwrap();
    let containers = json!([
        {"name": "main", "env": [{"name": "B", "value": "2"}], "ports": [{"containerPort": 80, "protocol": "UDP"}]}, {"name": "side", "image": "busybox:1.36"}
    ]);
    let two = pod(json!({"containers": containers, "tolerations": [{"key": "b", "operator": "Exists"}]}));
    let conflicts =
        apply(&live.value, &live.owners, &two, owner("two", true, "apps/v1"), false, structure).unwrap_err();
    assert_eq!(
        conflicts_message(&conflicts),
        "Apply failed with 1 conflict: conflict with \"one\": .spec.template.spec.tolerations"
    );
    let two = pod(json!({"containers": containers}));
    let both =
        apply(&live.value, &live.owners, &two, owner("two", true, "apps/v1"), false, structure).unwrap();
    let expected = pod(json!({
        "containers": [
            {"name": "main", "image": "nginx:1.27", "args": ["x"], "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                "ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "UDP"}]},
            {"name": "side", "image": "busybox:1.36"},
        ],
        "tolerations": [{"key": "a", "operator": "Exists"}],
    }));
    assert_eq!(both.value, expected);
    let left =
        apply(&both.value, &both.owners, &pod(json!({})), owner("two", true, "apps/v1"), false, structure)
            .unwrap();
    assert_eq!(left.value, one);
}

#[test]
fn custom_resources_merge_by_their_schema() {
    let schema = json!({"properties": {"spec": {"type": "object", "properties": {
        "parts": {"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"]},
        "plain": {"type": "array", "items": {"type": "string"}},
        "opts": {"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": {"type": "string"}},
    }}}});
    let structure = Structure::custom(Some(&schema));
    let spec = |spec: Value| json!({"spec": spec});
    let one = spec(json!({"parts": [{"id": "a", "n": 1}], "plain": ["p"], "opts": {"k": "v"}}));
    let live = apply(&json!({}), &[], &one, owner("one", true, "e/v1"), false, structure).unwrap();
    let two = spec(json!({"plain": ["q"], "opts": {"k2": "v"}, "parts": [{"id": "b"}]}));
    let conflicts =
        apply(&live.value, &live.owners, &two, owner("two", true, "e/v1"), false, structure).unwrap_err();
    assert_eq!(
        conflicts_message(&conflicts),
        "Apply failed with 2 conflicts: conflicts with \"one\":\n- .spec.opts\n- .spec.plain"
    );
}

#[test]
fn a_created_object_owns_its_maps_too() {
    let created = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
    let added = compare(&json!({}), &created, kind("apps/v1", "Deployment")).added.to_fields_v1();
    let expected = json!({
        "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
        "f:spec": {"f:strategy": {"f:type": {}, "f:rollingUpdate": {".": {}, "f:maxSurge": {}}}},
    });
    assert_eq!(added, expected);
    let pod = json!({"metadata": {"finalizers": ["x"]}, "spec": {"containers": [{"name": "a", "env": [{"name": "A"}]}]}});
    let added = compare(&json!({}), &pod, kind("v1", "Pod")).added.to_fields_v1();
    let expected = json!({
        "f:metadata": {"f:finalizers": {".": {}, "v:\"x\"": {}}},
        "f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:name": {}, "f:env": {".": {}, "k:{\"name\":\"A\"}": {".": {}, "f:name": {}}}}}},
    });
    assert_eq!(added, expected);
}
