//! Managed fields, kept cheaply: a write leaves what was there before and after it; the field sets are worked out when somebody
//! asks for them (`--show-managed-fields`, server-side apply), or when many writes have gathered.

mod created;
mod migrate;

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::fieldset::{FieldSet, Owner, PathElement, Structure, update};
use crate::kind::Kind;
use crate::metadata::Metadata;
use crate::object::{Body, Object};

pub use migrate::{LAST_APPLIED, annotation_to_keep, migrated};

/// So many noted writes are worked out together.
const PENDING_MAX: usize = 8;
/// So many managers are remembered that did not apply; the oldest of more are remembered as one.
const UPDATERS_MAX: usize = 10;
/// Who owns what stood in an untracked object when somebody first applied.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";
/// What that one is called.
const ANCIENT_CHANGES: &str = "ancient-changes";

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
    /// When; unknown for whoever came to own fields without changing them, and for scaling.
    pub time: Option<Time>,
}

/// A write whose field set is not worked out yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingWrite {
    /// The field manager: `kube-controller-manager`, `kubectl-create`.
    pub manager: Arc<str>,
    /// `status`, or empty.
    pub subresource: String,
    /// When; unknown for scaling.
    pub time: Option<Time>,
    /// What stood there before; `None` if the write created the object.
    pub before: Option<Parts>,
    /// What stood there after.
    pub after: Parts,
}

/// What stood there at one moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
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

    fn tree(&self) -> Value {
        let object = Object::from_parts(Metadata::clone(&self.metadata), self.body.clone());
        let mut tree = object.to_value();
        // A template was never created: nobody owns that null.
        if let Some(Value::Object(metadata)) = tree.pointer_mut("/spec/template/metadata") {
            metadata.retain(|name, value| name != "creationTimestamp" || !value.is_null());
        }
        tree
    }
}

impl PartialEq for Parts {
    fn eq(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.metadata, &other.metadata) || self.metadata == other.metadata)
            && self.body.equal_spec(&other.body)
            && self.body.equal_status(&other.body)
    }
}

impl Managed {
    /// Entries that are known.
    #[must_use]
    pub fn known(entries: Vec<OwnedFields>) -> Arc<Self> {
        Arc::new(Self { entries, pending: Vec::new() })
    }

    /// Notes a write. Writes of one manager through one door that follow each other count as one.
    #[must_use]
    pub fn with(self: &Arc<Self>, write: PendingWrite) -> Arc<Self> {
        let mut managed = Self::clone(self);
        match managed.pending.last_mut() {
            Some(last) if last.goes_on_as(&write) => {
                last.after = write.after;
                last.time = write.time;
            }
            _ => {
                // Most objects are written once or twice.
                managed.pending.reserve_exact(1);
                managed.pending.push(write);
            }
        }
        if managed.pending.len() > PENDING_MAX {
            let kind = managed.pending[0].after.body.kind();
            return Self::known(managed.resolved(kind));
        }
        Arc::new(managed)
    }

    /// Whether nobody ever wrote the object in a way that is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.pending.is_empty()
    }

    /// The entries with the pending writes worked out.
    #[must_use]
    pub fn resolved(&self, kind: Kind) -> Vec<OwnedFields> {
        let mut entries = self.entries.clone();
        for write in &self.pending {
            entries = write.worked_out(kind, &entries);
        }
        sort(&mut entries);
        entries
    }
}

/// Who owns what of an object that nobody tracked: all belongs to whoever was before the first apply.
#[must_use]
pub fn before_first_apply(object: &Object) -> Vec<OwnedFields> {
    let kind = object.kind();
    let mut tree = Parts::of(object).tree();
    if let Some(root) = tree.as_object_mut().filter(|_| kind.info().has_subresource("status")) {
        root.remove("status");
    }
    let writer = Owner::updater(BEFORE_FIRST_APPLY, &kind.info().api_version(), "");
    let owners = update(&Value::Object(Map::new()), &tree, &[], writer, Structure::of(kind));
    owners.into_iter().map(|owner| OwnedFields { owner, time: None }).collect()
}

impl PendingWrite {
    /// Whether a write goes on from where this one stopped.
    fn goes_on_as(&self, next: &Self) -> bool {
        self.manager == next.manager
            && self.subresource == next.subresource
            && next.before.as_ref().is_some_and(|before| *before == self.after)
    }

    fn worked_out(&self, kind: Kind, entries: &[OwnedFields]) -> Vec<OwnedFields> {
        let mut after = self.after.tree();
        // A scale passes the number of replicas on from manager to manager, where it has one; and zero it does not say.
        if self.subresource == "scale"
            && let Some(Value::Object(spec)) = after.get_mut("spec")
        {
            let replicas = ["spec", "replicas"].map(|field| PathElement::Field(field.to_owned()));
            let is_owned = entries.iter().any(|entry| entry.owner.fields.contains(&replicas));
            spec.retain(|field, value| field != "replicas" || (is_owned && *value != 0));
        }
        let before = match &self.before {
            Some(before) => before.tree(),
            None => {
                created::take_out_what_others_set(kind, &mut after);
                Value::Object(Map::new())
            }
        };
        let writer = Owner::updater(&self.manager, &kind.info().api_version(), &self.subresource);
        let owners: Vec<Owner> = entries.iter().map(|entry| entry.owner.clone()).collect();
        let owners = update(&before, &after, &owners, writer.clone(), Structure::of(kind));
        let mut entries = dated(owners, entries, &writer, self.time.as_ref());
        cap_updaters(&mut entries);
        entries
    }
}

/// Owners with their times: the writer's is `now` if there is one, the others' stay.
#[must_use]
pub fn dated(
    owners: Vec<Owner>,
    before: &[OwnedFields],
    writer: &Owner,
    now: Option<&Time>,
) -> Vec<OwnedFields> {
    let time_of = |owner: &Owner| {
        let known = before.iter().find(|entry| entry.owner.is_same(owner));
        let now = now.filter(|_| owner.is_same(writer));
        now.cloned().or_else(|| known.and_then(|entry| entry.time.clone()))
    };
    owners.into_iter().map(|owner| OwnedFields { time: time_of(&owner), owner }).collect()
}

/// As the API shows them: appliers first, then whoever wrote earlier, then by name.
pub fn sort(entries: &mut [OwnedFields]) {
    entries.sort_by(|one, other| one.order().cmp(&other.order()));
}

/// Past a number of updaters the oldest share one entry.
fn cap_updaters(entries: &mut Vec<OwnedFields>) {
    let updaters = |entries: &[OwnedFields]| entries.iter().filter(|entry| !entry.owner.apply).count();
    let excess = updaters(entries).saturating_sub(UPDATERS_MAX);
    if excess == 0 {
        return;
    }
    sort(entries);
    let mut bucket: Option<OwnedFields> = None;
    let mut left = excess + 1;
    entries.retain(|entry| {
        if entry.owner.apply || left == 0 {
            return true;
        }
        left -= 1;
        let fields = match &bucket {
            Some(bucket) => bucket.owner.fields.union(&entry.owner.fields),
            None => entry.owner.fields.clone(),
        };
        let owner = Owner::updater(ANCIENT_CHANGES, &entry.owner.api_version, "");
        bucket = Some(OwnedFields { owner: Owner { fields, ..owner }, time: entry.time.clone() });
        false
    });
    entries.extend(bucket);
}

impl OwnedFields {
    fn order(&self) -> (bool, Option<&Time>, &str, &str, &str) {
        let owner = &self.owner;
        (!owner.apply, self.time.as_ref(), &owner.manager, &owner.api_version, &owner.subresource)
    }

    /// The entry of `metadata.managedFields`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let owner = &self.owner;
        let mut entry = json!({
            "manager": owner.manager, "operation": if owner.apply { "Apply" } else { "Update" },
            "apiVersion": owner.api_version, "fieldsType": "FieldsV1",
            "fieldsV1": owner.fields.to_fields_v1(),
        });
        if let Some(time) = &self.time {
            entry["time"] = json!(time);
        }
        if !owner.subresource.is_empty() {
            entry["subresource"] = owner.subresource.as_str().into();
        }
        entry
    }

    /// Reads an entry of `metadata.managedFields`; `None` if it is none.
    #[must_use]
    pub fn from_value(entry: &Value) -> Option<Self> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let apply = match text("operation").as_str() {
            "Apply" => true,
            "Update" => false,
            _ => return None,
        };
        let given = entry.get("fieldsV1").filter(|fields| FieldSet::can_read(fields))?;
        if !matches!(text("fieldsType").as_str(), "" | "FieldsV1") {
            return None;
        }
        let fields = FieldSet::from_fields_v1(given);
        let owner = Owner {
            manager: text("manager"),
            apply,
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            fields,
        };
        let time = match entry.get("time") {
            None | Some(Value::Null) => None,
            Some(time) => Some(serde_json::from_value(time.clone()).ok()?),
        };
        Some(Self { owner, time })
    }
}
