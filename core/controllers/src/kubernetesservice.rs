//! What keeps the service `kubernetes` and its endpoints there: part of the real API server, which looks every ten seconds.
//! Models `pkg/controlplane/controller/kubernetesservice`.

use apiserver::bootstrap::kubernetes_service;
use apiserver::{ApiServer, Caller};
use engine::{Duration, Instant};
use model::Kind;
use model::status::Result;
use serde::{Deserialize, Serialize};
use store::Change;

use crate::controller::{Again, Context, Controller, Queue};

const NAMESPACE: &str = "default";
const NAME: &str = "kubernetes";
/// From one look to the next.
const PERIOD: Duration = Duration::from_secs(10);

/// Its own state: none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct KubernetesService;

impl Controller for KubernetesService {
    /// There is one service.
    type Key = ();
    const NAME: &'static str = "kubernetes-service-controller";
    const WORKERS: usize = 1;

    fn kinds() -> Vec<Kind> {
        vec![Kind::Service, Kind::Endpoints, Kind::EndpointSlice]
    }

    fn observe(&mut self, change: &Change, api: &ApiServer, queue: &mut Queue<'_, ()>) {
        if change.is_deletion() && &*change.key.name == NAME && &*change.key.namespace == NAMESPACE {
            queue.add_after((), until_next_look(api.now()));
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, (): &()) -> Result<Again> {
        for object in kubernetes_service(context.api) {
            if context.store().get(object.kind(), NAMESPACE, NAME).is_none() {
                context.api.create(&Caller::apiserver(), object)?;
            }
        }
        Ok(None)
    }
}

fn until_next_look(now: Instant) -> Duration {
    let period = PERIOD.as_micros();
    Duration::from_micros(period - now.since(Instant::ZERO).as_micros() % period)
}
