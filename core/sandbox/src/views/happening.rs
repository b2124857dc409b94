//! "What happened": the cluster's events as a line each.

use apiserver::ApiServer;
use k8s_openapi::api::core::v1::Event;
use model::Kind;
use protocol::{Happening, Selection};
use store::Change;

/// So many new events in one frame are told; of more, the last ones.
const TOLD_MAX: usize = 200;

/// What has been told.
#[derive(Clone, Copy, Debug, Default)]
pub struct HappeningLog {
    revision: u64,
}

impl HappeningLog {
    /// Begins from now on.
    pub fn skip(&mut self, api: &ApiServer) {
        self.revision = api.revision();
    }

    /// What happened since the last call.
    pub fn take(&mut self, api: &ApiServer) -> Vec<Happening> {
        let since = std::mem::replace(&mut self.revision, api.revision());
        if since == self.revision {
            return Vec::new();
        }
        let Ok(changes) = api.store().changes(Kind::Event, since) else { return Vec::new() };
        let told: Vec<Happening> = changes
            .filter(|change| is_news(change))
            .filter_map(|change| {
                let event = change.new.as_ref()?.spec::<Event>();
                Some(Happening {
                    at_ms: change.at.0 / 1000,
                    warning: event.type_.as_deref() == Some("Warning"),
                    reason: event.reason.clone().unwrap_or_default(),
                    message: event.message.clone().unwrap_or_default(),
                    about: Selection {
                        kind: event.involved_object.kind.clone().unwrap_or_default(),
                        namespace: event.involved_object.namespace.clone().unwrap_or_default(),
                        name: event.involved_object.name.clone().unwrap_or_default(),
                    },
                })
            })
            .collect();
        let skipped = told.len().saturating_sub(TOLD_MAX);
        told.into_iter().skip(skipped).collect()
    }
}

/// A warning that only repeats itself is none: what is held back would else say so every few seconds.
fn is_news(change: &Change) -> bool {
    let repeats =
        |old: &Event, new: &Event| new.type_.as_deref() == Some("Warning") && old.message == new.message;
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => !repeats(old.spec::<Event>(), new.spec::<Event>()),
        (_, new) => new.is_some(),
    }
}
