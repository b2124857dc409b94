//! Lifecycle hooks: a command in the container, a request to it, or a mere sleep.

use std::net::Ipv4Addr;

use engine::{Duration, Instant, Wake};
use k8s_openapi::api::core::v1::{Container as Spec, LifecycleHandler};
use serde::{Deserialize, Serialize};
use shell::{Pid, Programs};

use super::Surroundings;
use super::container::Container;
use super::probes::{self, Request, RequestResult};
use crate::runtime;

/// A hook that runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Hook {
    Command(Pid),
    Request(Box<Request>),
    Sleep {
        until: Instant,
    },
    /// It could not even begin.
    Failed,
}

/// How far a hook is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HookResult {
    Running,
    Done,
    Failed,
}

impl Hook {
    pub(super) fn begin<P: Programs>(
        s: &mut Surroundings<'_, P>,
        container: &Container,
        spec: &Spec,
        handler: &LifecycleHandler,
        address: Option<Ipv4Addr>,
    ) -> Self {
        if let Some(exec) = &handler.exec {
            let command = exec.command.clone().unwrap_or_default();
            let pid = container.run().and_then(|run| runtime::exec(s, run, command, None).ok());
            return pid.map_or(Self::Failed, Self::Command);
        }
        if let Some(sleep) = &handler.sleep {
            return Self::Sleep { until: s.now + Duration::from_secs(sleep.seconds.unsigned_abs()) };
        }
        let request = handler
            .http_get
            .as_ref()
            .and_then(|get| probes::http_request(s, spec, get, address, "kube-lifecycle/1.33"));
        request.map_or(Self::Failed, |request| Self::Request(Box::new(request)))
    }

    pub(super) fn advance<P: Programs>(&mut self, s: &mut Surroundings<'_, P>) -> HookResult {
        match self {
            Self::Failed => HookResult::Failed,
            Self::Sleep { until } if *until <= s.now => HookResult::Done,
            Self::Sleep { .. } => HookResult::Running,
            Self::Command(pid) => match s.take_exit(*pid) {
                None => HookResult::Running,
                Some(exit) if exit.status == 0 => HookResult::Done,
                Some(_) => HookResult::Failed,
            },
            Self::Request(request) => match request.advance(s) {
                RequestResult::Running => HookResult::Running,
                RequestResult::Response(response) if (200..400).contains(&response.status) => {
                    HookResult::Done
                }
                _ => HookResult::Failed,
            },
        }
    }

    pub(super) fn next_wake(&self) -> Wake {
        match self {
            Self::Sleep { until } => Some(*until),
            _ => None,
        }
    }
}
