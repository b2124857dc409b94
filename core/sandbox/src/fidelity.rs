//! The fidelity register: everything that is simpler here than in Kubernetes v1.33, or not there yet. `docs/FIDELITY.md` is written from it.

/// One simplification.
#[derive(Clone, Copy, Debug)]
pub struct Simplification {
    /// The part of the cluster.
    pub area: &'static str,
    /// What differs, and how it shows.
    pub what: &'static str,
}

const fn row(area: &'static str, what: &'static str) -> Simplification {
    Simplification { area, what }
}

/// The register, by area.
pub const REGISTER: &[Simplification] = &[
    row(
        "API",
        "Managed fields of a created pod leave out what admission fills in by its look: a pod that names the account `default` or the default tolerations itself does not own them.",
    ),
    row(
        "API",
        "Requests are not yet authorized: everyone may do everything. Identities are on every request.",
    ),
    row(
        "API",
        "Kinds served now: those that `kubectl api-resources` lists. Others are answered as unknown resource types.",
    ),
    row("API", "The `resize` and `ephemeralContainers` subresources of pods are not served."),
    row(
        "API",
        "A scale that a patch left with a wrong type is shown with its fields in alphabetical order and without managed fields; fields that a kind puts back at once (a namespace's finalizers) get no manager.",
    ),
    row("API", "Watches send no bookmarks."),
    row("API", "History is kept for the last 10,000 to 20,000 revisions rather than for five minutes."),
    row(
        "API",
        "A quantity is stored in its canonical form: where Kubernetes keeps `1.` or `+1` as it was written, `1` is stored.",
    ),
    row("API", "An empty selector (`selector: {}`) cannot be told from an absent one."),
    row(
        "API",
        "iscsi, rbd, cinder and other rare volume sources are checked for presence only; ephemeral containers are not checked.",
    ),
    row("API", "No RuntimeClass is kept, so that every pod that names one is refused."),
    row(
        "Controllers",
        "Controllers read the present state, as informers that are never behind would; expectations are not needed.",
    ),
    row("Controllers", "Deletion ranking of a ReplicaSet counts related pods by owner."),
    row(
        "Controllers",
        "The annotation `service.kubernetes.io/topology-mode: Auto` allocates no hints; `trafficDistribution` does.",
    ),
    row("Controllers", "A node made with kubectl gets no pod CIDR."),
    row("Controllers", "Node lifecycle has no zones and no eviction rate limits."),
    row("Controllers", "The pod garbage collector has no threshold for finished pods."),
    row("Controllers", "An owner of a kind that is not served counts as present for the garbage collector."),
    row(
        "Controllers",
        "kube-proxy's pods name a DaemonSet that is not served yet: nothing brings them back.",
    ),
    row("Scheduler", "Scheduler extenders, profiles and volume plugins are not there."),
    row("kubelet", "Container memory use is what its processes buffer; CPU is not metered."),
    row("kubelet", "Images exist in a built-in registry only; an unknown image cannot be pulled."),
    row("kubelet", "hostPath volumes are folders of the node's own virtual disk."),
    row("kubelet", "Of a container's log the newest 1 MiB is kept; a real kubelet rotates at 10 MiB."),
    row(
        "kubelet",
        "Pods are evicted for their own limits (emptyDir, ephemeral-storage); pressure on the node (memory, disk, pids) evicts nobody.",
    ),
    row(
        "kubelet",
        "Capabilities are shown in `/proc/PID/status`; only CHOWN (`chown`) and SYS_ADMIN (`mount`) are asked for. Seccomp, AppArmor and SELinux options are kept and do nothing.",
    ),
    row(
        "kubelet",
        "`hostPID` and `hostIPC` show no more processes than before; `shareProcessNamespace` does. Safe sysctls are shown in `/proc/sys` and change nothing.",
    ),
    row("kubelet", "A terminal in a container has 80 columns and 24 rows, whatever the client's has."),
    row("kubelet", "nginx and httpd are one process each; their worker processes are not shown."),
    row(
        "kubelet",
        "jenkins, tomcat, goproxy and agnhost's `liveness` listen and answer a page each; the rest of them is not there.",
    ),
    row(
        "Network",
        "kube-proxy's rules are not yet tables to look at; connections go to endpoints as the rules would send them.",
    ),
    row("Network", "UDP and ICMP carry DNS and ping only."),
    row(
        "Network",
        "A connection's first packet that is sent again meets the rules of that moment; connection tracking does not hold it to the old ones.",
    ),
    row("Network", "A ping that is answered takes 0.1 ms, however far it goes."),
    row("Network", "There is no TLS: curl to https wants `-k` or `--cacert` and speaks plain HTTP."),
    row("Shell", "`complete` keeps what it is told and shows it; Tab asks no function of its."),
    row("Shell", "`printf` pads to 4 MiB at most."),
    row("Shell", "No stopped jobs (Ctrl-Z), `select`, `coproc`, mkfifo, `less` or `sudo`."),
    row("Shell", "History expansion (`!!`, `!$`, `^a^b`) has no modifiers (`:p`) and heeds no `set +H`."),
    row("Shell", "`[[ =~ ]]`, `grep -P` and awk's regular expressions have no look-around."),
    row(
        "Shell",
        "`set -m -b -h`, most of `shopt`, `ulimit`, `dd conv=` and `find -xdev` are accepted without effect.",
    ),
    row("Shell", "`--help` of utilities prints a usage line only; `-z` options are refused."),
    row(
        "Shell",
        "In BusyBox images the shell is ash: bash without braces, arrays, here-strings and bash's own builtins, in ash's words. `[[ ]]`, `((...))` and `for ((...))` are bash's there too.",
    ),
    row(
        "Shell",
        "A sourced file with a syntax error runs nothing; the commands before the error should run.",
    ),
    row("Shell", "`tail -f` looks once a second."),
    row("Shell", "`tar` has no compression (`-z`, `-j`)."),
    row(
        "Shell",
        "`ip` shows addresses, links and routes and changes none; `mount` adds memory file systems only.",
    ),
    row(
        "Shell",
        "`top`, `free` and `df` show a fixed share for what the system itself uses; processors are always idle.",
    ),
    row(
        "kubectl",
        "`debug`, `apply --prune`, `create --edit`, `delete --interactive` and `cluster-info dump` are not there yet; `--raw` and `proxy` ask for objects, lists, watches, scales, evictions, bindings, discovery and health, not for tables, OpenAPI, metrics, logs and other subresources; `kustomize` has no plugins, `helm`, `crds`, `configurations`, `openapi`, `vars`, `buildMetadata` nor resources by URL; `autoscale`, `certificate`, `auth reconcile` and `set subject` check their arguments and answer as at a server without their kinds. `top` finds no Metrics API.",
    ),
    row(
        "kubectl",
        "`port-forward` listens on every address of the learner's computer, whatever `--address` says; IPv6 is only named.",
    ),
    row(
        "kubectl",
        "`auth can-i` asks the authorizer of the API server without a SelfSubjectAccessReview; `auth whoami` shows no credential id, for users have no certificates.",
    ),
    row("kubectl", "Help texts are in words of our own; commands, flags and usage lines are kubectl's."),
    row("kubectl", "`port-forward` ends a connection when the client closes its sending side."),
    row(
        "kubectl",
        "`completion` prints a script that does nothing: the terminal's shell completes kubectl and aliases of it by itself.",
    ),
    row(
        "kubectl",
        "`explain` lists the values of a field without a word on each; where `cargo xtask descriptions` has not run before the program \
         was built, it has types and no descriptions.",
    ),
    row("kubectl", "Go templates cover the common subset; others are an error."),
    row(
        "Time",
        "Latencies are modelled, not measured: etcd, controllers, scheduler, image pulls and container starts take fixed spans.",
    ),
];

/// The register as Markdown.
#[must_use]
pub fn to_markdown() -> String {
    let mut text = String::from(
        "# Fidelity\n\nWhat is simpler here than in Kubernetes v1.33, or not there yet. Written from the register in `core/sandbox/src/fidelity.rs` by\n`cargo xtask generate`; what is not in this list is meant to behave as the real thing, and a difference is a bug.\n",
    );
    let mut area = "";
    for entry in REGISTER {
        if entry.area != area {
            area = entry.area;
            text.push_str(&format!("\n## {area}\n"));
        }
        text.push_str(&format!("- {}\n", entry.what));
    }
    text
}
