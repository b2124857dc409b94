//! What ConfigMaps and Secrets hold: volumes are made of it, and variables.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use model::{Kind, Object};
use store::Store;

/// A ConfigMap or a Secret that a pod names.
pub(crate) struct SourceData<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
    /// Whether it, or a key of it, may be missing.
    pub(crate) optional: bool,
}

impl<'a> SourceData<'a> {
    pub(crate) fn config_map(name: &'a str, optional: Option<bool>) -> Self {
        Self { kind: Kind::ConfigMap, name, optional: optional == Some(true) }
    }

    pub(crate) fn secret(name: &'a str, optional: Option<bool>) -> Self {
        Self { kind: Kind::Secret, name, optional: optional == Some(true) }
    }

    /// What the kubelet's messages call it.
    pub(crate) fn noun(&self) -> &'static str {
        self.kind.info().singular
    }

    /// The object; `None` if it may be missing and is.
    fn object<'s>(&self, store: &'s Store, namespace: &str) -> Result<Option<&'s Arc<Object>>, String> {
        match store.get(self.kind, namespace, self.name) {
            None if !self.optional => Err(format!("{} \"{}\" not found", self.noun(), self.name)),
            found => Ok(found),
        }
    }

    /// All keys with what they hold, for files; none if it may be missing and is.
    ///
    /// # Errors
    /// If it is missing.
    pub(crate) fn bytes(&self, store: &Store, namespace: &str) -> Result<BTreeMap<String, Vec<u8>>, String> {
        let Some(object) = self.object(store, namespace)? else { return Ok(BTreeMap::new()) };
        if self.kind == Kind::Secret {
            let data = object.spec::<Secret>().data.iter().flatten();
            return Ok(data.map(|(key, bytes)| (key.clone(), bytes.0.clone())).collect());
        }
        let map = object.spec::<ConfigMap>();
        let texts = map.data.iter().flatten().map(|(key, text)| (key.clone(), text.clone().into_bytes()));
        let binary = map.binary_data.iter().flatten().map(|(key, bytes)| (key.clone(), bytes.0.clone()));
        Ok(texts.chain(binary).collect())
    }

    /// The keys whose values can be variables, which binary data cannot; `None` if it may be missing and is.
    ///
    /// # Errors
    /// If it is missing.
    pub(crate) fn texts(
        &self,
        store: &Store,
        namespace: &str,
    ) -> Result<Option<BTreeMap<String, String>>, String> {
        let Some(object) = self.object(store, namespace)? else { return Ok(None) };
        if self.kind == Kind::ConfigMap {
            return Ok(Some(object.spec::<ConfigMap>().data.clone().unwrap_or_default()));
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let data = object.spec::<Secret>().data.iter().flatten();
        Ok(Some(data.map(|(key, bytes)| (key.clone(), text(&bytes.0))).collect()))
    }
}
