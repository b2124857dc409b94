//! The pod template hash against names that a real cluster gave.

use controllers::pod_template_hash::compute_hash;
use serde_json::{Value, json};

use crate::world::World;
use model::Kind;

/// The template as the API server stores it.
fn stored(template: &Value) -> k8s_openapi::api::core::v1::PodTemplateSpec {
    let mut world = World::new();
    let labels = template["metadata"]["labels"].clone();
    let spec = json!({"selector": {"matchLabels": labels}, "template": template});
    let object = world.create(Kind::Deployment, json!({"metadata": {"name": "web"}, "spec": spec}));
    object.spec::<k8s_openapi::api::apps::v1::Deployment>().template.clone()
}

#[test]
fn hashes_are_those_of_a_real_cluster() {
    let container = |name: &str, image: &str| json!({"name": name, "image": image});
    let simple = |app: &str, name: &str, image: &str| json!({"metadata": {"labels": {"app": app}}, "spec": {"containers": [container(name, image)]}});
    let mut nowhere = simple("web", "main", "nginx:1.27");
    nowhere["spec"]["nodeSelector"] = json!({"nowhere": "true"});
    let described = json!({
        "metadata": {"labels": {"app": "web", "tier": "front"}, "annotations": {"a": "b"}},
        "spec": {
            "containers": [{
                "name": "main", "image": "nginx:1.27", "ports": [{"containerPort": 80}], "env": [{"name": "A", "value": "1"}],
                "resources": {"limits": {"cpu": "100m"}}, "volumeMounts": [{"name": "d", "mountPath": "/d"}],
            }],
            "volumes": [{"name": "d", "emptyDir": {}}],
        },
    });
    let mut of_account = simple("a", "main", "nginx:1.27");
    of_account["spec"]["serviceAccountName"] = json!("ghost");
    let mut requesting = simple("web", "main", "nginx:1.27");
    requesting["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "200m"}});
    let cases = [
        (simple("web", "nginx", "nginx:1.27"), "796cf5c97c"),
        (simple("web", "main", "nginx:1.27"), "76d6d5d778"),
        (simple("shared", "main", "nginx:1.27"), "f8f679f67"),
        (nowhere, "558b969455"),
        (of_account, "79f5cf65b9"),
        (requesting, "598fc4ff69"),
    ];
    for (template, expected) in cases {
        assert_eq!(compute_hash(&stored(&template), None), expected, "{template}");
    }
    let mut described = stored(&described);
    // Recorded with the default request that the limit implies not yet filled in.
    let container = &mut described.spec.as_mut().unwrap().containers[0];
    container.resources.as_mut().unwrap().requests = None;
    assert_eq!(compute_hash(&described, None), "6b9d8c7bf4");
}

/// Templates that use much of what a template can say, hashed with the types of `k8s.io/api` v0.33.1.
#[test]
fn hashes_are_those_of_upstreams_types() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("hashes.json")).unwrap();
    for case in cases {
        let template = serde_json::from_value(case["template"].clone()).unwrap();
        assert_eq!(compute_hash(&template, None), case["hash"], "{}", case["template"]);
    }
}

#[test]
fn a_collision_gives_another_hash() {
    let template = stored(
        &json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "main", "image": "a"}]}}),
    );
    assert_ne!(compute_hash(&template, None), compute_hash(&template, Some(1)));
}
