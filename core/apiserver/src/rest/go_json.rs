//! JSON as the server writes it: fields in the order of Go's structs, not of the alphabet.

use model::manifest::to_json_compact;
use serde_json::{Map, Value};

/// The order of fields by what the object is called where it stands (`Kind/field` where only that kind has it so). What is not in
/// its row follows, by name.
const ORDERS: &[(&str, &str)] = &[
    (
        "metadata",
        "name generateName namespace selfLink uid resourceVersion continue remainingItemCount generation creationTimestamp deletionTimestamp deletionGracePeriodSeconds labels annotations ownerReferences finalizers managedFields",
    ),
    ("ownerReferences", "apiVersion kind name uid controller blockOwnerDeletion"),
    ("managedFields", "manager operation apiVersion time fieldsType fieldsV1 subresource"),
    (
        "involvedObject targetRef related claimRef",
        "kind namespace name uid apiVersion resourceVersion fieldPath",
    ),
    (
        "spec",
        "volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID hostIPC shareProcessNamespace securityContext imagePullSecrets hostname subdomain affinity schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os hostUsers schedulingGates resourceClaims replicas ports selector template strategy minReadySeconds revisionHistoryLimit paused progressDeadlineSeconds clusterIP clusterIPs type externalIPs sessionAffinity loadBalancerIP loadBalancerSourceRanges externalName externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses sessionAffinityConfig ipFamilies ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution podCIDR podCIDRs providerID unschedulable taints holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions finalizers",
    ),
    (
        "ReplicaSet/status",
        "replicas fullyLabeledReplicas readyReplicas availableReplicas observedGeneration conditions",
    ),
    ("Node/status", "capacity allocatable phase conditions addresses daemonEndpoints nodeInfo images"),
    ("Scale/status", "replicas selector"),
    (
        "status",
        "observedGeneration phase replicas updatedReplicas readyReplicas availableReplicas unavailableReplicas conditions collisionCount message reason nominatedNodeName hostIP hostIPs podIP podIPs startTime initContainerStatuses containerStatuses qosClass ephemeralContainerStatuses resize loadBalancer",
    ),
    (
        "conditions",
        "type ready serving terminating observedGeneration status lastHeartbeatTime lastProbeTime lastUpdateTime lastTransitionTime reason message",
    ),
    (
        "containers initContainers ephemeralContainers",
        "name image command args workingDir ports envFrom env resources resizePolicy restartPolicy volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty targetContainerName",
    ),
    ("Service/ports", "name protocol appProtocol port targetPort nodePort"),
    ("EndpointSlice/ports", "name protocol port appProtocol"),
    ("Endpoints/ports", "name port protocol appProtocol"),
    ("ports", "name hostPort containerPort protocol hostIP"),
    ("env", "name value valueFrom"),
    ("valueFrom", "fieldRef resourceFieldRef configMapKeyRef secretKeyRef"),
    ("fieldRef", "apiVersion fieldPath"),
    ("resourceFieldRef", "containerName resource divisor"),
    ("configMapKeyRef secretKeyRef", "name key optional"),
    ("envFrom", "prefix configMapRef secretRef"),
    ("configMapRef secretRef", "name optional"),
    (
        "livenessProbe readinessProbe startupProbe",
        "exec httpGet tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold terminationGracePeriodSeconds",
    ),
    ("httpGet", "path port host scheme httpHeaders"),
    ("httpHeaders", "name value"),
    ("lifecycle", "postStart preStop stopSignal"),
    ("postStart preStop", "exec httpGet tcpSocket sleep"),
    ("volumeMounts", "name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr"),
    (
        "volumes",
        "name hostPath emptyDir gcePersistentDisk awsElasticBlockStore gitRepo secret nfs iscsi glusterfs persistentVolumeClaim rbd flexVolume cinder cephfs flocker downwardAPI fc azureFile configMap vsphereVolume quobyte azureDisk photonPersistentDisk projected portworxVolume scaleIO storageos csi ephemeral image",
    ),
    ("hostPath", "path type"),
    ("emptyDir", "medium sizeLimit"),
    ("secret configMap downwardAPI", "secretName name items defaultMode optional"),
    ("items", "key path fieldRef resourceFieldRef mode"),
    ("projected", "sources defaultMode"),
    ("sources", "secret downwardAPI configMap serviceAccountToken clusterTrustBundle"),
    ("serviceAccountToken", "audience expirationSeconds path"),
    (
        "containerStatuses initContainerStatuses ephemeralContainerStatuses",
        "name state lastState ready restartCount image imageID containerID started allocatedResources resources volumeMounts user",
    ),
    ("state lastState", "waiting running terminated"),
    ("terminated", "exitCode signal reason message startedAt finishedAt containerID"),
    ("waiting", "reason message"),
    ("tolerations", "key operator value effect tolerationSeconds"),
    ("taints", "key value effect timeAdded"),
    ("affinity", "nodeAffinity podAffinity podAntiAffinity"),
    (
        "nodeAffinity podAffinity podAntiAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution",
    ),
    (
        "requiredDuringSchedulingIgnoredDuringExecution podAffinityTerm",
        "nodeSelectorTerms labelSelector namespaces topologyKey namespaceSelector matchLabelKeys mismatchLabelKeys",
    ),
    ("preferredDuringSchedulingIgnoredDuringExecution", "weight preference podAffinityTerm"),
    ("nodeSelectorTerms preference", "matchExpressions matchFields"),
    ("matchExpressions matchFields", "key operator values"),
    ("selector labelSelector namespaceSelector", "matchLabels matchExpressions"),
    (
        "topologySpreadConstraints",
        "maxSkew topologyKey whenUnsatisfiable labelSelector minDomains nodeAffinityPolicy nodeTaintsPolicy matchLabelKeys",
    ),
    ("strategy", "type rollingUpdate"),
    ("rollingUpdate", "maxUnavailable maxSurge"),
    ("template", "metadata spec"),
    ("Node/addresses", "type address"),
    ("addresses notReadyAddresses", "ip hostname nodeName targetRef"),
    ("subsets", "addresses notReadyAddresses ports"),
    ("endpoints", "addresses conditions hostname targetRef deprecatedTopology nodeName zone hints"),
    (
        "nodeInfo",
        "machineID systemUUID bootID kernelVersion osImage containerRuntimeVersion kubeletVersion kubeProxyVersion operatingSystem architecture",
    ),
    ("images", "names sizeBytes"),
    (
        "resources",
        "limits requests claims name singularName namespaced group version kind verbs shortNames categories",
    ),
    ("source", "component host"),
    ("series", "count lastObservedTime"),
    ("capabilities", "add drop"),
    (
        "securityContext",
        "capabilities privileged seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation procMount supplementalGroups supplementalGroupsPolicy fsGroup sysctls fsGroupChangePolicy seccompProfile appArmorProfile",
    ),
    ("Service/ingress", "ip hostname ipMode ports"),
    ("details", "name group kind uid causes retryAfterSeconds"),
    ("causes", "reason message field"),
    ("preferredVersion versions", "groupVersion version"),
    ("groups", "name versions preferredVersion"),
    ("serverAddressByClientCIDRs", "clientCIDR serverAddress"),
    ("Status/", "kind apiVersion metadata status message reason details code"),
    (
        "Event/",
        "kind apiVersion metadata involvedObject reason message source firstTimestamp lastTimestamp count type eventTime series action related reportingComponent reportingInstance",
    ),
    ("EndpointSlice/", "kind apiVersion metadata addressType endpoints ports"),
    ("PriorityClass/", "kind apiVersion metadata value globalDefault description preemptionPolicy"),
    ("ServiceAccount/", "kind apiVersion metadata secrets imagePullSecrets automountServiceAccountToken"),
    ("Secret/", "kind apiVersion metadata immutable data stringData type"),
    ("APIResourceList/", "kind apiVersion groupVersion resources"),
    (
        "",
        "type object kind apiVersion name versions preferredVersion metadata immutable data binaryData spec status subsets items",
    ),
];

/// Objects whose fields are keys of someone's own.
const MAPS: &str = " labels annotations matchLabels nodeSelector data stringData binaryData limits requests capacity allocatable overhead fieldsV1 allocatedResources ";

/// On one line, with a line end.
#[must_use]
pub fn to_compact(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, &Place::root(value), None);
    text.push('\n');
    text
}

/// With two spaces a level, as curl and browsers get it.
#[must_use]
pub fn to_pretty(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, &Place::root(value), Some(0));
    text
}

/// On one line, as a patch leaves it: what the patch went into has its fields by name, the rest is as it was. `touched` is a tree of
/// what the patch names, items of lists by their number.
#[must_use]
pub(crate) fn to_compact_patched(value: &Value, touched: &Value) -> String {
    let mut text = String::new();
    write_patched(&mut text, value, touched, &Place::root(value));
    text
}

fn write_patched(text: &mut String, value: &Value, touched: &Value, place: &Place<'_>) {
    match (value, touched) {
        (Value::Object(fields), Value::Object(into)) if !fields.is_empty() => {
            let names: Vec<&String> = fields.keys().collect();
            block(text, None, ('{', '}'), names.len(), |text, index| {
                let name = names[index];
                text.push_str(&to_json_compact(&name.as_str().into()));
                text.push(':');
                let touched = into.get(name).unwrap_or(&Value::Null);
                write_patched(text, &fields[name], touched, &place.of_field(name, &fields[name]));
            });
        }
        (Value::Array(items), Value::Object(into)) if !items.is_empty() => {
            block(text, None, ('[', ']'), items.len(), |text, index| {
                let touched = into.get(&index.to_string()).unwrap_or(&Value::Null);
                write_patched(text, &items[index], touched, place);
            });
        }
        _ => write(text, value, place, None),
    }
}

/// Where a value stands: within an object of which kind, under which name.
#[derive(Clone, Copy)]
struct Place<'a> {
    kind: &'a str,
    name: &'a str,
}

impl<'a> Place<'a> {
    fn root(value: &'a Value) -> Self {
        Self { kind: value["kind"].as_str().unwrap_or_default(), name: "" }
    }

    fn order(&self) -> Option<&'static str> {
        let is = |known: &str| match known.split_once('/') {
            Some((kind, name)) => kind == self.kind && name == self.name,
            None => known.split(' ').any(|known| known == self.name),
        };
        ORDERS.iter().find(|(known, _)| is(known)).map(|(_, order)| *order)
    }

    /// The names of an object's fields, in their order.
    fn ordered(&self, fields: &'a Map<String, Value>) -> Vec<&'a String> {
        let mut names: Vec<&String> = fields.keys().collect();
        let service_selector = self.name == "selector" && self.kind == "Service";
        if self.is_map() || service_selector {
            return names;
        }
        if let Some(order) = self.order() {
            let rank = |name: &str| order.split(' ').position(|known| known == name).unwrap_or(usize::MAX);
            names.sort_by_key(|name| rank(name));
        }
        names
    }

    fn is_map(&self) -> bool {
        !self.name.is_empty() && MAPS.contains(&format!(" {} ", self.name))
    }

    /// Where a field of an object here stands. What is in a list, or shown by a watch, is an object of its own.
    fn of_field(&self, name: &'a str, value: &'a Value) -> Self {
        let listed = name == "items" && self.name.is_empty();
        match (listed, name) {
            (true, _) => Self { kind: self.kind.strip_suffix("List").unwrap_or(self.kind), name: "" },
            (_, "object") if self.name.is_empty() => Self::root(value),
            // Below a map of someone's own keys there is nothing but more of them.
            _ if self.is_map() => *self,
            _ => Self { kind: self.kind, name },
        }
    }
}

fn write(text: &mut String, value: &Value, place: &Place<'_>, depth: Option<usize>) {
    let inner = depth.map(|depth| depth + 1);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let names = place.ordered(fields);
            block(text, depth, ('{', '}'), names.len(), |text, index| {
                let name = names[index];
                text.push_str(&to_json_compact(&name.as_str().into()));
                text.push_str(if depth.is_some() { ": " } else { ":" });
                write(text, &fields[name], &place.of_field(name, &fields[name]), inner);
            });
        }
        Value::Array(items) if !items.is_empty() => {
            block(text, depth, ('[', ']'), items.len(), |text, index| {
                write(text, &items[index], place, inner);
            });
        }
        other => text.push_str(&to_json_compact(other)),
    }
}

fn block(
    text: &mut String,
    depth: Option<usize>,
    (open, close): (char, char),
    count: usize,
    mut item: impl FnMut(&mut String, usize),
) {
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    };
    text.push(open);
    for index in 0..count {
        if index > 0 {
            text.push(',');
        }
        if let Some(depth) = depth {
            line(text, depth + 1);
        }
        item(text, index);
    }
    if let Some(depth) = depth {
        line(text, depth);
    }
    text.push(close);
}
