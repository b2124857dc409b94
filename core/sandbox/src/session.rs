//! A sandbox as somebody works in it: commands come in, time passes, changes of what is shown come out.

mod clock;
mod editor;
mod requests;
mod saved;
mod terminals;

use std::collections::{BTreeMap, VecDeque};

use lessons::Progress;
use protocol::{Command, FileView, LessonCommand, Selection, Update};
use serde::{Deserialize, Serialize};
use shell::kernel::TerminalId;
use shell::{ContextId, Pid};

use crate::boot::HOME;
use crate::lesson::{LessonRun, cards};
use crate::views::{HappeningLog, StageTracker, inspect};
use crate::{ClusterSettings, Limits, NodeSource, World};

use clock::Clock;

/// An app's cluster has no more workers.
const WORKERS_MAX: u32 = 100;
/// So many steps back can be undone.
const CHECKPOINTS_MAX: usize = 50;
/// Checks of a lesson, lists of files and the inspector are looked at no more often than this, in milliseconds of real time.
const LOOK_MS: f64 = 400.0;
/// To look at files costs a copy of the world: without a lesson and without a command since, it is enough to do so this often.
const REST_LOOK_MS: f64 = 4000.0;

/// So many lines of a log stand in the inspector.
const LOG_LINES: usize = 3;
/// Ages in the inspector are worked out anew after so much of the world's time.
const AGES_EVERY: engine::Duration = engine::Duration::from_secs(5);

/// The world before something that the learner did.
#[derive(Clone, Debug)]
struct Checkpoint {
    label: String,
    world: World,
    terminals: BTreeMap<u32, Tab>,
    progress: Option<Progress>,
}

/// A terminal of the app: the world's terminal, and the shell in it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Tab {
    terminal: TerminalId,
    shell: Pid,
}

/// What was typed at a terminal since the last Enter: the label of the next checkpoint.
#[derive(Clone, Debug, Default)]
struct Typed {
    text: String,
    /// Keys that bring text from elsewhere: the history, completion.
    recalled: bool,
}

/// One learner's sandbox.
#[derive(Clone, Debug)]
pub struct Sandbox {
    world: World,
    learner: ContextId,
    settings: ClusterSettings,
    clock: Clock,
    /// By the app's numbers.
    terminals: BTreeMap<u32, Tab>,
    sizes: BTreeMap<u32, (u16, u16)>,
    typed: BTreeMap<u32, Typed>,
    checkpoints: VecDeque<Checkpoint>,
    stage: StageTracker,
    happenings: HappeningLog,
    picked: Option<Selection>,
    picked_revision: u64,
    picked_at: engine::Instant,
    lesson: Option<LessonRun>,
    files: Vec<FileView>,
    /// Editors that were asked for and are not closed yet, with the app's number of their terminal.
    editors: BTreeMap<Pid, u32>,
    since_look_ms: f64,
    /// Since when nobody looked at the files, and whether there was a command since.
    since_files_ms: f64,
    commanded: bool,
    looked_at: (u64, engine::Instant),
}

impl Sandbox {
    /// A new sandbox with a cluster at rest.
    #[must_use]
    pub fn new(settings: ClusterSettings) -> Self {
        let (world, learner) = fresh(&settings);
        Self::of_world(world, learner, settings)
    }

    fn of_world(world: World, learner: ContextId, settings: ClusterSettings) -> Self {
        let mut happenings = HappeningLog::default();
        happenings.skip(world.api());
        Self {
            world,
            learner,
            settings,
            clock: Clock::default(),
            terminals: BTreeMap::new(),
            sizes: BTreeMap::new(),
            typed: BTreeMap::new(),
            checkpoints: VecDeque::new(),
            stage: StageTracker::default(),
            happenings,
            picked: None,
            picked_revision: 0,
            picked_at: engine::Instant::ZERO,
            lesson: None,
            files: Vec::new(),
            editors: BTreeMap::new(),
            since_look_ms: LOOK_MS,
            since_files_ms: 0.0,
            commanded: true,
            looked_at: (0, engine::Instant::ZERO),
        }
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What every view shows now: for an app that just started.
    pub fn whole(&mut self) -> Vec<Update> {
        self.stage.reset();
        let mut updates = vec![Update::Files(self.files.clone()), self.lesson_update(), self.clock_update()];
        self.files.clear();
        self.look(&mut updates);
        self.collect(&mut updates);
        updates
    }

    /// Does what is asked; what changes comes back.
    pub fn handle(&mut self, command: Command) -> Vec<Update> {
        let mut updates = Vec::new();
        self.commanded = true;
        match command {
            Command::Start { workers, seed, epoch_seconds, snapshot, lesson, language } => {
                let nodes = NodeSource::Workers(workers.min(WORKERS_MAX));
                let settings = ClusterSettings { nodes, seed, epoch_seconds, ..ClusterSettings::default() };
                let restored = self.start(settings, snapshot.as_deref(), lesson.as_deref(), &language);
                let terminals = u32::try_from(self.terminals.len()).unwrap_or(0);
                updates.push(Update::Started { restored, terminals });
                updates.push(Update::Lessons(cards()));
                updates.extend(self.whole());
                return updates;
            }
            Command::Demo(_) => {}
            Command::OpenTerminal { terminal, columns, rows } => self.open_terminal(terminal, columns, rows),
            Command::CloseTerminal { terminal } => self.close_terminal(terminal),
            Command::Type { terminal, bytes } => self.type_keys(terminal, &bytes),
            Command::Resize { terminal, columns, rows } => self.resize_terminal(terminal, columns, rows),
            Command::Clock(command) => self.clock_command(command, &mut updates),
            Command::Inspect(picked) => {
                self.picked = picked;
                self.picked_revision = 0;
                if self.picked.is_none() {
                    updates.push(Update::Inspector(None));
                }
            }
            Command::WriteFile { path, text } => {
                self.world.write_file(self.learner, &absolute(&path), &text);
                self.note_file(&path, Some(&text));
            }
            Command::DeleteFile { path } => {
                self.world.remove_file(self.learner, &absolute(&path));
                self.note_file(&path, None);
            }
            Command::EditorClosed { terminal, text } => self.close_editor(terminal, text),
            Command::Lesson(command) => self.lesson_command(command, &mut updates),
            Command::Ask { id, request } => {
                let reply = self.answer(request, &mut updates);
                updates.push(Update::Reply { id, reply });
            }
        }
        self.collect(&mut updates);
        updates
    }

    /// Lets so much real time pass; what changes comes back.
    pub fn tick(&mut self, real_ms: f64) -> Vec<Update> {
        let mut updates = Vec::new();
        let span = self.clock.virtual_span(real_ms);
        if span.0 > 0 {
            let until = self.world.now() + span;
            self.world.run_until(until);
        }
        self.since_look_ms += real_ms;
        self.since_files_ms += real_ms;
        if self.since_look_ms >= LOOK_MS {
            self.since_look_ms = 0.0;
            if self.lesson.is_some() || self.commanded || self.since_files_ms >= REST_LOOK_MS {
                self.look(&mut updates);
            }
        }
        self.collect(&mut updates);
        updates
    }

    /// In how many milliseconds of real time something happens by itself; `None` if nothing will, or time is held.
    #[must_use]
    pub fn next_wake_ms(&self) -> Option<f64> {
        self.clock.real_ms(self.world.next_at()?.since(self.world.now()))
    }

    /// Goes on from a saved world if the lesson that is wanted is open in it, or else begins a new one.
    fn start(
        &mut self,
        settings: ClusterSettings,
        snapshot: Option<&[u8]>,
        lesson: Option<&str>,
        language: &str,
    ) -> bool {
        let opens = |saved: &Self| saved.lesson.as_ref().map(|run| run.lesson().id.as_str()) == lesson;
        if let Some(mut restored) = snapshot.and_then(|bytes| Self::restore(bytes).ok()).filter(opens) {
            restored.number_terminals();
            restored.set_language(language);
            *self = restored;
            return true;
        }
        match lesson.and_then(|id| LessonRun::open(id, language, None).ok()) {
            Some(run) => *self = Self::of_lesson(run, &settings),
            None => *self = Self::new(settings),
        }
        false
    }

    /// A lesson begins in a world of its own.
    fn of_lesson(lesson: LessonRun, settings: &ClusterSettings) -> Self {
        let settings = lesson.settings(settings.seed, settings.epoch_seconds);
        let (world, learner) = fresh(&settings);
        let mut sandbox = Self::of_world(world, learner, settings);
        lesson.prepare(&mut sandbox.world, learner);
        sandbox.lesson = Some(lesson);
        sandbox
    }

    /// Remembers the world as it is, before something that the learner does.
    fn checkpoint(&mut self, label: &str) {
        if self.checkpoints.len() >= CHECKPOINTS_MAX {
            self.checkpoints.pop_front();
        }
        self.checkpoints.push_back(Checkpoint {
            label: label.to_owned(),
            world: self.world.clone(),
            terminals: self.terminals.clone(),
            progress: self.lesson.as_ref().map(|lesson| lesson.progress().clone()),
        });
    }

    /// Looks whether the lesson's step is done and whether files changed: both look at a copy of the world.
    fn look(&mut self, updates: &mut Vec<Update>) {
        self.since_files_ms = 0.0;
        // What a command brings about may come a little later: it is looked for until everything rests at a prompt.
        self.commanded =
            self.terminals.values().any(|tab| !self.world.machine.kernel.is_at_prompt(tab.terminal));
        let is = (self.world.api().revision(), self.world.now());
        if std::mem::replace(&mut self.looked_at, is) == is {
            return;
        }
        let mut copy = self.world.clone();
        if let Some(lesson) = &mut self.lesson
            && lesson.check(&mut copy, self.learner)
        {
            updates.push(self.lesson_update());
        }
        let files: Vec<FileView> =
            copy.home_files(self.learner).into_iter().map(|(path, text)| FileView { path, text }).collect();
        if files != self.files {
            self.files.clone_from(&files);
            updates.push(Update::Files(files));
        }
    }

    fn note_file(&mut self, path: &str, text: Option<&str>) {
        self.files.retain(|file| file.path != path);
        if let Some(text) = text {
            self.files.push(FileView { path: path.to_owned(), text: text.to_owned() });
            self.files.sort_by(|a, b| a.path.cmp(&b.path));
        }
    }

    /// What changed in every view.
    fn collect(&mut self, updates: &mut Vec<Update>) {
        self.collect_terminals(updates);
        self.collect_editors(updates);
        let stage = self.stage.change(&self.world);
        if stage != protocol::StageChange::default() {
            updates.push(Update::Stage(stage));
        }
        let happened = self.happenings.take(self.world.api());
        if !happened.is_empty() {
            updates.push(Update::Happened(happened));
        }
        self.collect_inspector(updates);
        if self.clock.is_stale(&self.world, self.checkpoints.len()) {
            updates.push(self.clock_update());
        }
    }

    fn collect_inspector(&mut self, updates: &mut Vec<Update>) {
        let revision = clock::visible_revision(&self.world);
        // Fresh picks are shown at once, changes as often as lessons are looked at.
        let now = self.world.now();
        let is_old = self.picked_revision != revision || now.since(self.picked_at) >= AGES_EVERY;
        let is_due = self.picked_revision == 0 || (self.since_look_ms == 0.0 && is_old);
        let Some(picked) = self.picked.clone().filter(|_| is_due) else { return };
        self.picked_revision = revision;
        self.picked_at = now;
        let namespace =
            if picked.namespace.is_empty() { String::new() } else { format!("-n {} ", picked.namespace) };
        let line = format!("kubectl {namespace}describe {} {}", picked.kind.to_lowercase(), picked.name);
        let described = self.world.clone().run_script_within(self.learner, &line, Limits::LOOK);
        let describe = String::from_utf8_lossy(&described.stdout).into_owned();
        let log = &mut |container: &str| {
            let line = format!("kubectl {namespace}logs {} -c {container} --tail={LOG_LINES}", picked.name);
            let printed = self.world.clone().run_script_within(self.learner, &line, Limits::LOOK);
            String::from_utf8_lossy(&printed.stdout).trim_end().to_owned()
        };
        let view = inspect(self.world.api(), self.world.scheduler(), &picked, describe, log);
        updates.push(Update::Inspector(Some(Box::new(view))));
    }

    fn lesson_update(&self) -> Update {
        Update::Lesson(self.lesson.as_ref().map(|lesson| Box::new(lesson.view())))
    }

    fn lesson_command(&mut self, command: LessonCommand, updates: &mut Vec<Update>) {
        match command {
            LessonCommand::Hint => {
                if let Some(lesson) = &mut self.lesson {
                    lesson.hint(&mut self.world.clone(), self.learner);
                }
            }
            LessonCommand::ShowSolution => {
                let solution = self.lesson.as_mut().and_then(LessonRun::solution);
                updates.extend(solution.map(Update::Solution));
            }
            LessonCommand::Language(language) => self.set_language(&language),
        }
        updates.push(self.lesson_update());
    }

    /// A language that a lesson does not have leaves it as it is.
    fn set_language(&mut self, language: &str) {
        if let Some(lesson) = &mut self.lesson {
            let _ = lesson.set_language(language);
        }
    }
}

fn fresh(settings: &ClusterSettings) -> (World, ContextId) {
    let mut world = World::boot_settled(settings)
        .unwrap_or_else(|status| unreachable!("a cluster of its own nodes was refused: {status}"));
    let learner = world.add_learner();
    (world, learner)
}

/// A path as the app names it, in the learner's home.
fn absolute(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{HOME}/{path}") }
}
