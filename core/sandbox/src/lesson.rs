//! A lesson at hand: which step, whether its check holds, what helps.
//!
//! Checks and hints look at a copy of the world, so that looking changes nothing.

use std::collections::BTreeMap;

use lessons::{Card, Edition, Lesson, Progress, Text, library};
use protocol::{LessonCard, LessonView, LessonWords, StepView};
use shell::ContextId;

use crate::boot::HOME;
use crate::{ClusterSettings, Limits, NodeSource, World};

/// A lesson that a learner works at.
#[derive(Clone, Debug)]
pub struct LessonRun {
    lesson: Lesson,
    texts: BTreeMap<String, Text>,
    language: String,
    progress: Progress,
    problem: bool,
    /// The next hint of the step at hand that helps now, as it was when the world was last looked at.
    next_hint: Option<usize>,
}

/// All lessons, for a list of them.
#[must_use]
pub fn cards() -> Vec<LessonCard> {
    let words = |(language, title, about)| LessonWords { language, title, about };
    let card = |card: Card| LessonCard {
        id: card.id,
        minutes: card.minutes,
        steps: u32::try_from(card.steps).unwrap_or(u32::MAX),
        words: card.words.into_iter().map(words).collect(),
    };
    library::cards().into_iter().map(card).collect()
}

impl LessonRun {
    /// Opens a lesson in a language, going on from some progress.
    ///
    /// # Errors
    /// If there is no such lesson or no such language.
    pub fn open(id: &str, language: &str, progress: Option<Progress>) -> Result<Self, String> {
        Self::begin(library::find(id)?, language, progress)
    }

    /// Begins a lesson in a language, or goes on from some progress.
    ///
    /// # Errors
    /// If it is not there in the language.
    pub fn begin(edition: Edition, language: &str, progress: Option<Progress>) -> Result<Self, String> {
        let Edition { lesson, texts } = edition;
        let progress = progress.unwrap_or_else(|| Progress::new(&lesson.id));
        let mut run =
            Self { lesson, texts, language: String::new(), progress, problem: false, next_hint: None };
        run.set_language(language)?;
        Ok(run)
    }

    /// The lesson.
    #[must_use]
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// The language that it is shown in.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// How far the learner is.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Shows it in another language.
    ///
    /// # Errors
    /// If it has none such.
    pub fn set_language(&mut self, language: &str) -> Result<(), String> {
        if !self.texts.contains_key(language) {
            return Err(format!("{} is not there in {language:?}", self.lesson.id));
        }
        language.clone_into(&mut self.language);
        Ok(())
    }

    /// Goes back to where the learner was; hints and solutions that were shown stay counted.
    pub fn go_back(&mut self, to: &Progress) {
        if to.lesson == self.lesson.id {
            self.progress.current = to.current;
            self.progress.hints_shown.clone_from(&to.hints_shown);
            self.problem = false;
        }
    }

    /// The cluster that it wants.
    #[must_use]
    pub fn settings(&self, seed: u64, epoch_seconds: i64) -> ClusterSettings {
        let nodes = NodeSource::Workers(self.lesson.workers);
        ClusterSettings { nodes, seed, epoch_seconds, ..ClusterSettings::default() }
    }

    /// Puts its files into the learner's home and runs what comes before the first step.
    pub fn prepare(&self, world: &mut World, learner: ContextId) {
        for (name, text) in &self.lesson.files {
            world.write_file(learner, &format!("{HOME}/{name}"), text);
        }
        if !self.lesson.start.is_empty() {
            world.run_script(learner, &self.lesson.start);
        }
    }

    /// Looks whether the step at hand is done; if so goes on. Answers whether anything changed. `copy` is a copy of the world.
    pub fn check(&mut self, copy: &mut World, learner: ContextId) -> bool {
        let before = (self.progress.current, self.problem, self.next_hint);
        while let Some(step) = self.lesson.steps.get(self.progress.current) {
            if !holds(copy, learner, &step.check) {
                self.problem = !step.fail.is_empty() && holds(copy, learner, &step.fail);
                break;
            }
            self.progress.advance();
            self.problem = false;
        }
        self.next_hint = self.helpful_hint(copy, learner);
        before != (self.progress.current, self.problem, self.next_hint)
    }

    /// The first hint of the step at hand that was not shown yet and helps now.
    fn helpful_hint(&self, copy: &mut World, learner: ContextId) -> Option<usize> {
        let hints = &self.lesson.steps.get(self.progress.current)?.hints;
        let mut unseen =
            hints.iter().enumerate().filter(|(index, _)| !self.progress.hints_shown.contains(index));
        unseen
            .find(|(_, hint)| hint.when.is_empty() || holds(copy, learner, &hint.when))
            .map(|(index, _)| index)
    }

    /// Shows one more hint, if one helps now.
    pub fn hint(&mut self, copy: &mut World, learner: ContextId) {
        if let Some(hint) = self.helpful_hint(copy, learner) {
            self.progress.show_hint(hint);
        }
        self.next_hint = self.helpful_hint(copy, learner);
    }

    /// The script that does the step at hand.
    pub fn solution(&mut self) -> Option<String> {
        let step = self.lesson.steps.get(self.progress.current)?;
        self.progress.solutions_used += 1;
        Some(step.solution.clone())
    }

    /// What is shown.
    #[must_use]
    pub fn view(&self) -> LessonView {
        let current = self.progress.current;
        let text = &self.texts[&self.language];
        let steps = text.steps.iter().enumerate().map(|(index, step)| StepView {
            title: step.title.clone(),
            html: step.body.clone(),
            done: index < current,
            hints: if index == current {
                self.progress.hints_shown.iter().filter_map(|hint| step.hints.get(*hint)).cloned().collect()
            } else {
                Vec::new()
            },
            problem: if index == current && self.problem { step.problem.clone() } else { String::new() },
            more_hints: index == current && self.next_hint.is_some(),
        });
        LessonView {
            id: self.lesson.id.clone(),
            title: text.title.clone(),
            intro_html: text.intro.clone(),
            steps: steps.collect(),
            current: u32::try_from(current).unwrap_or(u32::MAX),
            outro_html: text.outro.clone(),
            hints_used: u32::try_from(self.progress.hints_used).unwrap_or(u32::MAX),
            solutions_used: u32::try_from(self.progress.solutions_used).unwrap_or(u32::MAX),
        }
    }
}

/// Whether a script exits with 0 in a copy of the world.
pub(crate) fn holds(copy: &mut World, learner: ContextId, script: &str) -> bool {
    copy.run_script_within(learner, script, Limits::LOOK).exit == 0
}

#[cfg(test)]
mod tests {
    use lessons::author;

    use super::*;

    #[test]
    fn a_hint_that_does_not_help_now_does_not_stand_before_the_next() {
        let yaml = "id: a\nminutes: 1\nsteps:\n- id: one\n  check: 'false'\n  solution: 'true'\n  \
                    hints: [{when: 'kubectl get ns here'}, {}, {when: 'false'}]\n";
        let lesson = author::read_bones(yaml).expect("a lesson");
        let words = "# A\n> a\n\n## One {#one}\ndo\n### hint\nfirst\n### hint\nsecond\n### hint\nthird\n";
        let text = author::read_text(&lesson, words).expect("its words");
        let edition = Edition { lesson, texts: BTreeMap::from([("en".to_owned(), text)]) };
        let mut run = LessonRun::begin(edition, "en", None).expect("its language");
        let mut world = World::boot_settled(&ClusterSettings::default()).expect("a cluster");
        let learner = world.add_learner();
        let shown = |run: &mut LessonRun, world: &World| {
            run.hint(&mut world.clone(), learner);
            let step = run.view().steps.remove(0);
            (step.hints.iter().map(|hint| hint[3..8].to_owned()).collect::<Vec<_>>(), step.more_hints)
        };
        assert_eq!(shown(&mut run, &world), (vec!["secon".to_owned()], false));
        assert_eq!(shown(&mut run, &world).0.len(), 1, "no other helps");
        world.run_script(learner, "kubectl create ns here");
        assert!(run.check(&mut world.clone(), learner), "a hint came to help");
        assert!(run.view().steps[0].more_hints);
        assert_eq!(shown(&mut run, &world), (vec!["secon".to_owned(), "first".to_owned()], false));
    }
}
