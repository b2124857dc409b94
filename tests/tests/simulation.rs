//! Random operations, and what must hold after each. A history keeper reads every change that is ever committed; the cluster as it stands
//! is looked at after each tick; and once nothing more is asked, the cluster is what was asked for, and rests.
//!
//! `SIMULATION_SEED=24 cargo test -p tests --test simulation -- --nocapture` plays one game and prints what is done in it.

#[path = "simulation/asked_for.rs"]
mod asked_for;
#[path = "simulation/history.rs"]
mod history;
#[path = "simulation/operations.rs"]
mod operations;
#[path = "simulation/rollouts.rs"]
mod rollouts;
#[path = "simulation/standing.rs"]
mod standing;

use engine::{Duration, Random, Stream};
use k8s_openapi::api::core::v1::Pod;
use model::Kind;
use sandbox::{ClusterSettings, World};

use history::History;
use operations::Game;

const SEEDS: u64 = 12;
const OPERATIONS: usize = 50;
/// The longest time between two operations.
const PAUSE_MS_MAX: u64 = 8_000;
const SETTLING: Duration = Duration::from_secs(900);
const REST: Duration = Duration::from_secs(3_600);
/// Four nodes renew their leases every ten seconds and report every five minutes; each write wakes its watchers once. Between two renewals
/// the node lifecycle controller may look whether a node was silent for too long.
const STEPS_OF_REST_MAX: usize = 3 * 360 + 100;
/// A connection with a request and an answer takes so many steps.
const STEPS_OF_PROBE_MAX: usize = 8;

fn pick(random: &mut Random, below: u64) -> u64 {
    random.below(Stream::Jitter, below)
}

fn new_world(seed: u64) -> World {
    let settings = ClusterSettings { seed, ..ClusterSettings::default() };
    World::boot_settled(&settings).expect("a cluster of its own nodes")
}

fn run_for(world: &mut World, span: Duration, history: &mut History) {
    let until = world.now() + span;
    while world.step_until(until) {
        history.read(world);
    }
    world.run_until(until);
}

#[test]
fn whatever_is_done_the_cluster_comes_to_what_was_asked_for_and_rests() {
    let mut pods = 0;
    let seed = std::env::var(operations::ONE_SEED).ok().and_then(|seed| seed.parse::<u64>().ok());
    for seed in seed.map_or(1..=SEEDS, |seed| seed..=seed) {
        let mut world = new_world(seed);
        let mut history = History::new(&world, seed);
        let mut game = Game::new(&mut world, seed);
        for _ in 0..OPERATIONS {
            game.operate(&mut world);
            history.read(&world);
            let pause = Duration::from_millis(pick(&mut game.random, PAUSE_MS_MAX));
            run_for(&mut world, pause, &mut history);
            standing::check(&world, seed);
        }
        game.mend(&mut world);
        run_for(&mut world, SETTLING, &mut history);
        game.show(&mut world);
        standing::check(&world, seed);
        pods += asked_for::check(&world, seed);
        history.check_events(&world);
        rest(&mut world, &mut history, seed);
    }
    assert!(pods > 20 || seed.is_some(), "only {pods} pods came of it all: the game is too dull");
}

/// A cluster of which nothing is asked does nothing but heartbeats.
fn rest(world: &mut World, history: &mut History, seed: u64) {
    history.rests = true;
    let (until, mut steps) = (world.now() + REST, 0);
    while world.step_until(until) {
        history.read(world);
        steps += 1;
    }
    let allowed = STEPS_OF_REST_MAX + STEPS_OF_PROBE_MAX * probes_within(world, REST);
    assert!(steps < allowed, "seed {seed}: {steps} steps in an hour of rest, of {allowed}");
}

/// How many probes the pods get in so much time.
fn probes_within(world: &World, span: Duration) -> usize {
    let pods = world.api().store().list(Kind::Pod);
    let containers = pods.flat_map(|pod| &pod.spec::<Pod>().containers);
    let probes = containers.flat_map(|container| [&container.readiness_probe, &container.liveness_probe]);
    let periods = probes.flatten().filter_map(|probe| usize::try_from(probe.period_seconds?).ok());
    periods.map(|period| usize::try_from(span.as_secs()).unwrap_or(usize::MAX) / period).sum()
}
