//! What every object carries besides its spec and status, without what each write changes (resourceVersion and generation stand in
//! the object's header, managed fields beside it), so that a status write shares it.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use serde::{Deserialize, Serialize};

/// Labels or annotations.
pub type StringMap = BTreeMap<String, String>;

/// An object's metadata.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Unique within kind and namespace.
    pub name: String,
    /// Empty for cluster-scoped objects.
    pub namespace: String,
    /// The prefix from which the name was generated.
    pub generate_name: Option<String>,
    /// A UUID; empty until the API server gave one.
    pub uid: String,
    /// Labels.
    pub labels: StringMap,
    /// Annotations.
    pub annotations: StringMap,
    /// Owners, by which the garbage collector goes.
    #[serde(with = "crate::tree")]
    pub owner_references: Vec<OwnerReference>,
    /// What has to be done before the object may go.
    pub finalizers: Vec<String>,
    /// When it was created.
    pub creation_timestamp: Option<Time>,
    /// When it is, or was, to be gone; set once deletion began.
    pub deletion_timestamp: Option<Time>,
    /// How many seconds it may take to go.
    pub deletion_grace_period_seconds: Option<i64>,
}

impl Metadata {
    /// Metadata of an object to be created.
    #[must_use]
    pub fn named(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned(), ..Self::default() }
    }

    /// From the API's type. What stands in the header (resourceVersion, generation) and managed fields are left out.
    #[must_use]
    pub fn from_api(meta: ObjectMeta) -> Self {
        Self {
            name: meta.name.unwrap_or_default(),
            namespace: meta.namespace.unwrap_or_default(),
            generate_name: meta.generate_name.filter(|name| !name.is_empty()),
            uid: meta.uid.unwrap_or_default(),
            labels: meta.labels.unwrap_or_default(),
            annotations: meta.annotations.unwrap_or_default(),
            owner_references: meta.owner_references.unwrap_or_default(),
            finalizers: meta.finalizers.unwrap_or_default(),
            creation_timestamp: meta.creation_timestamp,
            deletion_timestamp: meta.deletion_timestamp,
            deletion_grace_period_seconds: meta.deletion_grace_period_seconds,
        }
    }

    /// The API's type, without resourceVersion, generation and managed fields.
    #[must_use]
    pub fn to_api(&self) -> ObjectMeta {
        fn text(value: &str) -> Option<String> {
            (!value.is_empty()).then(|| value.to_owned())
        }
        ObjectMeta {
            name: text(&self.name),
            namespace: text(&self.namespace),
            generate_name: self.generate_name.clone(),
            uid: text(&self.uid),
            labels: (!self.labels.is_empty()).then(|| self.labels.clone()),
            annotations: (!self.annotations.is_empty()).then(|| self.annotations.clone()),
            owner_references: (!self.owner_references.is_empty()).then(|| self.owner_references.clone()),
            finalizers: (!self.finalizers.is_empty()).then(|| self.finalizers.clone()),
            creation_timestamp: self.creation_timestamp.clone(),
            deletion_timestamp: self.deletion_timestamp.clone(),
            deletion_grace_period_seconds: self.deletion_grace_period_seconds,
            ..ObjectMeta::default()
        }
    }

    /// The owner that manages the object, if one does.
    #[must_use]
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller == Some(true))
    }

    /// Whether deletion has begun.
    #[must_use]
    pub fn is_deleting(&self) -> bool {
        self.deletion_timestamp.is_some()
    }
}
