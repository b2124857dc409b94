//! Which entries are in scope: computed from the kinds, verbs and fields that an entry uses, so that an entry comes into scope by itself
//! when what it needs is built.

use model::Kind;
use regex_lite::Regex;

use super::entry::Entry;

/// What an entry may use that is not built yet: words of its inputs, and what it waits for.
const WAITS_FOR: &[(&str, &str)] = &[
    (r"kubectl (-n \S+ )?(debug|certificate|top|plugin|completion|alpha)\b", "more kubectl verbs"),
    (r"kubectl (-n \S+ )?auth\b|--as[= ]|--as-group|--token[= ]|create token", "authorization"),
    (r"get --raw /metrics|--raw \S+/(token|proxy)\b|selfsubjectrulesreviews", "raw requests beyond objects"),
    (
        r"create (role|rolebinding|clusterrole|clusterrolebinding|quota|pdb|poddisruptionbudget|ingress|job|cronjob|cj)\b",
        "more kinds",
    ),
    (r"kubectl autoscale|autoscale (deploy|rs)", "more kinds"),
    (r"kubectl [^|;&\n]*apply [^|;&\n]*--prune\b", "apply that prunes"),
    // Whole, its answer names the group of every kind there is; narrowed by a pipe it need not.
    (r"(?m)kubectl api-versions *$", "the groups of all kinds"),
    (r"--subresource[= ]resize|/resize\b", "resizing pods in place"),
    (
        r"persistentVolumeClaim|volumeClaimTemplates|storageClassName|nfs:|iscsi:|csi:",
        "volumes of the storage issue",
    ),
    (r"pod-security\.kubernetes\.io|podSecurity", "pod security"),
    (r"ephemeralContainers|kubectl debug", "ephemeral containers"),
    (r"runtimeClassName", "runtime classes"),
    (r"resourceClaims", "dynamic resources"),
    (r"kubernetes\.io/service-account-token", "tokens in Secrets"),
    (r"apiVersion: events\.k8s\.io", "the newer form of events"),
];

/// Groups that wait as a whole.
const GROUPS: &[(&str, &str)] =
    &[("rbac", "authorization"), ("proxy", "kube-proxy's rule tables"), ("dns", "cluster DNS by query")];

/// What is special of some worlds and ours has too: a finalizer keeps deleted pods of fake nodes in view; a node without a kubelet.
const SERVED_NEEDS: [&str; 2] = ["pod-hold", "unmanaged-node"];

/// Why an entry is not in scope yet; `None` if it is.
#[must_use]
pub fn why_out_of_scope(group: &str, entry: &Entry) -> Option<String> {
    if let Some((_, why)) = GROUPS.iter().find(|(name, _)| *name == group) {
        return Some((*why).to_owned());
    }
    let missing: Vec<&str> =
        entry.needs.iter().map(String::as_str).filter(|need| !SERVED_NEEDS.contains(need)).collect();
    if !missing.is_empty() {
        return Some(format!("a world with {}", missing.join(", ")));
    }
    let inputs = entry.inputs();
    for (pattern, why) in WAITS_FOR {
        if Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(&inputs)) {
            return Some((*why).to_owned());
        }
    }
    unserved_kind(&inputs).map(|kind| format!("the kind {kind}"))
}

/// A kind or resource that the entry names and the registry does not have.
fn unserved_kind(inputs: &str) -> Option<String> {
    let kind = Regex::new(r#"(?m)(?:^|[\s{,"])"?kind"?: *"?([A-Z]\w+)"#).ok()?;
    let served = |name: &str| name == "List" || Kind::all().any(|kind| kind.info().name == name);
    let mut mentioned = kind.captures_iter(inputs).map(|found| found[1].to_owned());
    // References name kinds that need not be served to be named.
    let unserved = mentioned.find(|name| !served(name) && UNSERVED.iter().any(|(kind, _)| kind == name));
    unserved.or_else(|| {
        let word = Regex::new(r"[\w.-]+").ok()?;
        // What is quoted is an argument's text, not a kind.
        let quoted = Regex::new(r"'[^']*'").ok()?;
        let lines = inputs.lines().filter(|line| line.contains("kubectl"));
        let commands: Vec<_> = lines.map(|line| quoted.replace_all(line, "''")).collect();
        let words: Vec<&str> =
            commands.iter().flat_map(|line| word.find_iter(line).map(|found| found.as_str())).collect();
        let named = |names: &[&str]| words.iter().any(|word| names.contains(word));
        let found = UNSERVED.iter().filter(|(kind, _)| !served(kind)).find(|(_, names)| named(names));
        found.map(|(kind, _)| (*kind).to_owned())
    })
}

/// Kinds with the words by which kubectl's users name them.
const UNSERVED: &[(&str, &[&str])] = &[
    ("DaemonSet", &["daemonset", "daemonsets", "ds"]),
    ("StatefulSet", &["statefulset", "statefulsets", "sts"]),
    ("Job", &["job", "jobs", "job.batch", "jobs.batch"]),
    ("CronJob", &["cronjob", "cronjobs", "cj"]),
    ("ReplicationController", &["replicationcontroller", "replicationcontrollers", "rc"]),
    ("HorizontalPodAutoscaler", &["hpa", "horizontalpodautoscaler", "horizontalpodautoscalers"]),
    ("PodDisruptionBudget", &["pdb", "poddisruptionbudget", "poddisruptionbudgets"]),
    ("Ingress", &["ingress", "ingresses", "ing"]),
    ("IngressClass", &["ingressclass", "ingressclasses"]),
    ("NetworkPolicy", &["networkpolicy", "networkpolicies", "netpol"]),
    ("PersistentVolume", &["pv", "persistentvolume", "persistentvolumes"]),
    ("PersistentVolumeClaim", &["pvc", "persistentvolumeclaim", "persistentvolumeclaims"]),
    ("StorageClass", &["sc", "storageclass", "storageclasses"]),
    ("VolumeAttachment", &["volumeattachment", "volumeattachments"]),
    ("CSIDriver", &["csidriver", "csidrivers"]),
    ("CSINode", &["csinode", "csinodes"]),
    ("CSIStorageCapacity", &["csistoragecapacity", "csistoragecapacities"]),
    ("ResourceQuota", &["resourcequota", "resourcequotas", "quota"]),
    ("LimitRange", &["limitrange", "limitranges", "limits"]),
    ("PodTemplate", &["podtemplate", "podtemplates"]),
    ("ControllerRevision", &["controllerrevision", "controllerrevisions"]),
    ("Role", &["role", "roles"]),
    ("RoleBinding", &["rolebinding", "rolebindings"]),
    ("ClusterRole", &["clusterrole", "clusterroles"]),
    ("ClusterRoleBinding", &["clusterrolebinding", "clusterrolebindings"]),
    ("SelfSubjectAccessReview", &[]),
    ("SelfSubjectRulesReview", &[]),
    ("SubjectAccessReview", &[]),
    ("LocalSubjectAccessReview", &[]),
    ("CertificateSigningRequest", &["csr", "certificatesigningrequest", "certificatesigningrequests"]),
    ("CustomResourceDefinition", &["crd", "crds", "customresourcedefinition", "customresourcedefinitions"]),
    ("APIService", &["apiservice", "apiservices"]),
    ("RuntimeClass", &["runtimeclass", "runtimeclasses"]),
    ("ComponentStatus", &["componentstatus", "componentstatuses", "cs"]),
    ("FlowSchema", &["flowschema", "flowschemas"]),
    ("PriorityLevelConfiguration", &["prioritylevelconfiguration", "prioritylevelconfigurations"]),
    ("MutatingWebhookConfiguration", &["mutatingwebhookconfiguration", "mutatingwebhookconfigurations"]),
    (
        "ValidatingWebhookConfiguration",
        &["validatingwebhookconfiguration", "validatingwebhookconfigurations"],
    ),
    ("ValidatingAdmissionPolicy", &["validatingadmissionpolicy", "validatingadmissionpolicies"]),
    ("ValidatingAdmissionPolicyBinding", &["validatingadmissionpolicybinding"]),
    ("IPAddress", &["ipaddress", "ipaddresses", "ipaddresses.networking.k8s.io"]),
    ("ServiceCIDR", &["servicecidr", "servicecidrs"]),
    ("Widget", &["widget", "widgets"]),
    ("CronTab", &["crontab", "crontabs", "ct"]),
];
