//! The registry of kinds: one row a kind. Everything that is true of a kind as such (its names, its group and versions, its
//! scope, its subresources, its shape) is said here once; adding a kind is adding a row and its strategy.

use std::fmt;
use std::sync::Arc;

use k8s_openapi::api;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

use crate::object::Body;
use crate::pod;

/// Where objects of a kind live.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// In the cluster.
    Cluster,
}

/// What is said of a kind: one row of the registry.
#[derive(Debug)]
pub struct KindInfo {
    /// The kind itself.
    pub kind: Kind,
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The storage version.
    pub version: &'static str,
    /// The name of the kind: `Pod`.
    pub name: &'static str,
    /// The resource: `pods`.
    pub plural: &'static str,
    /// The resource's singular: `pod`.
    pub singular: &'static str,
    /// Short names: `po`.
    pub short_names: &'static [&'static str],
    /// Categories: `all`.
    pub categories: &'static [&'static str],
    /// Namespaced or cluster-wide.
    pub scope: Scope,
    /// Subresources that are served: `status`, `scale`.
    pub subresources: &'static [&'static str],
    /// Whether the spec counts generations.
    pub generations: bool,
    /// Whether `deletecollection` is served.
    pub delete_collection: bool,
}

impl KindInfo {
    /// `v1`, `apps/v1`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The resource with its group, as error messages name it: `pods`, `deployments.apps`.
    #[must_use]
    pub fn resource(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// The kind with its group, as validation errors name it: `Pod`, `Deployment.apps`.
    #[must_use]
    pub fn qualified_kind(&self) -> String {
        if self.group.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.name, self.group) }
    }

    /// The singular with its group, as kubectl names an object it changed: `pod`, `deployment.apps`.
    #[must_use]
    pub fn qualified_singular(&self) -> String {
        if self.group.is_empty() {
            self.singular.to_owned()
        } else {
            format!("{}.{}", self.singular, self.group)
        }
    }

    /// Whether objects live in a namespace.
    #[must_use]
    pub fn namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }

    /// Whether the subresource is served.
    #[must_use]
    pub fn has_subresource(&self, name: &str) -> bool {
        self.subresources.contains(&name)
    }
}

/// The spec and the status of a body.
type Parts<'a, R> = (&'a Arc<<R as Resource>::Spec>, &'a Arc<<R as Resource>::Status>);
/// The spec and the status of a body, to change.
type PartsMut<'a, R> = (&'a mut Arc<<R as Resource>::Spec>, &'a mut Arc<<R as Resource>::Status>);

/// A stored kind with its Rust types.
pub trait Resource: Sized + Serialize + for<'de> Deserialize<'de> + 'static {
    /// Which kind it is.
    const KIND: Kind;
    /// What a user asks for.
    type Spec: Clone + Default + PartialEq + fmt::Debug + Serialize + for<'de> Deserialize<'de>;
    /// What the cluster says of it; `()` for kinds without.
    type Status: Clone + Default + PartialEq + fmt::Debug + Serialize + for<'de> Deserialize<'de>;

    /// Takes the API's type apart.
    fn split(self) -> (ObjectMeta, Self::Spec, Self::Status);
    /// Puts the API's type together.
    fn join(metadata: ObjectMeta, spec: Self::Spec, status: Self::Status) -> Self;
    /// The body that holds these parts.
    fn body(spec: Arc<Self::Spec>, status: Arc<Self::Status>) -> Body;
    /// The parts of a body, if it is of this kind.
    fn parts(body: &Body) -> Option<Parts<'_, Self>>;
    /// The parts of a body to change, if it is of this kind.
    fn parts_mut(body: &mut Body) -> Option<PartsMut<'_, Self>>;
}

/// Something to do for a kind that is known only at run time.
pub trait KindVisitor {
    /// What it answers.
    type Output;
    /// Does it for the kind whose API type is `R`.
    fn visit<R: Resource>(self) -> Self::Output;
}

/// The types of one shape of kind: how its API type divides into spec and status.
macro_rules! shape {
    (spec_status $kind:ident, $type:ty, $spec:ty, $status:ty) => {
        fn split(self) -> (ObjectMeta, $spec, $status) {
            (self.metadata, self.spec.unwrap_or_default(), self.status.unwrap_or_default())
        }
        fn join(metadata: ObjectMeta, spec: $spec, status: $status) -> Self {
            Self { metadata, spec: Some(spec), status: Some(status) }
        }
    };
    (pod $kind:ident, $type:ty, $spec:ty, $status:ty) => {
        fn split(self) -> (ObjectMeta, $spec, $status) {
            (self.metadata, self.spec.unwrap_or_default().into(), self.status.unwrap_or_default().into())
        }
        fn join(metadata: ObjectMeta, spec: $spec, status: $status) -> Self {
            Self { metadata, spec: Some(spec.into_api()), status: Some(status.into_api()) }
        }
    };
    (spec_only $kind:ident, $type:ty, $spec:ty, $status:ty) => {
        fn split(self) -> (ObjectMeta, $spec, ()) {
            (self.metadata, self.spec.unwrap_or_default(), ())
        }
        fn join(metadata: ObjectMeta, spec: $spec, (): ()) -> Self {
            Self { metadata, spec: Some(spec) }
        }
    };
    (whole $kind:ident, $type:ty, $spec:ty, $status:ty) => {
        fn split(mut self) -> (ObjectMeta, $spec, ()) {
            let metadata = std::mem::take(&mut self.metadata);
            (metadata, self, ())
        }
        fn join(metadata: ObjectMeta, spec: $spec, (): ()) -> Self {
            Self { metadata, ..spec }
        }
    };
}

/// Equal parts of two objects become one part; those of pods at least in what they have in common.
macro_rules! share {
    (pod $part:expr, $other:expr) => {
        pod::share_common($part, $other)
    };
    ($shape:ident $part:expr, $other:expr) => {
        pod::share($part, $other)
    };
}

macro_rules! kinds {
    ($(
        $kind:ident $shape:ident $type:ty, $spec:ty, $status:ty {
            $group:literal $version:literal $plural:literal $singular:literal
            short $short:expr; categories $categories:expr; $scope:ident; subresources $subresources:expr; generations $generations:literal;
            delete_collection $delete_collection:literal
        }
    )*) => {
        /// A kind of stored object.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the names are Kubernetes's")]
        pub enum Kind { $($kind),* }

        static INFO: &[KindInfo] = &[$(KindInfo {
            kind: Kind::$kind, group: $group, version: $version, name: stringify!($kind), plural: $plural, singular: $singular,
            short_names: &$short, categories: &$categories, scope: Scope::$scope, subresources: &$subresources,
            generations: $generations, delete_collection: $delete_collection,
        }),*];

        $(impl Resource for $type {
            const KIND: Kind = Kind::$kind;
            type Spec = $spec;
            type Status = $status;
            shape!($shape $kind, $type, $spec, $status);
            fn body(spec: Arc<$spec>, status: Arc<$status>) -> Body {
                Body::$kind(spec, status)
            }
            fn parts(body: &Body) -> Option<(&Arc<$spec>, &Arc<$status>)> {
                match body { Body::$kind(spec, status) => Some((spec, status)), _ => None }
            }
            fn parts_mut(body: &mut Body) -> Option<(&mut Arc<$spec>, &mut Arc<$status>)> {
                match body { Body::$kind(spec, status) => Some((spec, status)), _ => None }
            }
        })*

        impl Kind {
            /// Calls the visitor with the API type of this kind.
            pub fn visit<V: KindVisitor>(self, visitor: V) -> V::Output {
                match self { $(Self::$kind => visitor.visit::<$type>()),* }
            }
        }

        /// The API type of each kind, under its kind's name.
        pub mod types {
            use super::api;
            $(
                #[doc = concat!("The API's ", stringify!($kind), ".")]
                pub type $kind = $type;
            )*
        }

        pub(crate) mod bodies {
            use super::{api, pod, Arc, Deserialize, Serialize};
            /// The kind's own parts of an object, shared and never changed in place once committed.
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            #[expect(missing_docs, reason = "the names are Kubernetes's")]
            pub enum Body {
                $($kind(
                    #[serde(with = "crate::shared::as_tree")] Arc<$spec>,
                    #[serde(with = "crate::shared::as_tree")] Arc<$status>,
                )),*
            }

            impl Body {
                /// The kind.
                #[must_use]
                pub fn kind(&self) -> super::Kind {
                    match self { $(Self::$kind(..) => super::Kind::$kind),* }
                }

                /// Whether both hold the very same parts, without comparing what is in them.
                #[must_use]
                pub fn same_parts(&self, other: &Self) -> (bool, bool) {
                    match (self, other) {
                        $((Self::$kind(a, b), Self::$kind(c, d)) => (Arc::ptr_eq(a, c), Arc::ptr_eq(b, d)),)*
                        _ => (false, false),
                    }
                }

                /// Whether the specs are equal.
                #[must_use]
                pub fn equal_spec(&self, other: &Self) -> bool {
                    match (self, other) {
                        $((Self::$kind(a, _), Self::$kind(b, _)) => Arc::ptr_eq(a, b) || a == b,)*
                        _ => false,
                    }
                }

                /// Whether the statuses are equal.
                #[must_use]
                pub fn equal_status(&self, other: &Self) -> bool {
                    match (self, other) {
                        $((Self::$kind(_, a), Self::$kind(_, b)) => Arc::ptr_eq(a, b) || a == b,)*
                        _ => false,
                    }
                }

                /// This spec with the status of `other`; unchanged if they are of different kinds.
                #[must_use]
                pub fn with_status_of(&self, other: &Self) -> Self {
                    match (self, other) {
                        $((Self::$kind(spec, _), Self::$kind(_, status)) => Self::$kind(spec.clone(), status.clone()),)*
                        _ => self.clone(),
                    }
                }

                /// Takes from `other` the parts that say the same, so that they are kept once.
                pub fn share(&mut self, other: &Self) {
                    match (self, other) {
                        $((Self::$kind(spec, status), Self::$kind(other_spec, other_status)) => {
                            share!($shape spec, other_spec);
                            share!($shape status, other_status);
                        })*
                        _ => {}
                    }
                }

                /// This spec with an empty status.
                #[must_use]
                pub fn without_status(&self) -> Self {
                    match self { $(Self::$kind(spec, _) => Self::$kind(spec.clone(), Arc::default()),)* }
                }
            }
        }
    };
}

include!("kind_table.rs");

impl Kind {
    /// All kinds, in the registry's order.
    pub fn all() -> impl Iterator<Item = Kind> {
        INFO.iter().map(|info| info.kind)
    }

    /// How many kinds there are.
    #[must_use]
    pub fn count() -> usize {
        INFO.len()
    }

    /// The registry's row.
    #[must_use]
    pub fn info(self) -> &'static KindInfo {
        &INFO[self as usize]
    }

    /// The kind of this name in this group and version: `("apps/v1", "Deployment")`.
    #[must_use]
    pub fn from_api(api_version: &str, kind: &str) -> Option<Kind> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        INFO.iter()
            .find(|info| info.name == kind && info.group == group && info.version == version)
            .map(|info| info.kind)
    }

    /// The kind whose resource is `plural` in `group`.
    #[must_use]
    pub fn from_resource(group: &str, plural: &str) -> Option<Kind> {
        INFO.iter().find(|info| info.plural == plural && info.group == group).map(|info| info.kind)
    }

    /// The kind that a user means by a plural, a singular, a short name or `name.group`, in any case.
    #[must_use]
    pub fn from_user(text: &str) -> Option<Kind> {
        let text = text.to_ascii_lowercase();
        let names = |info: &KindInfo, name: &str| {
            info.plural == name || info.singular == name || info.short_names.contains(&name)
        };
        if let Some(info) = INFO.iter().find(|info| names(info, &text)) {
            return Some(info.kind);
        }
        let (name, group) = text.split_once('.')?;
        INFO.iter()
            .find(|info| {
                let versioned = format!("{}.{}", info.version, info.group);
                names(info, name) && (info.group == group || versioned == group)
            })
            .map(|info| info.kind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info().name)
    }
}
