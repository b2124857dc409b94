//! A lesson at hand: which step, whether its check holds, what helps.
//!
//! Checks and hints look at a copy of the world, so that looking changes nothing.

use lessons::{Lesson, Progress, Text};
use protocol::{LessonView, StepView};
use shell::ContextId;

use crate::boot::HOME;
use crate::{ClusterSettings, Limits, NodeSource, World};

/// A lesson that a learner works at.
#[derive(Clone, Debug)]
pub struct LessonRun {
    lesson: Lesson,
    language: String,
    text: Text,
    progress: Progress,
    problem: bool,
}

impl LessonRun {
    /// Opens a lesson in a language, going on from some progress.
    ///
    /// # Errors
    /// If there is no such lesson or no such language, or its files are not as they should be.
    pub fn open(id: &str, language: &str, progress: Option<Progress>) -> Result<Self, String> {
        let source = lessons::find(id).ok_or_else(|| format!("there is no lesson {id:?}"))?;
        let lesson = Lesson::read(source.lesson).map_err(|why| format!("{id}: {why}"))?;
        let text = read_text(id, &lesson, language)?;
        let progress = progress.unwrap_or_else(|| Progress::new(id));
        Ok(Self { lesson, language: language.to_owned(), text, progress, problem: false })
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

    /// The same lesson from its beginning.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn restarted(&self) -> Result<Self, String> {
        Self::open(&self.lesson.id, &self.language, None)
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
        self.text = read_text(&self.lesson.id, &self.lesson, language)?;
        language.clone_into(&mut self.language);
        Ok(())
    }

    /// Goes back to where the learner was; hints and solutions that were shown stay counted.
    pub fn go_back(&mut self, to: &Progress) {
        if to.lesson == self.lesson.id {
            self.progress.current = to.current;
            self.progress.hints_shown = to.hints_shown;
            self.problem = false;
        }
    }

    /// The cluster that it wants.
    #[must_use]
    pub fn settings(&self, seed: u64, epoch_seconds: i64) -> ClusterSettings {
        ClusterSettings { nodes: NodeSource::Workers(self.lesson.workers), seed, epoch_seconds }
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
        let before = (self.progress.current, self.problem);
        while let Some(step) = self.lesson.steps.get(self.progress.current) {
            if !holds(copy, learner, &step.check) {
                self.problem = !step.fail.is_empty() && holds(copy, learner, &step.fail);
                break;
            }
            self.progress.advance();
            self.problem = false;
        }
        before != (self.progress.current, self.problem)
    }

    /// Shows one more hint, if one helps now.
    pub fn hint(&mut self, copy: &mut World, learner: ContextId) {
        let Some(step) = self.lesson.steps.get(self.progress.current) else { return };
        let next = step.hints.get(self.progress.hints_shown);
        if next.is_some_and(|hint| hint.when.is_empty() || holds(copy, learner, &hint.when)) {
            self.progress.show_hint();
        }
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
        let steps = self.text.steps.iter().enumerate().map(|(index, text)| StepView {
            title: text.title.clone(),
            html: text.body.clone(),
            done: index < current,
            hints: if index == current {
                text.hints.iter().take(self.progress.hints_shown).cloned().collect()
            } else {
                Vec::new()
            },
            problem: if index == current && self.problem { text.problem.clone() } else { String::new() },
            more_hints: index == current && self.progress.hints_shown < text.hints.len(),
        });
        LessonView {
            id: self.lesson.id.clone(),
            title: self.text.title.clone(),
            intro_html: self.text.intro.clone(),
            steps: steps.collect(),
            current: u32::try_from(current).unwrap_or(u32::MAX),
            outro_html: self.text.outro.clone(),
        }
    }
}

fn read_text(id: &str, lesson: &Lesson, language: &str) -> Result<Text, String> {
    let source = lessons::find(id).ok_or_else(|| format!("there is no lesson {id:?}"))?;
    let words = source.texts.iter().find(|(name, _)| *name == language);
    let (_, markdown) = words.ok_or_else(|| format!("{id} is not there in {language:?}"))?;
    Text::read(lesson, markdown).map_err(|why| format!("{id}/{language}.md: {why}"))
}

/// Whether a script exits with 0 in a copy of the world.
pub(crate) fn holds(copy: &mut World, learner: ContextId, script: &str) -> bool {
    copy.run_script_within(learner, script, Limits::LOOK).exit == 0
}
