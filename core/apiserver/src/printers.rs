//! The columns and cells that the server makes for `kubectl get`: one table a kind. Models pkg/printers/internalversion/printers.go.

pub mod cluster;
mod config;
pub mod event;
pub mod pod;
pub mod service;
mod workload;

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};
use k8s_openapi::jiff::Timestamp;
use model::{Kind, Object};

use crate::server::ApiServer;

/// What stands where there is nothing to show.
pub const NONE: &str = "<none>";
/// What stands where something ought to be known.
pub const UNKNOWN: &str = "<unknown>";

/// One column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading, which a client shows in capitals.
    pub name: &'static str,
    /// Whether it is shown only with `-o wide`.
    pub wide: bool,
}

/// One row: the cells of an object.
#[derive(Clone, Debug)]
pub struct Row {
    /// As many cells as there are columns.
    pub cells: Vec<String>,
    /// What the row is about.
    pub object: Arc<Object>,
}

/// Objects of one kind as the server would print them.
#[derive(Clone, Debug)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// One row an object.
    pub rows: Vec<Row>,
}

/// A kind's columns, without and with `-o wide`.
type Columns = (&'static [&'static str], &'static [&'static str]);

fn column_names(kind: Kind) -> Columns {
    match kind {
        Kind::Pod => pod::COLUMNS,
        Kind::Deployment => workload::DEPLOYMENT_COLUMNS,
        Kind::ReplicaSet => workload::REPLICA_SET_COLUMNS,
        Kind::Service => service::SERVICE_COLUMNS,
        Kind::Endpoints => service::ENDPOINTS_COLUMNS,
        Kind::EndpointSlice => service::SLICE_COLUMNS,
        Kind::Node => cluster::NODE_COLUMNS,
        Kind::Namespace => cluster::NAMESPACE_COLUMNS,
        Kind::Lease => cluster::LEASE_COLUMNS,
        Kind::PriorityClass => cluster::PRIORITY_CLASS_COLUMNS,
        Kind::ConfigMap => config::CONFIG_MAP_COLUMNS,
        Kind::Secret => config::SECRET_COLUMNS,
        Kind::ServiceAccount => config::SERVICE_ACCOUNT_COLUMNS,
        Kind::Event => event::COLUMNS,
        #[allow(unreachable_patterns, reason = "the registry grows")]
        _ => (&["Name", "Created At"], &[]),
    }
}

/// The columns of a kind.
#[must_use]
pub fn columns(kind: Kind) -> Vec<Column> {
    let (narrow, wide) = column_names(kind);
    if kind == Kind::Event {
        return event::ordered_columns();
    }
    let narrow = narrow.iter().map(|name| Column { name, wide: false });
    narrow.chain(wide.iter().map(|name| Column { name, wide: true })).collect()
}

/// The cells of an object at `now`, one a column.
#[must_use]
pub fn cells(object: &Object, now: Timestamp) -> Vec<String> {
    match object.kind() {
        Kind::Pod => pod::cells(object, now),
        Kind::Deployment => workload::deployment_cells(object, now),
        Kind::ReplicaSet => workload::replica_set_cells(object, now),
        Kind::Service => service::service_cells(object, now),
        Kind::Endpoints => service::endpoints_cells(object, now),
        Kind::EndpointSlice => service::slice_cells(object, now),
        Kind::Node => cluster::node_cells(object, now),
        Kind::Namespace => cluster::namespace_cells(object, now),
        Kind::Lease => cluster::lease_cells(object, now),
        Kind::PriorityClass => cluster::priority_class_cells(object, now),
        Kind::ConfigMap => config::config_map_cells(object, now),
        Kind::Secret => config::secret_cells(object, now),
        Kind::ServiceAccount => config::service_account_cells(object, now),
        Kind::Event => event::cells(object, now),
        #[allow(unreachable_patterns, reason = "the registry grows")]
        _ => vec![object.name().to_owned(), age(object, now)],
    }
}

impl ApiServer {
    /// Objects of one kind as a table.
    #[must_use]
    pub fn table(&self, kind: Kind, objects: &[Arc<Object>]) -> Table {
        let now = self.timestamp_at(self.now());
        let row = |object: &Arc<Object>| Row { cells: cells(object, now), object: object.clone() };
        Table { columns: columns(kind), rows: objects.iter().map(row).collect() }
    }
}

/// A span as Kubernetes prints ages: `5s`, `2m3s`, `3d4h`, `2y204d`.
#[must_use]
pub fn human_duration(seconds: i64) -> String {
    let two = |first: i64, one: &str, second: i64, other: &str| {
        if second == 0 { format!("{first}{one}") } else { format!("{first}{one}{second}{other}") }
    };
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        _ if seconds < 120 => format!("{seconds}s"),
        _ if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => two(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 24 * 8 => two(hours / 24, "d", hours % 24, "h"),
        _ if hours < 24 * 365 * 2 => format!("{}d", hours / 24),
        _ if hours < 24 * 365 * 8 => two(hours / 24 / 365, "y", (hours / 24) % 365, "d"),
        _ => format!("{}y", hours / 24 / 365),
    }
}

/// How long ago a moment was.
#[must_use]
pub fn since(moment: Option<Timestamp>, now: Timestamp) -> String {
    moment.map_or_else(|| UNKNOWN.to_owned(), |at| human_duration(now.duration_since(at).as_secs()))
}

fn since_time(time: Option<&Time>, now: Timestamp) -> String {
    since(time.map(|time| time.0), now)
}

fn micro(time: Option<&MicroTime>) -> Option<Timestamp> {
    time.map(|time| time.0)
}

fn age(object: &Object, now: Timestamp) -> String {
    since_time(object.metadata.creation_timestamp.as_ref(), now)
}

fn or_none(text: String) -> String {
    if text.is_empty() { NONE.to_owned() } else { text }
}
