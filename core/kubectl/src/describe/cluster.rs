//! Namespaces and priority classes.

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use model::Object;

use super::writer::Writer;

/// Describes a namespace.
pub fn namespace(writer: &mut Writer, object: &Object) {
    let status = object.status::<Namespace>();
    writer.field(0, "Name", object.name());
    writer.labels(0, "Labels", Some(object.labels()));
    writer.annotations(0, "Annotations", Some(object.annotations()));
    writer.field(0, "Status", status.phase.clone().unwrap_or_default());
    if let Some(conditions) = status.conditions.as_ref().filter(|conditions| !conditions.is_empty()) {
        writer.write(0, "Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage\n");
        writer.write(1, "----\t------\t------------------\t------\t-------\n");
        for condition in conditions {
            writer.write(
                1,
                &format!(
                    "{}\t{}\t{}\t{}\t{}\n",
                    condition.type_,
                    condition.status,
                    super::writer::long_time(condition.last_transition_time.as_ref()),
                    condition.reason.as_deref().unwrap_or_default(),
                    condition.message.as_deref().unwrap_or_default()
                ),
            );
        }
    }
    writer.write(0, "\nNo resource quota.\n");
    writer.write(0, "\nNo LimitRange resource.\n");
}

/// Describes a priority class.
pub fn priority_class(writer: &mut Writer, object: &Object) {
    let class = object.spec::<PriorityClass>();
    writer.field(0, "Name", object.name());
    writer.field(0, "Value", class.value);
    writer.field(0, "GlobalDefault", class.global_default.unwrap_or(false));
    writer.field(0, "PreemptionPolicy", class.preemption_policy.clone().unwrap_or_default());
    writer.field(0, "Description", class.description.clone().unwrap_or_default());
    writer.annotations(0, "Annotations", Some(object.annotations()));
}
