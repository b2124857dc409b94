//! Managed fields as the API shows them: the writes that were only noted are worked out when somebody asks.

use model::Object;
use model::managed::OwnedFields;
use serde_json::Value;

use crate::server::ApiServer;

impl ApiServer {
    /// Who set which field of an object, as `metadata.managedFields` shows it.
    #[must_use]
    pub fn managed_fields(&self, object: &Object) -> Vec<Value> {
        let entries = object.managed.resolved(object.kind());
        entries.iter().map(OwnedFields::to_value).collect()
    }
}
