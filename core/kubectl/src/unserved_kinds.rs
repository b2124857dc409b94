//! Kinds of Kubernetes v1.33 that this cluster does not serve yet: a learner who asks for one hears that it is not a slip of theirs.

use std::fmt::Write;

/// The kinds, each with its short name if it has one.
const KINDS: &str = "ReplicationController rc,PersistentVolume pv,PersistentVolumeClaim pvc,StorageClass sc,ResourceQuota quota,\
LimitRange limits,ComponentStatus cs,DaemonSet ds,StatefulSet sts,Job,CronJob cj,HorizontalPodAutoscaler hpa,Ingress ing,\
IngressClass,NetworkPolicy netpol,PodDisruptionBudget pdb,Role,RoleBinding,ClusterRole,ClusterRoleBinding,\
CustomResourceDefinition crd,CertificateSigningRequest csr,ControllerRevision,PodTemplate,VolumeAttachment,RuntimeClass";

/// Adds to a message that a kind is unknown that it is a kind of Kubernetes all the same, if it is one. `name` is as a user writes it:
/// the kind, its singular, its plural or its short name.
pub fn explain(message: &mut String, name: &str) {
    let known = KINDS.split(',').find_map(|row| {
        let mut words = row.split(' ');
        let kind = words.next()?;
        let singular = kind.to_ascii_lowercase();
        (name == kind || name == singular || is_plural(name, &singular) || words.any(|short| short == name))
            .then_some(kind)
    });
    if let Some(kind) = known {
        let _ = write!(
            message,
            "\nnote: {kind} is a kind of Kubernetes v1.33 that this cluster does not serve yet"
        );
    }
}

fn is_plural(name: &str, singular: &str) -> bool {
    let stem = name
        .strip_suffix("es")
        .map(|stem| stem.strip_suffix('i').map_or(stem.to_owned(), |stem| format!("{stem}y")));
    name.strip_suffix('s') == Some(singular) || stem.as_deref() == Some(singular)
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn kinds_to_come_are_told_from_slips() {
        for (name, kind) in [
            ("ingress", Some("Ingress")),
            ("ingresses", Some("Ingress")),
            ("networkpolicies", Some("NetworkPolicy")),
            ("Job", Some("Job")),
            ("sts", Some("StatefulSet")),
            ("componentstatuses", Some("ComponentStatus")),
            ("storageclasses", Some("StorageClass")),
            ("ingres", None),
            ("Statefulset", None),
            ("psp", None),
            ("", None),
        ] {
            let mut message = String::new();
            explain(&mut message, name);
            assert_eq!(message.split(' ').nth(1), kind, "{name}");
        }
    }
}
