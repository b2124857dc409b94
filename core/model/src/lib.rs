//! The object model: the registry of kinds, objects and their metadata, manifests in and out, quantities, selectors, patches, schema,
//! defaults, validation, and `Status`, the error of every API call.
//!
//! It does not know who stores an object, who may write it or what a controller does with it; it makes no request and reads no file.

pub mod defaults;
pub mod fieldset;
pub mod jsonpath;
pub mod kind;
pub mod managed;
pub mod manifest;
pub mod metadata;
pub mod object;
pub mod patch;
pub mod pod;
pub mod quantity;
pub mod schema;
pub mod selector;
pub mod shared;
pub mod shown;
pub mod status;
pub mod tree;
pub mod validation;
pub mod warnings;

pub use kind::{Kind, KindInfo, Resource, Scope};
pub use managed::Managed;
pub use metadata::Metadata;
pub use object::{Body, Object};
pub use status::{Reason, Status};
