//! What root in a container may do: Linux capabilities by the names that a `securityContext` gives them.

use k8s_openapi::api::core::v1::SecurityContext;
use shell::machine::DEFAULT_CAPABILITIES;

/// The names by their numbers (capabilities(7)), without `CAP_`.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];
const ALL: u64 = (1 << NAMES.len()) - 1;

/// The bits that a container's root has: the runtime's usual ones with what its `securityContext` drops and adds.
pub(crate) fn of(context: Option<&SecurityContext>) -> u64 {
    if context.and_then(|context| context.privileged) == Some(true) {
        return ALL;
    }
    let Some(changes) = context.and_then(|context| context.capabilities.as_ref()) else {
        return DEFAULT_CAPABILITIES;
    };
    let adds_all = changes.add.iter().flatten().any(|name| name == "ALL");
    let drops = bits(changes.drop.as_deref().unwrap_or_default());
    let adds = bits(changes.add.as_deref().unwrap_or_default());
    if adds_all { ALL & !drops } else { DEFAULT_CAPABILITIES & !drops | adds }
}

fn bits(names: &[String]) -> u64 {
    let bit = |name: &String| {
        let name = name.strip_prefix("CAP_").unwrap_or(name);
        if name == "ALL" {
            return ALL;
        }
        NAMES.iter().position(|known| *known == name).map_or(0, |at| 1 << at)
    };
    names.iter().fold(0, |all, name| all | bit(name))
}
