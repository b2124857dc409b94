//! The world: every component of the cluster and every process in it, as one owned value, and the loop that lets time pass.

use apiserver::ApiServer;
use controllers::ControllerManager;
use engine::{Component, Duration, Instant, Random, Wake, component::earlier};
use kubelet::Kubelets;
use scheduler::Scheduler;
use serde::{Deserialize, Serialize};
use shell::Machine;

use crate::outside::Outside;
use crate::software::Software;

/// How long it takes until a watcher sees a change.
const WATCH_LATENCY: Duration = Duration::from_millis(1);

/// So many revisions of history are kept; once there are twice as many, the older half is forgotten.
const HISTORY_REVISIONS: u64 = 10_000;

/// A part of the world that acts by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Part {
    Network,
    Machine,
    Controllers,
    Scheduler,
    Kubelets,
}

/// All parts, in the order in which they act at one instant.
const PARTS: [Part; 5] = [Part::Network, Part::Machine, Part::Controllers, Part::Scheduler, Part::Kubelets];

/// The whole simulated world. Plain data: a clone of it is a checkpoint, its bytes are a snapshot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct World {
    now: Instant,
    /// The API server and the network.
    pub outside: Outside,
    /// The shell's machine: every process in every container and terminal.
    pub machine: Machine<Software>,
    controllers: ControllerManager,
    scheduler: Scheduler,
    /// The kubelets.
    pub kubelets: Kubelets,
    random: Random,
    /// When each part next acts, in the order of `PARTS`.
    due: Vec<Wake>,
    /// What the parts have been told of: the store's revision and the count of changes on connections.
    seen: (u64, u64),
    /// History up to this revision is forgotten.
    compacted: u64,
}

impl World {
    pub(crate) fn new(
        outside: Outside,
        machine: Machine<Software>,
        kubelets: Kubelets,
        random: Random,
    ) -> Self {
        Self {
            now: Instant::ZERO,
            outside,
            machine,
            controllers: ControllerManager::default(),
            scheduler: Scheduler::default(),
            kubelets,
            random,
            due: vec![Some(Instant::ZERO); PARTS.len()],
            seen: (0, 0),
            compacted: 0,
        }
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The API server.
    #[must_use]
    pub fn api(&self) -> &ApiServer {
        &self.outside.api
    }

    /// The scheduler, for its records.
    #[must_use]
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// When something next happens by itself.
    #[must_use]
    pub fn next_at(&self) -> Wake {
        self.due.iter().copied().fold(None, earlier).map(|at| at.max(self.now))
    }

    /// Lets time pass until `until`.
    pub fn run_until(&mut self, until: Instant) {
        while self.step_until(until) {}
        self.set_now(until.max(self.now));
    }

    /// Lets the next thing happen if it is due by `until`; false if there is none.
    pub fn step_until(&mut self, until: Instant) -> bool {
        let Some(at) = self.next_at().filter(|at| *at <= until) else { return false };
        self.set_now(at);
        for (index, part) in PARTS.into_iter().enumerate() {
            if self.due[index].is_some_and(|due| due <= at) {
                let wake = self.poll(part);
                self.due[index] = wake;
                self.spread_changes(index);
            }
        }
        self.forget_old_history();
        true
    }

    /// What etcd's compaction is for: the log does not grow without end.
    fn forget_old_history(&mut self) {
        let revision = self.outside.api.revision();
        if revision >= self.compacted + 2 * HISTORY_REVISIONS {
            self.compacted = revision - HISTORY_REVISIONS;
            self.outside.api.compact(self.compacted);
        }
    }

    /// To be called after something outside the parts (a keystroke, a request) acted on the world.
    pub fn touched(&mut self) {
        self.wake(Part::Machine, self.now);
        self.spread_changes(usize::MAX);
    }

    fn set_now(&mut self, now: Instant) {
        self.now = now;
        self.outside.api.set_now(now);
        self.outside.network.advance(now);
    }

    fn poll(&mut self, part: Part) -> Wake {
        let now = self.now;
        match part {
            Part::Network => {
                self.outside.network.poll(self.outside.api.store(), &mut self.outside.random, now)
            }
            Part::Machine => {
                let wake = self.machine.poll(&mut self.outside, &mut self.random, now);
                self.tell_kubelets();
                wake
            }
            Part::Controllers => self.controllers.poll(&mut self.outside.api, now),
            Part::Scheduler => self.scheduler.poll(&mut self.outside.api, now),
            Part::Kubelets => {
                let Outside { api, network, .. } = &mut self.outside;
                self.kubelets.poll(api, network, &mut self.machine, now)
            }
        }
    }

    /// Wakes whoever may care for what the part at `actor` just did.
    fn spread_changes(&mut self, actor: usize) {
        let is = (self.outside.api.revision(), self.outside.api.connection_changes());
        if is != self.seen {
            self.seen = is;
            self.machine.notify_world();
            for part in PARTS {
                self.wake(part, self.now + WATCH_LATENCY);
            }
        }
        if self.outside.network.has_woken() {
            let (sockets, listeners) = self.outside.network.take_woken();
            for id in sockets {
                self.machine.notify_socket(shell::host::SocketId(id.0));
            }
            for id in listeners {
                self.machine.notify_listener(shell::host::ListenerId(id.0));
            }
        }
        if self.outside.network.has_woken_of_agents() {
            self.wake(Part::Kubelets, self.now);
        }
        if let Some(at) = self.outside.network_wake() {
            self.wake(Part::Network, at.max(self.now));
        }
        if actor != Part::Machine as usize
            && let Some(at) = self.machine.next_wake(self.now)
        {
            self.wake(Part::Machine, at);
        }
    }

    /// Processes ended, or a client reads what they write: the kubelets have something to do.
    fn tell_kubelets(&mut self) {
        let exits = self.machine.take_exits();
        if !exits.is_empty() {
            self.kubelets.note_exits(&exits);
        }
        if !exits.is_empty() || self.kubelets.has_streams(&self.outside.api) {
            self.wake(Part::Kubelets, self.now);
        }
    }

    /// Has the part act at `at`, or earlier if it was to act earlier anyway.
    fn wake(&mut self, part: Part, at: Instant) {
        let due = &mut self.due[part as usize];
        *due = earlier(*due, Some(at));
    }
}
