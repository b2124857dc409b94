//! The Kubernetes object model: kinds, objects, manifests, schema, defaults and validation.
