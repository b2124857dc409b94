//! ImageLocality: nodes that already have the pod's images score higher, the more so the larger these are.

use k8s_openapi::api::core::v1::Pod;

use crate::cache::Cache;
use crate::framework::SCORE_MAX;
use crate::node_info::{NodeInfo, PodOnNode};

const MEBIBYTE: i64 = 1024 * 1024;
/// Less than this is not worth a score.
const THRESHOLD_MIN: i64 = 23 * MEBIBYTE;
/// More than this, for each container, makes no difference.
const THRESHOLD_MAX_EACH: i64 = 1000 * MEBIBYTE;

pub(crate) fn score(pod: &PodOnNode, cache: &Cache, nodes: &[&NodeInfo]) -> Vec<i64> {
    let spec = pod.object.spec::<Pod>();
    let images: Vec<String> = spec
        .init_containers
        .iter()
        .flatten()
        .chain(&spec.containers)
        .map(|container| normalized(container.image.as_deref().unwrap_or_default()))
        .collect();
    // Images weigh by the share of all nodes that have them, so that pods do not heap up on the few that have a rare one.
    let spread: Vec<usize> = images.iter().map(|image| cache.nodes_with_image(image)).collect();
    if spread.iter().all(|having| *having == 0) {
        return vec![0; nodes.len()];
    }
    let total = cache.nodes.len().max(1);
    let max = THRESHOLD_MAX_EACH * i64::try_from(images.len()).unwrap_or(1);
    nodes
        .iter()
        .map(|node| {
            let sum: i64 = images
                .iter()
                .zip(&spread)
                .map(|(image, having)| (size_on(node, image) as f64 * (*having as f64 / total as f64)) as i64)
                .sum();
            SCORE_MAX * (sum.clamp(THRESHOLD_MIN, max) - THRESHOLD_MIN) / (max - THRESHOLD_MIN)
        })
        .collect()
}

fn size_on(node: &NodeInfo, image: &str) -> i64 {
    node.image_sizes.get(image).copied().unwrap_or(0)
}

/// With a tag, as nodes report their images.
fn normalized(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    if last.contains(':') || last.contains('@') { image.to_owned() } else { format!("{image}:latest") }
}
