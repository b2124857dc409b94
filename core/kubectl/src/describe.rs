//! `kubectl describe`: an object in words, one file a family of kinds. Models kubectl/pkg/describe/describe.go.

pub mod cluster;
pub mod config;
pub mod events;
pub mod generic;
pub mod node;
pub mod pod;
pub mod service;
pub mod template;
pub mod volumes;
pub mod workload;
pub mod writer;

use model::{Kind, Object};

use crate::session::Session;
use writer::Writer;

/// The description of an object, with its events if they are wanted.
#[must_use]
pub fn describe(session: &Session<'_, '_>, object: &Object, show_events: bool) -> String {
    let mut writer = Writer::default();
    match object.kind() {
        Kind::Pod => pod::describe(&mut writer, object, session.api.timestamp_at(session.api.now())),
        Kind::Deployment => workload::deployment(&mut writer, session, object),
        Kind::ReplicaSet => workload::replica_set(&mut writer, session, object),
        Kind::Service => service::service(&mut writer, session, object),
        Kind::Endpoints => service::endpoints(&mut writer, object),
        Kind::EndpointSlice => service::slice(&mut writer, object),
        Kind::Node => node::describe(&mut writer, session, object),
        Kind::Namespace => cluster::namespace(&mut writer, object),
        Kind::PriorityClass => cluster::priority_class(&mut writer, object),
        Kind::ConfigMap => config::config_map(&mut writer, object),
        Kind::Secret => config::secret(&mut writer, object),
        Kind::ServiceAccount => config::service_account(&mut writer, session, object),
        _ => generic::describe(&mut writer, object),
    }
    let without_events = matches!(object.kind(), Kind::Secret | Kind::Namespace);
    if show_events && !without_events {
        events::describe(&mut writer, session, object);
    }
    writer.finish()
}
