//! Who makes a request.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The identity that a request carries, and what woke whoever makes it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Caller {
    /// The user's name: `kubernetes-admin`, `system:kube-scheduler`.
    pub user: Arc<str>,
    /// The user's groups.
    pub groups: Arc<[Arc<str>]>,
    /// The program that asks: `kubectl`, `kube-scheduler`.
    pub agent: Arc<str>,
    /// The field manager that its writes are noted under.
    pub manager: Arc<str>,
    /// The revision that woke it; 0 for a request from outside.
    pub cause: u64,
}

impl Caller {
    /// A caller whose field manager is its program.
    #[must_use]
    pub fn new(user: &str, groups: &[&str], agent: &str) -> Self {
        let groups: Vec<Arc<str>> =
            groups.iter().copied().chain(["system:authenticated"]).map(Arc::from).collect();
        Self {
            user: user.into(),
            groups: groups.into(),
            agent: agent.into(),
            manager: agent.into(),
            cause: 0,
        }
    }

    /// The cluster's administrator, as kubectl in a new cluster is.
    #[must_use]
    pub fn admin() -> Self {
        Self::new("kubernetes-admin", &["kubeadm:cluster-admins"], "kubectl")
    }

    /// A controller of the controller manager: `deployment-controller` and so on, each with its own service account.
    #[must_use]
    pub fn controller(name: &str) -> Self {
        Self::new(
            &format!("system:serviceaccount:kube-system:{name}"),
            &["system:serviceaccounts", "system:serviceaccounts:kube-system"],
            "kube-controller-manager",
        )
    }

    /// The scheduler.
    #[must_use]
    pub fn scheduler() -> Self {
        Self::new("system:kube-scheduler", &[], "kube-scheduler")
    }

    /// The kubelet of a node.
    #[must_use]
    pub fn kubelet(node: &str) -> Self {
        Self::new(&format!("system:node:{node}"), &["system:nodes"], "kubelet")
    }

    /// The API server itself.
    #[must_use]
    pub fn apiserver() -> Self {
        Self::new("system:apiserver", &["system:masters"], "kube-apiserver")
    }

    /// The same caller, woken by `revision`.
    #[must_use]
    pub fn because(&self, revision: u64) -> Self {
        Self { cause: revision, ..self.clone() }
    }

    /// The same caller under another field manager.
    #[must_use]
    pub fn with_manager(&self, manager: &str) -> Self {
        Self { manager: manager.into(), ..self.clone() }
    }
}
