//! Managed fields, kept cheaply: a write leaves what was there before and after it; the field sets are worked out when somebody
//! asks for them (`--show-managed-fields`, server-side apply, a snapshot).

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde::{Deserialize, Serialize};

use serde_json::{Value, json};

use crate::fieldset::{Owner, Structure, update};
use crate::metadata::Metadata;
use crate::object::{Body, Object};
use crate::schema::Schema;

/// Who set which field of one object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Managed {
    /// Entries worked out.
    pub entries: Vec<OwnedFields>,
    /// Writes that came after them, oldest first.
    pub pending: Vec<PendingWrite>,
}

/// The fields of one manager, and when it last wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnedFields {
    /// The manager and its fields.
    pub owner: Owner,
    /// When.
    pub time: Time,
}

/// A write whose field set is not worked out yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingWrite {
    /// The field manager: `kube-controller-manager`, `kubectl-create`.
    pub manager: Arc<str>,
    /// `status`, or empty.
    pub subresource: String,
    /// When.
    pub time: Time,
    /// What stood there before; `None` if the write created the object.
    pub before: Option<Parts>,
    /// What stood there after.
    pub after: Parts,
}

/// What stood there at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// The metadata.
    #[serde(with = "crate::shared")]
    pub metadata: Arc<Metadata>,
    /// Spec and status.
    pub body: Body,
}

impl Parts {
    /// Those of an object.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        Self { metadata: object.metadata.clone(), body: object.body.clone() }
    }
}

impl Managed {
    /// Notes a write. Writes of one manager through one door that follow each other count as one.
    #[must_use]
    pub fn with(self: &Arc<Self>, write: PendingWrite) -> Arc<Self> {
        let mut managed = Self::clone(self);
        match managed.pending.last_mut() {
            Some(last) if last.manager == write.manager && last.subresource == write.subresource => {
                last.after = write.after;
                last.time = write.time;
            }
            _ => managed.pending.push(write),
        }
        Arc::new(managed)
    }

    /// The entries with the pending writes worked out.
    #[must_use]
    pub fn resolved(&self, api_version: &str, kind: &str) -> Vec<OwnedFields> {
        let structure =
            Schema::get().of_object(api_version, kind).map_or(Structure::Unknown, Structure::Type);
        let mut entries = self.entries.clone();
        for write in &self.pending {
            let before = write.before.as_ref().map_or(Value::Object(serde_json::Map::new()), tree);
            let writer = Owner {
                manager: write.manager.to_string(),
                apply: false,
                api_version: api_version.to_owned(),
                subresource: write.subresource.clone(),
                fields: crate::fieldset::FieldSet::default(),
            };
            let owners: Vec<Owner> = entries.iter().map(|entry| entry.owner.clone()).collect();
            let after = update(&before, &tree(&write.after), &owners, writer.clone(), structure);
            entries = after
                .into_iter()
                .map(|owner| {
                    let wrote = owner.manager == writer.manager && owner.subresource == writer.subresource;
                    let known = entries.iter().find(|entry| {
                        entry.owner.manager == owner.manager && entry.owner.subresource == owner.subresource
                    });
                    let time = known.filter(|_| !wrote).map_or(&write.time, |entry| &entry.time).clone();
                    OwnedFields { owner, time }
                })
                .collect();
        }
        entries.sort_by(|one, other| one.order().cmp(&other.order()));
        entries
    }
}

impl OwnedFields {
    /// Appliers first, then whoever wrote earlier, then by name.
    fn order(&self) -> (bool, &Time, &str, &str, &str) {
        let owner = &self.owner;
        (!owner.apply, &self.time, &owner.manager, &owner.api_version, &owner.subresource)
    }

    /// The entry of `metadata.managedFields`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let owner = &self.owner;
        let mut entry = json!({
            "manager": owner.manager, "operation": if owner.apply { "Apply" } else { "Update" },
            "apiVersion": owner.api_version, "time": self.time, "fieldsType": "FieldsV1",
            "fieldsV1": owner.fields.to_fields_v1(),
        });
        if !owner.subresource.is_empty() {
            entry["subresource"] = owner.subresource.as_str().into();
        }
        entry
    }
}

fn tree(parts: &Parts) -> Value {
    Object::from_parts(Metadata::clone(&parts.metadata), parts.body.clone()).to_value()
}
