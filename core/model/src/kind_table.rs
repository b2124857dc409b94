// The rows of the registry (included by `kind.rs`): kind, shape, types, then names. Facts recorded from the API server's discovery.


kinds! {
    Namespace spec_status api::core::v1::Namespace, api::core::v1::NamespaceSpec, api::core::v1::NamespaceStatus {
        "" "v1" "namespaces" "namespace"
        short ["ns"]; categories []; Cluster; subresources ["status", "finalize"]; generations false; delete_collection false
    }
    Node spec_status api::core::v1::Node, api::core::v1::NodeSpec, api::core::v1::NodeStatus {
        "" "v1" "nodes" "node"
        short ["no"]; categories []; Cluster; subresources ["status"]; generations false; delete_collection true
    }
    Pod pod api::core::v1::Pod, pod::PodSpec, pod::PodStatus {
        "" "v1" "pods" "pod"
        short ["po"]; categories ["all"]; Namespaced; subresources ["status", "binding", "eviction", "exec", "log"]; generations true; delete_collection true
    }
    Service spec_status api::core::v1::Service, api::core::v1::ServiceSpec, api::core::v1::ServiceStatus {
        "" "v1" "services" "service"
        short ["svc"]; categories ["all"]; Namespaced; subresources ["status"]; generations false; delete_collection true
    }
    Endpoints whole api::core::v1::Endpoints, api::core::v1::Endpoints, () {
        "" "v1" "endpoints" "endpoints"
        short ["ep"]; categories []; Namespaced; subresources []; generations false; delete_collection true
    }
    ConfigMap whole api::core::v1::ConfigMap, api::core::v1::ConfigMap, () {
        "" "v1" "configmaps" "configmap"
        short ["cm"]; categories []; Namespaced; subresources []; generations false; delete_collection true
    }
    Secret whole api::core::v1::Secret, api::core::v1::Secret, () {
        "" "v1" "secrets" "secret"
        short []; categories []; Namespaced; subresources []; generations false; delete_collection true
    }
    ServiceAccount whole api::core::v1::ServiceAccount, api::core::v1::ServiceAccount, () {
        "" "v1" "serviceaccounts" "serviceaccount"
        short ["sa"]; categories []; Namespaced; subresources []; generations false; delete_collection true
    }
    Event whole api::core::v1::Event, api::core::v1::Event, () {
        "" "v1" "events" "event"
        short ["ev"]; categories []; Namespaced; subresources []; generations false; delete_collection true
    }
    ReplicaSet spec_status api::apps::v1::ReplicaSet, api::apps::v1::ReplicaSetSpec, api::apps::v1::ReplicaSetStatus {
        "apps" "v1" "replicasets" "replicaset"
        short ["rs"]; categories ["all"]; Namespaced; subresources ["status", "scale"]; generations true; delete_collection true
    }
    Deployment spec_status api::apps::v1::Deployment, api::apps::v1::DeploymentSpec, api::apps::v1::DeploymentStatus {
        "apps" "v1" "deployments" "deployment"
        short ["deploy"]; categories ["all"]; Namespaced; subresources ["status", "scale"]; generations true; delete_collection true
    }
    EndpointSlice whole api::discovery::v1::EndpointSlice, api::discovery::v1::EndpointSlice, () {
        "discovery.k8s.io" "v1" "endpointslices" "endpointslice"
        short []; categories []; Namespaced; subresources []; generations true; delete_collection true
    }
    Lease spec_only api::coordination::v1::Lease, api::coordination::v1::LeaseSpec, () {
        "coordination.k8s.io" "v1" "leases" "lease"
        short []; categories []; Namespaced; subresources []; generations false; delete_collection true
    }
    PriorityClass whole api::scheduling::v1::PriorityClass, api::scheduling::v1::PriorityClass, () {
        "scheduling.k8s.io" "v1" "priorityclasses" "priorityclass"
        short ["pc"]; categories []; Cluster; subresources []; generations true; delete_collection true
    }
}
