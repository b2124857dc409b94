//! Patches: what the real API server v1.33.1 and kubectl made of them.
#![allow(clippy::needless_pass_by_value, reason = "short tables")]

use model::patch::{
    apply_json_merge, apply_json_patch, apply_strategic, three_way_json_merge_patch,
    three_way_strategic_patch, two_way_json_merge_patch, two_way_strategic_patch,
};
use model::schema::{Schema, TypeId};
use serde_json::{Value, json};

fn kind(api_version: &str, kind: &str) -> TypeId {
    Schema::get().of_object(api_version, kind).unwrap()
}

fn deployment(pod: Value) -> Value {
    json!({"spec": {"template": {"spec": pod}}})
}

#[test]
fn json_patches() {
    let target = json!({"data": {"k": "v"}, "list": ["a"]});
    let cases = [
        (
            json!([{"op": "replace", "path": "/nope", "value": 1}]),
            Ok(json!({"data": {"k": "v"}, "list": ["a"], "nope": 1})),
        ),
        (
            json!([{"op": "add", "path": "/list/-1", "value": "x"}]),
            Ok(json!({"data": {"k": "v"}, "list": ["a", "x"]})),
        ),
        (
            json!([{"op": "add", "path": "/list/0", "value": "x"}]),
            Ok(json!({"data": {"k": "v"}, "list": ["x", "a"]})),
        ),
        (
            json!([{"op": "move", "from": "/data/k", "path": "/data/a~1b"}]),
            Ok(json!({"data": {"a/b": "v"}, "list": ["a"]})),
        ),
        (json!([{"op": "test", "path": "/data/nope", "value": null}]), Ok(target.clone())),
        (
            json!([{"op": "remove", "path": "/data/nope"}]),
            Err(
                "error in remove for path: '/data/nope': Unable to remove nonexistent key: nope: missing value",
            ),
        ),
        (
            json!([{"op": "add", "path": "/nope/deep", "value": 1}]),
            Err("add operation does not apply: doc is missing path: \"/nope/deep\": missing value"),
        ),
        (
            json!([{"op": "replace", "path": "/data/k/deep", "value": 1}]),
            Err("replace operation does not apply: doc is missing path: /data/k/deep: missing value"),
        ),
        (
            json!([{"op": "test", "path": "/data/k", "value": "w"}]),
            Err("testing value /data/k failed: test failed"),
        ),
        (json!([{"op": "frob", "path": "/data/k"}]), Err("Unexpected kind: frob")),
        (json!([{"path": "/data/k"}]), Err("Unexpected kind: unknown")),
        (json!([{"op": "add", "value": 1}]), Err("add operation failed to decode path: missing value")),
        (
            json!([{"op": "move", "from": "/data/nope", "path": "/x"}]),
            Err("error in move for path: 'nope': Unable to remove nonexistent key: nope: missing value"),
        ),
        (
            json!([{"op": "add", "path": "/list/5", "value": 1}]),
            Err(
                "error in add for path: '/list/5': Unable to access invalid index: 5: invalid index referenced",
            ),
        ),
        (
            json!([{"op": "add", "path": "/list/q", "value": 1}]),
            Err(
                "error in add for path: '/list/q': value was not a proper array index: 'q': strconv.Atoi: parsing \"q\": invalid syntax",
            ),
        ),
        (json!({"op": "add"}), Err("json: cannot unmarshal object into Go value of type jsonpatch.Patch")),
    ];
    for (patch, expected) in cases {
        let mut value = target.clone();
        let result = apply_json_patch(&mut value, &patch).map(|()| value).map_err(|error| error.to_string());
        assert_eq!(result, expected.map_err(str::to_owned), "{patch}");
    }
}

#[test]
fn strategic_patches() {
    let before = deployment(json!({
        "containers": [{"name": "main", "args": ["a", "b"], "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            "ports": [{"containerPort": 80}, {"containerPort": 53}], "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
        "volumes": [{"name": "v", "emptyDir": {}}, {"name": "c", "configMap": {"name": "x"}}],
        "imagePullSecrets": [{"name": "a"}], "nodeSelector": {"a": "b"},
    }));
    let patch = deployment(json!({
        "containers": [{"name": "main", "args": ["c"], "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}],
            "ports": [{"containerPort": 53, "$patch": "delete"}, {"containerPort": 81}],
            "volumeMounts": [{"mountPath": "/w", "name": "v"}, {"mountPath": "/v", "readOnly": true}]}],
        "volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}],
        "imagePullSecrets": [{"name": "b"}], "nodeSelector": {"$patch": "replace", "only": "me"},
    }));
    let after = deployment(json!({
        "containers": [{"name": "main", "args": ["c"],
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}, {"name": "C", "value": "4"}],
            "ports": [{"containerPort": 81}, {"containerPort": 80}],
            "volumeMounts": [{"name": "v", "mountPath": "/w"}, {"name": "v", "mountPath": "/v", "readOnly": true}]}],
        "volumes": [{"name": "v", "hostPath": {"path": "/x"}}, {"name": "c", "configMap": {"name": "x"}}],
        "imagePullSecrets": [{"name": "b"}, {"name": "a"}], "nodeSelector": {"only": "me"},
    }));
    let mut value = before;
    apply_strategic(&mut value, &patch, kind("apps/v1", "Deployment")).unwrap();
    assert_eq!(value, after);
}

#[test]
fn strategic_patch_errors() {
    let cases = [
        (
            json!({"containers": [{"image": "redis:7"}]}),
            "map: map[image:redis:7] does not contain declared merge key: name",
        ),
        (
            json!({"containers": [{"$patch": "fancy", "name": "nginx"}]}),
            "unknown patch type: fancy in map: map[$patch:fancy name:nginx]",
        ),
        (
            json!({"$setElementOrder/containers": [{"name": "a"}], "containers": [{"name": "nginx", "image": "x"}]}),
            "The order in patch list:\n[map[image:x name:nginx]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
        ),
    ];
    for (patch, expected) in cases {
        let mut value = deployment(json!({"containers": [{"name": "nginx"}]}));
        let error =
            apply_strategic(&mut value, &deployment(patch), kind("apps/v1", "Deployment")).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn apply_makes_three_way_patches() {
    let root = kind("apps/v1", "Deployment");
    let pod = |containers: Value| deployment(json!({"containers": containers}));
    let original = pod(json!([{"name": "a", "image": "a:1", "args": ["x"]}, {"name": "b", "image": "b:1"}]));
    let modified = pod(json!([{"name": "c", "image": "c:1"}, {"name": "a", "image": "a:2"}]));
    let current = pod(json!([
        {"name": "a", "image": "a:1", "args": ["x"], "imagePullPolicy": "Always"}, {"name": "b", "image": "b:1"}, {"name": "sidecar"}
    ]));
    let patch = three_way_strategic_patch(&original, &modified, &current, root);
    let expected = deployment(json!({
        "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
        "containers": [{"name": "c", "image": "c:1"}, {"name": "a", "image": "a:2", "args": null}, {"name": "b", "$patch": "delete"}],
    }));
    assert_eq!(patch, expected);
    let mut value = current;
    apply_strategic(&mut value, &patch, root).unwrap();
    let result = pod(
        json!([{"name": "c", "image": "c:1"}, {"name": "a", "image": "a:2", "imagePullPolicy": "Always"}, {"name": "sidecar"}]),
    );
    assert_eq!(value, result);
    // Nothing to change is an empty patch, whatever the server has added.
    assert_eq!(three_way_strategic_patch(&modified, &modified, &result, root), json!({}));

    let strategy = |value: Value| json!({"spec": {"strategy": value}});
    let rolling = strategy(json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}));
    let patch = three_way_strategic_patch(&rolling, &strategy(json!({"type": "Recreate"})), &rolling, root);
    assert_eq!(patch, strategy(json!({"$retainKeys": ["type"], "type": "Recreate", "rollingUpdate": null})));

    let finalizers = |list: Value| json!({"metadata": {"finalizers": list}});
    let patch = three_way_strategic_patch(
        &finalizers(json!(["a", "b"])),
        &finalizers(json!(["b", "c"])),
        &finalizers(json!(["a", "b", "x"])),
        root,
    );
    assert_eq!(patch["metadata"]["$deleteFromPrimitiveList/finalizers"], json!(["a"]));
    let mut value = finalizers(json!(["a", "b", "x"]));
    apply_strategic(&mut value, &patch, root).unwrap();
    assert_eq!(value, finalizers(json!(["b", "c", "x"])));
}

#[test]
fn merge_patches() {
    let mut value = json!({"a": {"b": 1, "c": 2}, "l": [1, 2]});
    apply_json_merge(&mut value, &json!({"a": {"b": null, "d": {"x": null, "y": 1}}, "l": [3]}));
    assert_eq!(value, json!({"a": {"c": 2, "d": {"y": 1}}, "l": [3]}));
    let patch = three_way_json_merge_patch(
        &json!({"spec": {"a": 1, "b": 2, "m": {"x": 1}}}),
        &json!({"spec": {"b": 3, "c": [1], "m": {}}}),
        &json!({"spec": {"a": 1, "b": 2, "server": true, "m": {"x": 1, "y": 2}}}),
    );
    assert_eq!(patch, json!({"spec": {"a": null, "b": 3, "c": [1], "m": {"x": null}}}));
}

#[test]
fn a_two_way_patch_leads_there() {
    let pod = kind("v1", "Pod");
    let states = [
        json!({"metadata": {"labels": {"a": "1"}, "finalizers": ["x"]}, "spec": {"containers": [{"name": "a", "ports": [{"containerPort": 1}]}]}}),
        json!({"metadata": {"labels": {"b": "1"}}, "spec": {"containers": [{"name": "b", "image": "i"}, {"name": "a", "command": ["x"]}], "volumes": [{"name": "v", "emptyDir": {}}]}}),
        json!({"metadata": {"finalizers": ["y"]}, "spec": {"containers": [{"name": "a"}], "volumes": [{"name": "v", "hostPath": {"path": "/"}}], "tolerations": [{"key": "k"}]}}),
        json!({"spec": {}}),
    ];
    // Without an order in the patch the order of lists may differ: compare them sorted.
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Array(items) => {
                let mut items: Vec<_> = items.iter().map(sorted).collect();
                items.sort_by_key(Value::to_string);
                Value::Array(items)
            }
            Value::Object(fields) => {
                fields.iter().filter(|(_, v)| **v != json!([])).map(|(k, v)| (k.clone(), sorted(v))).collect()
            }
            plain => plain.clone(),
        }
    }
    for from in &states {
        for to in &states {
            let mut value = from.clone();
            apply_strategic(&mut value, &two_way_strategic_patch(from, to, pod), pod).unwrap();
            assert_eq!(sorted(&value), sorted(to));
            let mut value = from.clone();
            apply_json_merge(&mut value, &two_way_json_merge_patch(from, to));
            assert_eq!(&value, to);
        }
    }
}
