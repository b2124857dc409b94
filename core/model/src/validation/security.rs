//! Security contexts of pods and containers.

use k8s_openapi::api::core::v1::{
    AppArmorProfile, Container, PodSecurityContext, PodSpec, SeccompProfile, SecurityContext, Sysctl,
};

use super::error::{ErrorList, Shown};
use super::go;
use super::path::Path;
use crate::defaults::app_armor::ANNOTATION as APPARMOR_ANNOTATION;
use crate::metadata::StringMap;

const SYSCTL_RULE: &str = "must have at most 253 characters and match regex \
     ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";

/// A container's `securityContext`.
pub fn container(
    context: &SecurityContext,
    host_users: Option<bool>,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    id(context.run_as_user, &path.child("runAsUser"), errors);
    id(context.run_as_group, &path.child("runAsGroup"), errors);
    if let Some(mount) = context.proc_mount.as_deref() {
        let at = path.child("procMount");
        errors.one_of(&at, mount, &["Default", "Unmasked"]);
        if mount == "Unmasked" && host_users != Some(false) {
            errors.invalid(&at, mount, "`hostUsers` must be false to use `Unmasked`");
        }
    }
    if let Some(profile) = &context.seccomp_profile {
        seccomp(profile, &path.child("seccompProfile"), errors);
    }
    if context.allow_privilege_escalation == Some(false) {
        if context.privileged == Some(true) {
            errors.invalid(
                path,
                context_text(context),
                "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
            );
        }
        let added = context.capabilities.iter().flat_map(|it| it.add.iter().flatten());
        if added.into_iter().any(|capability| capability == "CAP_SYS_ADMIN") {
            errors.invalid(
                path,
                context_text(context),
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
            );
        }
    }
    if let Some(profile) = &context.app_armor_profile {
        app_armor(profile, &path.child("appArmorProfile"), errors);
    }
}

fn context_text(context: &SecurityContext) -> Shown {
    let pointer = |name: &str, given: bool| {
        let address = if given { go::ADDRESS } else { "nil" };
        format!("(*{name})({address})")
    };
    let fields = [
        ("Capabilities", pointer("core.Capabilities", context.capabilities.is_some())),
        ("Privileged", pointer("bool", context.privileged.is_some())),
        ("SELinuxOptions", pointer("core.SELinuxOptions", context.se_linux_options.is_some())),
        ("WindowsOptions", pointer("core.WindowsSecurityContextOptions", context.windows_options.is_some())),
        ("RunAsUser", pointer("int64", context.run_as_user.is_some())),
        ("RunAsGroup", pointer("int64", context.run_as_group.is_some())),
        ("RunAsNonRoot", pointer("bool", context.run_as_non_root.is_some())),
        ("ReadOnlyRootFilesystem", pointer("bool", context.read_only_root_filesystem.is_some())),
        ("AllowPrivilegeEscalation", pointer("bool", context.allow_privilege_escalation.is_some())),
        ("ProcMount", pointer("core.ProcMountType", context.proc_mount.is_some())),
        ("SeccompProfile", pointer("core.SeccompProfile", context.seccomp_profile.is_some())),
        ("AppArmorProfile", pointer("core.AppArmorProfile", context.app_armor_profile.is_some())),
    ];
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    Shown::raw(format!("core.SecurityContext{{{}}}", fields.join(", ")))
}

fn id(id: Option<i64>, path: &Path<'_>, errors: &mut ErrorList) {
    if let Some(id) = id.filter(|id| !(0..=i64::from(i32::MAX)).contains(id)) {
        errors.invalid(path, id, "must be between 0 and 2147483647, inclusive");
    }
}

fn seccomp(profile: &SeccompProfile, path: &Path<'_>, errors: &mut ErrorList) {
    errors.one_of_or_required(
        &path.child("type"),
        &profile.type_,
        &["Localhost", "RuntimeDefault", "Unconfined"],
        "type is required when seccompProfile is set",
    );
    let at = path.child("localhostProfile");
    match (profile.type_.as_str(), profile.localhost_profile.as_deref()) {
        ("Localhost", None) => errors.required(&at, "must be set when seccomp type is Localhost"),
        ("Localhost", Some(file)) => {
            errors.problems(&at, file, super::names::local_path_problems(file));
        }
        (_, None) => {}
        (kind, Some(_)) => {
            let value = format!(
                "core.SeccompProfile{{Type:{}, LocalhostProfile:(*string)({})}}",
                go::quoted(kind),
                go::ADDRESS
            );
            errors.invalid(&at, Shown::raw(value), "can only be set when seccomp type is Localhost");
        }
    }
}

fn app_armor(profile: &AppArmorProfile, path: &Path<'_>, errors: &mut ErrorList) {
    errors.one_of_or_required(
        &path.child("type"),
        &profile.type_,
        &["Localhost", "RuntimeDefault", "Unconfined"],
        "type is required when appArmorProfile is set",
    );
    let at = path.child("localhostProfile");
    match (profile.type_.as_str(), profile.localhost_profile.as_deref()) {
        ("Localhost", None) => errors.required(&at, "must be set when AppArmor type is Localhost"),
        ("Localhost", Some(_)) | (_, None) => {}
        (_, Some(file)) => errors.invalid(&at, file, "can only be set when AppArmor type is Localhost"),
    }
}

/// The old annotation and the field must tell the same.
pub fn app_armor_annotations(
    annotations: &StringMap,
    spec: &PodSpec,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    let lists = [
        ("initContainers", spec.init_containers.as_deref().unwrap_or_default()),
        ("containers", &spec.containers),
    ];
    for (field, containers) in lists {
        for (index, container) in containers.iter().enumerate() {
            let Some(value) = annotations.get(&format!("{APPARMOR_ANNOTATION}{}", container.name)) else {
                continue;
            };
            let said = match value.as_str() {
                "runtime/default" => "RuntimeDefault",
                "unconfined" => "Unconfined",
                _ => "Localhost",
            };
            let profile = profile_of(container).or_else(|| {
                spec.security_context.as_ref().and_then(|context| context.app_armor_profile.as_ref())
            });
            if profile.is_some_and(|profile| profile.type_ != said) {
                let item = path.item(field, index);
                let context = item.child("securityContext");
                errors.forbidden(
                    &context.child("appArmorProfile").child("type"),
                    "apparmor type in annotation and field must match",
                );
            }
        }
    }
}

fn profile_of(container: &Container) -> Option<&AppArmorProfile> {
    container.security_context.as_ref()?.app_armor_profile.as_ref()
}

/// A pod's `securityContext` and its use of the node's namespaces.
pub fn pod(spec: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let at = path.child("securityContext");
    if let Some(context) = &spec.security_context {
        id(context.fs_group, &at.child("fsGroup"), errors);
        id(context.run_as_user, &at.child("runAsUser"), errors);
        id(context.run_as_group, &at.child("runAsGroup"), errors);
        for (index, group) in context.supplemental_groups.iter().flatten().enumerate() {
            id(Some(*group), &at.item("supplementalGroups", index), errors);
        }
        share_process_namespace(spec, &at, errors);
        sysctls(context, spec, &at, errors);
        if let Some(policy) = context.fs_group_change_policy.as_deref() {
            errors.one_of(&at.child("fsGroupChangePolicy"), policy, &["Always", "OnRootMismatch"]);
        }
        if let Some(profile) = &context.seccomp_profile {
            seccomp(profile, &at.child("seccompProfile"), errors);
        }
        if let Some(profile) = &context.app_armor_profile {
            app_armor(profile, &at.child("appArmorProfile"), errors);
        }
        if let Some(policy) = context.supplemental_groups_policy.as_deref() {
            errors.one_of(&at.child("supplementalGroupsPolicy"), policy, &["Merge", "Strict"]);
        }
    } else {
        share_process_namespace(spec, &at, errors);
    }
}

fn share_process_namespace(spec: &PodSpec, at: &Path<'_>, errors: &mut ErrorList) {
    if spec.share_process_namespace == Some(true) && spec.host_pid == Some(true) {
        errors.invalid(
            &at.child("shareProcessNamespace"),
            true,
            "ShareProcessNamespace and HostPID cannot both be enabled",
        );
    }
}

fn sysctls(context: &PodSecurityContext, spec: &PodSpec, at: &Path<'_>, errors: &mut ErrorList) {
    let sysctls = context.sysctls.as_deref().unwrap_or_default();
    for (index, sysctl) in sysctls.iter().enumerate() {
        let item = at.item("sysctls", index);
        let name = item.child("name");
        one_sysctl(sysctl, spec, &name, errors);
        if sysctls[..index].iter().any(|it| it.name == sysctl.name) {
            errors.duplicate(&name, &sysctl.name);
        }
    }
}

fn one_sysctl(sysctl: &Sysctl, spec: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let name = sysctl.name.as_str();
    if name.is_empty() {
        errors.required(path, "");
        return;
    }
    if name.len() > 253 || !name.split(['.', '/']).all(is_sysctl_word) {
        errors.invalid(path, name, SYSCTL_RULE);
        return;
    }
    let net = name.starts_with("net.") || name.starts_with("net/");
    if net && spec.host_network == Some(true) {
        errors.invalid(path, name, "may not be specified when 'hostNetwork' is true");
    }
    let ipc = ["kernel.sem", "kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|it| name.starts_with(it));
    if ipc && spec.host_ipc == Some(true) {
        errors.invalid(path, name, "may not be specified when 'hostIPC' is true");
    }
}

fn is_sysctl_word(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = word.as_bytes();
    bytes.first().copied().is_some_and(plain)
        && bytes.last().copied().is_some_and(plain)
        && bytes.iter().all(|byte| plain(*byte) || b"-_".contains(byte))
}

/// A pod with its own users may not share the node's namespaces.
pub fn host_users(spec: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    if spec.host_users != Some(false) {
        return;
    }
    for (field, given) in
        [("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc)]
    {
        if given == Some(true) {
            errors.forbidden(&path.child(field), "when `pod.Spec.HostUsers` is false");
        }
    }
}

/// `os` and what it excludes.
pub fn os(spec: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let Some(os) = &spec.os else { return };
    let name = os.name.as_str();
    let at = path.child("os");
    match name {
        "linux" => linux(spec, path, errors),
        "windows" => windows(spec, path, errors),
        "" => errors.required(&at.child("name"), "cannot be empty"),
        other => errors.not_supported(&at, other, &["linux", "windows"]),
    }
}

fn linux(spec: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let at = path.child("securityContext");
    if spec.security_context.as_ref().is_some_and(|context| context.windows_options.is_some()) {
        errors.forbidden(&at.child("windowsOptions"), "windows options cannot be set for a linux pod");
    }
    each_container(spec, path, |context, at| {
        if context.windows_options.is_some() {
            errors.forbidden(&at.child("windowsOptions"), "windows options cannot be set for a linux pod");
        }
    });
}

fn windows(spec: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    const WHY: &str = "cannot be set for a windows pod";
    for (field, given) in [
        ("hostPID", spec.host_pid == Some(true)),
        ("hostIPC", spec.host_ipc == Some(true)),
        ("hostUsers", spec.host_users.is_some()),
    ] {
        if given {
            errors.forbidden(&path.child(field), WHY);
        }
    }
    let at = path.child("securityContext");
    if let Some(context) = &spec.security_context {
        for (field, given) in [
            ("appArmorProfile", context.app_armor_profile.is_some()),
            ("seLinuxOptions", context.se_linux_options.is_some()),
            ("seccompProfile", context.seccomp_profile.is_some()),
            ("fsGroup", context.fs_group.is_some()),
            ("fsGroupChangePolicy", context.fs_group_change_policy.is_some()),
            ("sysctls", context.sysctls.as_ref().is_some_and(|it| !it.is_empty())),
            ("shareProcessNamespace", spec.share_process_namespace == Some(true)),
            ("runAsUser", context.run_as_user.is_some()),
            ("runAsGroup", context.run_as_group.is_some()),
            ("supplementalGroups", context.supplemental_groups.is_some()),
            ("supplementalGroupsPolicy", context.supplemental_groups_policy.is_some()),
        ] {
            if given {
                errors.forbidden(&at.child(field), WHY);
            }
        }
    }
    each_container(spec, path, |context, at| {
        for (field, given) in [
            ("appArmorProfile", context.app_armor_profile.is_some()),
            ("seLinuxOptions", context.se_linux_options.is_some()),
            ("seccompProfile", context.seccomp_profile.is_some()),
            ("capabilities", context.capabilities.is_some()),
            ("readOnlyRootFilesystem", context.read_only_root_filesystem.is_some()),
            ("privileged", context.privileged.is_some()),
            ("allowPrivilegeEscalation", context.allow_privilege_escalation.is_some()),
            ("procMount", context.proc_mount.is_some()),
            ("runAsUser", context.run_as_user.is_some()),
            ("runAsGroup", context.run_as_group.is_some()),
        ] {
            if given {
                errors.forbidden(&at.child(field), WHY);
            }
        }
    });
}

fn each_container(spec: &PodSpec, path: &Path<'_>, mut check: impl FnMut(&SecurityContext, &Path<'_>)) {
    let lists = [
        ("initContainers", spec.init_containers.as_deref().unwrap_or_default()),
        ("containers", &spec.containers),
    ];
    for (field, containers) in lists {
        for (index, container) in containers.iter().enumerate() {
            if let Some(context) = &container.security_context {
                let item = path.item(field, index);
                check(context, &item.child("securityContext"));
            }
        }
    }
}

/// What a pod costs its ReplicaSet to delete.
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// Annotations of a pod as pod: only those that Kubernetes itself reads.
pub fn known_annotations(annotations: &StringMap, spec: &PodSpec, errors: &mut ErrorList) {
    let path = Path::root("metadata");
    let at = path.child("annotations");
    for (key, value) in annotations {
        if key == DELETION_COST && !is_plain_i32(value) {
            errors.invalid(&at.entry("", key), value, "must be a 32bit integer");
        }
        let Some(name) = key.strip_prefix(APPARMOR_ANNOTATION) else { continue };
        let known = spec.containers.iter().chain(spec.init_containers.iter().flatten());
        if !known.into_iter().any(|container| container.name == name) {
            errors.invalid(&at.entry("", key), name, "container not found");
        }
        let profile = ["runtime/default", "unconfined", ""].contains(&value.as_str())
            || value.starts_with("localhost/");
        if !profile {
            errors.invalid(&at.entry("", key), value, "invalid AppArmor profile name");
        }
    }
}

/// A number as it is printed: without a plus or leading zeros.
fn is_plain_i32(text: &str) -> bool {
    text.parse::<i32>().is_ok_and(|number| number.to_string() == text)
}
