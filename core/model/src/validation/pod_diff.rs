//! The difference of two pod specs, as it follows the message that refuses a pod's update.

use k8s_openapi::api::core::v1::PodSpec;

/// placeholder
pub fn pod_spec_diff(_old: &PodSpec, _new: &PodSpec) -> String {
    String::new()
}
