//! Tables of Deployment and ReplicaSet.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Container;
use k8s_openapi::jiff::Timestamp;
use model::Object;
use model::selector::format_label_selector;

use super::{Columns, age, or_none};

const WIDE: &[&str] = &["Containers", "Images", "Selector"];
pub(super) const DEPLOYMENT_COLUMNS: Columns = (&["Name", "Ready", "Up-to-date", "Available", "Age"], WIDE);
pub(super) const REPLICA_SET_COLUMNS: Columns = (&["Name", "Desired", "Current", "Ready", "Age"], WIDE);

pub(super) fn deployment_cells(object: &Object, now: Timestamp) -> Vec<String> {
    let (spec, status) = (object.spec::<Deployment>(), object.status::<Deployment>());
    let count = |number: Option<i32>| number.unwrap_or(0).to_string();
    let mut cells = vec![
        object.name().to_owned(),
        format!("{}/{}", status.ready_replicas.unwrap_or(0), spec.replicas.unwrap_or(0)),
        count(status.updated_replicas),
        count(status.available_replicas),
        age(object, now),
    ];
    cells.extend(containers_and_images(spec.template.spec.as_ref().map_or(&[], |pod| &pod.containers)));
    cells.push(or_none(format_label_selector(Some(&spec.selector))));
    cells
}

pub(super) fn replica_set_cells(object: &Object, now: Timestamp) -> Vec<String> {
    let (spec, status) = (object.spec::<ReplicaSet>(), object.status::<ReplicaSet>());
    let mut cells = vec![
        object.name().to_owned(),
        spec.replicas.unwrap_or(0).to_string(),
        status.replicas.to_string(),
        status.ready_replicas.unwrap_or(0).to_string(),
        age(object, now),
    ];
    let pod = spec.template.as_ref().and_then(|template| template.spec.as_ref());
    cells.extend(containers_and_images(pod.map_or(&[], |pod| &pod.containers)));
    cells.push(or_none(format_label_selector(Some(&spec.selector))));
    cells
}

fn containers_and_images(containers: &[Container]) -> [String; 2] {
    let names: Vec<&str> = containers.iter().map(|container| container.name.as_str()).collect();
    let images: Vec<&str> =
        containers.iter().map(|container| container.image.as_deref().unwrap_or_default()).collect();
    [names.join(","), images.join(",")]
}
