//! The controller manager: the table of controllers, and the component that runs them all.

use apiserver::ApiServer;
use engine::{Component, Instant, Wake, component::earlier};
use serde::{Deserialize, Serialize};

use crate::controller::{Controller, Runner};
use crate::deployment::DeploymentController;
use crate::endpoint::EndpointController;
use crate::endpointslice::EndpointSliceController;
use crate::endpointslicemirroring::EndpointSliceMirroringController;
use crate::garbagecollector::GarbageCollector;
use crate::kubernetesservice::KubernetesService;
use crate::latencies::Latencies;
use crate::namespace::NamespaceController;
use crate::nodelifecycle::NodeLifecycleController;
use crate::podgc::PodGarbageCollector;
use crate::replicaset::ReplicaSetController;
use crate::rootcacertpublisher::RootCaPublisher;
use crate::serviceaccount::ServiceAccountsController;
use crate::tainteviction::TaintEvictionController;
use crate::ttl::TtlController;

macro_rules! controllers {
    ($($name:ident: $controller:ty,)*) => {
        /// All controllers of a cluster, as one component. Plain data, so that a snapshot of it resumes alike.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct ControllerManager {
            latencies: Latencies,
            $($name: Runner<$controller>,)*
        }

        impl ControllerManager {
            /// The controllers of a cluster that just began.
            #[must_use]
            pub fn new(latencies: Latencies) -> Self {
                Self { latencies, $($name: Runner::default(),)* }
            }
        }

        impl Component<ApiServer> for ControllerManager {
            fn poll(&mut self, api: &mut ApiServer, now: Instant) -> Wake {
                let mut wake = None;
                $(
                    let latency = self.latencies.sync_of(<$controller as Controller>::NAME);
                    wake = earlier(wake, self.$name.poll(api, now, latency));
                )*
                wake
            }
        }
    };
}

controllers! {
    service_account: ServiceAccountsController,
    root_ca: RootCaPublisher,
    deployment: DeploymentController,
    replica_set: ReplicaSetController,
    endpoint: EndpointController,
    endpoint_slice: EndpointSliceController,
    endpoint_slice_mirroring: EndpointSliceMirroringController,
    garbage_collector: GarbageCollector,
    namespace: NamespaceController,
    node_lifecycle: NodeLifecycleController,
    taint_eviction: TaintEvictionController,
    pod_gc: PodGarbageCollector,
    ttl: TtlController,
    kubernetes_service: KubernetesService,
}

impl Default for ControllerManager {
    fn default() -> Self {
        Self::new(Latencies::default())
    }
}

impl ControllerManager {
    /// Sets the certificate bundle that every namespace's `kube-root-ca.crt` holds.
    pub fn set_root_ca(&mut self, bundle: &str) {
        self.root_ca.controller_mut().set_bundle(bundle);
    }
}
