//! The root CA publisher: every namespace has a ConfigMap `kube-root-ca.crt`, by which pods know the API server.
//! Models `pkg/controller/certificates/rootcacertpublisher/publisher.go`.

use apiserver::ApiServer;
use k8s_openapi::api::core::v1::ConfigMap;
use model::status::Result;
use model::{Kind, Metadata, Object};
use serde::{Deserialize, Serialize};
use store::Change;

use crate::controller::{Again, Context, Controller, Queue};
use crate::namespace::is_active;

const NAME: &str = "kube-root-ca.crt";
const KEY: &str = "ca.crt";
const DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/// Its own state: what it publishes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RootCaPublisher {
    bundle: String,
}

impl Default for RootCaPublisher {
    fn default() -> Self {
        // A certificate of nobody: no connection in the simulated cluster is encrypted.
        Self { bundle: include_str!("rootcacertpublisher.crt").to_owned() }
    }
}

impl RootCaPublisher {
    pub(crate) fn set_bundle(&mut self, bundle: &str) {
        bundle.clone_into(&mut self.bundle);
    }

    fn wanted(&self, namespace: &str) -> Object {
        let mut metadata = Metadata::named(namespace, NAME);
        metadata.annotations.insert("kubernetes.io/description".to_owned(), DESCRIPTION.to_owned());
        let data = Some([(KEY.to_owned(), self.bundle.clone())].into());
        Object::new::<ConfigMap>(metadata, ConfigMap { data, ..ConfigMap::default() })
    }
}

impl Controller for RootCaPublisher {
    /// A namespace's name.
    type Key = String;
    const NAME: &'static str = "root-ca-cert-publisher";
    const WORKERS: usize = 5;

    fn kinds() -> Vec<Kind> {
        vec![Kind::Namespace, Kind::ConfigMap]
    }

    fn observe(&mut self, change: &Change, _api: &ApiServer, queue: &mut Queue<'_, String>) {
        match change.object().kind() {
            Kind::Namespace if change.old.is_none() => queue.add(change.key.name.to_string()),
            Kind::ConfigMap if change.old.is_some() && &*change.key.name == NAME => {
                queue.add(change.key.namespace.to_string());
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, namespace: &String) -> Result<Again> {
        if !is_active(context.store(), namespace) {
            return Ok(None);
        }
        let wanted = self.wanted(namespace);
        let Some(stored) = context.store().get(Kind::ConfigMap, namespace, NAME).cloned() else {
            context.api.create(context.caller, wanted)?;
            return Ok(None);
        };
        let is_described = stored.annotations().contains_key("kubernetes.io/description");
        if stored.body.equal_spec(&wanted.body) && is_described {
            return Ok(None);
        }
        let mut updated = Object::clone(&stored);
        updated.body = wanted.body;
        updated.metadata_mut().annotations.extend(wanted.metadata.annotations.clone());
        context.api.update(context.caller, updated)?;
        Ok(None)
    }
}
