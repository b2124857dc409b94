//! Managed fields as the API shows them: the writes that were only noted are worked out when somebody asks.

use model::Object;
use serde_json::{Value, json};

use crate::server::ApiServer;

impl ApiServer {
    /// Who set which field of an object, as `metadata.managedFields` shows it.
    #[must_use]
    pub fn managed_fields(&self, object: &Object) -> Vec<Value> {
        let entries = object.managed.entries.iter().filter_map(|entry| serde_json::to_value(entry).ok());
        let pending = object.managed.pending.iter().map(|write| {
            let mut entry = json!({
                "manager": &*write.manager, "operation": "Update", "apiVersion": object.info().api_version(),
                "time": write.time, "fieldsType": "FieldsV1",
            });
            if !write.subresource.is_empty() {
                entry["subresource"] = write.subresource.as_str().into();
            }
            entry
        });
        entries.chain(pending).collect()
    }
}
