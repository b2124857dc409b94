//! How long a node takes for things: one table.

use engine::Duration;

/// From seeing a pod to a running sandbox with its network.
pub const SANDBOX: Duration = Duration::from_millis(100);
/// From a present image to a running container.
pub const CONTAINER_START: Duration = Duration::from_millis(300);
/// From the end of the last container to the pod's removal.
pub const CLEAN_UP: Duration = Duration::from_millis(50);
/// What a registry's answer takes before the first byte of an image.
pub const REGISTRY_ANSWER: Duration = Duration::from_millis(400);
/// How fast images come, in bytes of their compressed size a second.
pub const PULL_BYTES_PER_SECOND: u64 = 40_000_000;
/// How often a node renews its lease.
pub const LEASE_RENEWAL: Duration = Duration::from_secs(10);
/// How often a node reports its status when nothing changed.
pub const STATUS_REPORT: Duration = Duration::from_secs(300);
/// How long a sync that failed waits for the next one, at least...
pub const SYNC_RETRY: Duration = Duration::from_millis(12_750);
/// ...and how much longer at most. In life it is 10 to 15 seconds; here it stays near the middle, so that what is shown when does not
/// depend much on chance.
pub const SYNC_RETRY_JITTER: Duration = Duration::from_millis(500);
/// The first delay before a container that failed is restarted, doubled at each further failure...
pub const CRASH_BACKOFF: Duration = Duration::from_secs(10);
/// ...up to this.
pub const CRASH_BACKOFF_MAX: Duration = Duration::from_secs(300);
/// A container that ran so long starts its delays anew.
pub const CRASH_BACKOFF_RESET: Duration = Duration::from_secs(600);
/// How long a volume that could not be set up waits for the next attempt, doubled at each further failure...
pub const MOUNT_RETRY: Duration = Duration::from_millis(500);
/// ...up to this.
pub const MOUNT_RETRY_MAX: Duration = Duration::from_secs(122);
/// How long the kubelet takes to see that a ConfigMap or Secret in a volume has changed: its rounds are a minute apart.
pub const VOLUME_REFRESH: Duration = Duration::from_secs(60);
/// How long the kubelet takes to hear from the runtime that a container has started.
pub const RELIST: Duration = Duration::from_millis(200);
/// How long after a container's start its first probe comes, besides the delay that it asks for.
pub const FIRST_PROBE: Duration = Duration::from_millis(100);
/// How often the kubelet looks at how much pods have written to its disk.
pub const EVICTION_CHECK: Duration = Duration::from_secs(10);
