//! A stored object: a small header, and shared parts that are never changed in place once committed.
//!
//! A write that touches only the status makes one new part and shares the rest; cloning an object clones a few `Arc`s.

use std::sync::Arc;

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use crate::kind::bodies::Body;
use crate::kind::{Kind, KindInfo, KindVisitor, Resource};
use crate::managed::Managed;
use crate::metadata::{Metadata, StringMap};

/// An object of any kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// `resourceVersion`: the revision at which it was last written; 0 before it was stored.
    pub revision: u64,
    /// Counts changes of the spec; 0 where the kind does not count.
    pub generation: i64,
    /// The revision that woke the last writer; 0 if a request from outside did.
    pub cause: u64,
    /// Name, labels, owners and so on.
    #[serde(with = "crate::shared")]
    pub metadata: Arc<Metadata>,
    /// Who set which field.
    #[serde(with = "crate::shared")]
    pub managed: Arc<Managed>,
    /// Spec and status.
    pub body: Body,
}

impl Object {
    /// An object to be created.
    #[must_use]
    pub fn new<R: Resource>(metadata: Metadata, spec: R::Spec) -> Self {
        Self::from_parts(metadata, R::body(Arc::new(spec), Arc::default()))
    }

    /// An object of these parts, not yet stored.
    #[must_use]
    pub fn from_parts(metadata: Metadata, body: Body) -> Self {
        Self {
            revision: 0,
            generation: 0,
            cause: 0,
            metadata: Arc::new(metadata),
            managed: Arc::default(),
            body,
        }
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.body.kind()
    }

    /// The registry's row of the kind.
    #[must_use]
    pub fn info(&self) -> &'static KindInfo {
        self.kind().info()
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The namespace; empty for cluster-scoped objects.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.metadata.namespace
    }

    /// The uid.
    #[must_use]
    pub fn uid(&self) -> &str {
        &self.metadata.uid
    }

    /// The labels.
    #[must_use]
    pub fn labels(&self) -> &StringMap {
        &self.metadata.labels
    }

    /// The annotations.
    #[must_use]
    pub fn annotations(&self) -> &StringMap {
        &self.metadata.annotations
    }

    /// Whether deletion has begun.
    #[must_use]
    pub fn is_deleting(&self) -> bool {
        self.metadata.is_deleting()
    }

    /// The spec, for the kinds that are a whole (ConfigMap, Event...) the object's own fields.
    ///
    /// # Panics
    /// If the object is of another kind: the caller's look-up proves the kind.
    #[must_use]
    pub fn spec<R: Resource>(&self) -> &R::Spec {
        match R::parts(&self.body) {
            Some((spec, _)) => spec,
            None => wrong_kind(self.kind(), R::KIND),
        }
    }

    /// The status.
    ///
    /// # Panics
    /// If the object is of another kind.
    #[must_use]
    pub fn status<R: Resource>(&self) -> &R::Status {
        match R::parts(&self.body) {
            Some((_, status)) => status,
            None => wrong_kind(self.kind(), R::KIND),
        }
    }

    /// The spec to change; it is copied first if anyone shares it.
    ///
    /// # Panics
    /// If the object is of another kind.
    pub fn spec_mut<R: Resource>(&mut self) -> &mut R::Spec {
        let kind = self.kind();
        match R::parts_mut(&mut self.body) {
            Some((spec, _)) => Arc::make_mut(spec),
            None => wrong_kind(kind, R::KIND),
        }
    }

    /// The status to change; it is copied first if anyone shares it.
    ///
    /// # Panics
    /// If the object is of another kind.
    pub fn status_mut<R: Resource>(&mut self) -> &mut R::Status {
        let kind = self.kind();
        match R::parts_mut(&mut self.body) {
            Some((_, status)) => Arc::make_mut(status),
            None => wrong_kind(kind, R::KIND),
        }
    }

    /// The metadata to change; it is copied first if anyone shares it.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        Arc::make_mut(&mut self.metadata)
    }

    /// This object with another status.
    #[must_use]
    pub fn with_status<R: Resource>(&self, status: R::Status) -> Self {
        let mut object = self.clone();
        *object.status_mut::<R>() = status;
        object
    }

    /// Takes from an object of the same kind the parts that say the same, so that they are kept once.
    pub fn share(&mut self, other: &Self) {
        self.body.share(&other.body);
    }

    /// The reference by which an owned object names this one as its controller.
    #[must_use]
    pub fn controller_reference(&self) -> OwnerReference {
        let info = self.info();
        OwnerReference {
            api_version: info.api_version(),
            kind: info.name.to_owned(),
            name: self.name().to_owned(),
            uid: self.uid().to_owned(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        }
    }

    /// The reference by which an Event names this object.
    #[must_use]
    pub fn reference(&self) -> ObjectReference {
        let info = self.info();
        let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
        ObjectReference {
            api_version: Some(info.api_version()),
            kind: Some(info.name.to_owned()),
            name: text(self.name()),
            namespace: text(self.namespace()),
            uid: text(self.uid()),
            resource_version: (self.revision != 0).then(|| self.revision.to_string()),
            field_path: None,
        }
    }

    /// The metadata as the API shows it, without managed fields.
    #[must_use]
    pub fn api_metadata(&self) -> ObjectMeta {
        ObjectMeta {
            resource_version: (self.revision != 0).then(|| self.revision.to_string()),
            generation: (self.generation != 0).then_some(self.generation),
            ..self.metadata.to_api()
        }
    }

    /// The object as the API's own type.
    ///
    /// # Panics
    /// If the object is of another kind.
    #[must_use]
    pub fn to_api<R: Resource>(&self) -> R {
        R::join(self.api_metadata(), self.spec::<R>().clone(), self.status::<R>().clone())
    }

    /// From the API's own type.
    #[must_use]
    pub fn from_api<R: Resource>(value: R) -> Self {
        let (meta, spec, status) = value.split();
        let revision = meta.resource_version.as_ref().and_then(|text| text.parse().ok()).unwrap_or(0);
        let generation = meta.generation.unwrap_or(0);
        let body = R::body(Arc::new(spec), Arc::new(status));
        Self { revision, generation, ..Self::from_parts(Metadata::from_api(meta), body) }
    }

    /// The object as the API shows it, as a tree; managed fields are not in it (see [`Managed`]).
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.kind().visit(ToValue(self))
    }

    /// Reads a tree of a known kind.
    ///
    /// # Errors
    /// Serde's, where a field is of the wrong type: check with the schema first for Kubernetes's own words.
    pub fn from_value(kind: Kind, value: Value) -> Result<Self, serde_json::Error> {
        kind.visit(FromValue(value))
    }
}

#[cold]
fn wrong_kind(is: Kind, asked: Kind) -> ! {
    unreachable!("a {is} was taken for a {asked}")
}

struct ToValue<'a>(&'a Object);

impl KindVisitor for ToValue<'_> {
    type Output = Value;

    fn visit<R: Resource>(self) -> Value {
        let mut value = serde_json::to_value(self.0.to_api::<R>()).unwrap_or_default();
        crate::shown::complete(R::KIND, &mut value);
        value
    }
}

struct FromValue(Value);

impl KindVisitor for FromValue {
    type Output = Result<Object, serde_json::Error>;

    fn visit<R: Resource>(mut self) -> Self::Output {
        if let Value::Object(map) = &mut self.0 {
            ensure_type(map, R::KIND.info());
        }
        serde_json::from_value::<R>(self.0).map(Object::from_api)
    }
}

/// `apiVersion` and `kind` may be absent where the request's path says them.
fn ensure_type(map: &mut Map<String, Value>, info: &KindInfo) {
    map.entry("apiVersion").or_insert_with(|| info.api_version().into());
    map.entry("kind").or_insert_with(|| info.name.into());
}
