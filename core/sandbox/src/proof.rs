//! The proof of a lesson: each step's check fails before its solution, holds after it, and still fails after each wrong path.

use engine::Duration;
use lessons::author::{self, catalog};
use shell::ContextId;

use crate::lesson::{LessonRun, holds};
use crate::{ClusterSettings, World};

/// So long the cluster may take to come to where a solution leads it.
const SETTLING: Duration = Duration::from_secs(180);
/// So often it is looked at meanwhile.
const LOOK: Duration = Duration::from_secs(5);

/// The ids of all lessons.
pub fn all() -> impl Iterator<Item = &'static str> {
    catalog::ALL.iter().map(|source| source.id)
}

/// What is wrong with a lesson; nothing if it is proved.
#[must_use]
pub fn prove(id: &str) -> Vec<String> {
    let made = catalog::find(id).ok_or_else(|| format!("there is no lesson {id:?}")).and_then(author::make);
    match made.and_then(|edition| LessonRun::begin(edition, "en", None)) {
        Ok(run) => prove_steps(&run),
        Err(why) => vec![why],
    }
}

fn prove_steps(run: &LessonRun) -> Vec<String> {
    let ClusterSettings { seed, epoch_seconds, .. } = ClusterSettings::default();
    let mut world = match World::boot_settled(&run.settings(seed, epoch_seconds)) {
        Ok(world) => world,
        Err(status) => return vec![status.message],
    };
    let learner = world.add_learner();
    run.prepare(&mut world, learner);
    let mut faults = Vec::new();
    for step in &run.lesson().steps {
        if holds(&mut world.clone(), learner, &step.check) {
            faults.push(format!("{}: the check holds before the solution", step.id));
        }
        for wrong in &step.wrong {
            let mut other = world.clone();
            other.run_script(learner, wrong);
            if comes_to_hold(&mut other, learner, &step.check) {
                faults.push(format!("{}: the check holds after the wrong path {wrong:?}", step.id));
            }
            if !step.fail.is_empty() && !holds(&mut other.clone(), learner, &step.fail) {
                faults.push(format!("{}: the wrong path {wrong:?} is not noticed", step.id));
            }
        }
        let output = world.run_script(learner, &step.solution);
        if !comes_to_hold(&mut world, learner, &step.check) {
            let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
            faults.push(format!("{}: the check fails after the solution {complaint}", step.id));
        }
    }
    faults
}

/// Whether the check holds within the time that the cluster may take.
fn comes_to_hold(world: &mut World, learner: ContextId, check: &str) -> bool {
    let until = world.now() + SETTLING;
    while world.now() < until {
        if holds(&mut world.clone(), learner, check) {
            return true;
        }
        let next = world.now() + LOOK;
        world.run_until(next);
    }
    false
}
