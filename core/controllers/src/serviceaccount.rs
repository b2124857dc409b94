//! The service account controller: every namespace has a ServiceAccount `default`.
//! Models `pkg/controller/serviceaccount/serviceaccounts_controller.go`.

use apiserver::ApiServer;
use k8s_openapi::api::core::v1::ServiceAccount;
use model::status::Result;
use model::{Kind, Metadata, Object};
use serde::{Deserialize, Serialize};
use store::Change;

use crate::controller::{Again, Context, Controller, Queue};
use crate::namespace::is_active;

const DEFAULT: &str = "default";

/// Its own state: none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ServiceAccountsController;

impl Controller for ServiceAccountsController {
    /// A namespace's name.
    type Key = String;
    const NAME: &'static str = "service-account-controller";
    const WORKERS: usize = 1;

    fn kinds() -> Vec<Kind> {
        vec![Kind::Namespace, Kind::ServiceAccount]
    }

    fn observe(&mut self, change: &Change, _api: &ApiServer, queue: &mut Queue<'_, String>) {
        match change.object().kind() {
            Kind::Namespace if change.old.is_none() => queue.add(change.key.name.to_string()),
            Kind::ServiceAccount if change.is_deletion() && &*change.key.name == DEFAULT => {
                queue.add(change.key.namespace.to_string());
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, namespace: &String) -> Result<Again> {
        let is_there = context.store().get(Kind::ServiceAccount, namespace, DEFAULT).is_some();
        if is_there || !is_active(context.store(), namespace) {
            return Ok(None);
        }
        let account =
            Object::new::<ServiceAccount>(Metadata::named(namespace, DEFAULT), ServiceAccount::default());
        context.api.create(context.caller, account)?;
        Ok(None)
    }
}
