//! What the app knows of the world and of itself. Views are kept by key and shared: what did not change is the same pointer.

mod ui;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Deref;
use std::rc::Rc;

use protocol::{
    ClockView, ComponentView, DeploymentView, FileView, Happening, InspectorView, LessonCard, LessonView,
    LessonWords, NodeView, PodView, PulseView, Selection, ServiceView, StageChange, Update,
};

pub use self::ui::{Lower, Pane, Tab, Ui, View};
use super::settings::Settings;
use super::text::Language;

/// Happenings kept to be read.
pub const HAPPENINGS_MAX: usize = 200;

/// What changed: whoever draws listens to some of these.
pub mod topic {
    /// Pods came, changed or went.
    pub const PODS: u32 = 1;
    /// Nodes.
    pub const NODES: u32 = 1 << 1;
    /// Deployments.
    pub const DEPLOYMENTS: u32 = 1 << 2;
    /// Services.
    pub const SERVICES: u32 = 1 << 3;
    /// The control plane.
    pub const COMPONENTS: u32 = 1 << 4;
    /// API requests were seen.
    pub const PULSES: u32 = 1 << 5;
    /// Time.
    pub const CLOCK: u32 = 1 << 6;
    /// Something happened.
    pub const HAPPENED: u32 = 1 << 7;
    /// What is picked.
    pub const INSPECTOR: u32 = 1 << 8;
    /// The learner's files.
    pub const FILES: u32 = 1 << 9;
    /// The lesson.
    pub const LESSON: u32 = 1 << 10;
    /// What is open and where.
    pub const UI: u32 = 1 << 11;
    /// Language, theme, what is kept.
    pub const SETTINGS: u32 = 1 << 12;
    /// What the pointer is over.
    pub const HOVER: u32 = 1 << 13;
    /// The worker began or failed.
    pub const WORKER: u32 = 1 << 14;
}

/// A shared view, equal only to itself: comparing 300 of them costs nothing.
#[derive(Debug)]
pub struct Shared<T>(Rc<T>);

impl<T> Shared<T> {
    /// Shares a view.
    pub fn new(view: T) -> Self {
        Self(Rc::new(view))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A file that a command in a terminal waits for.
#[derive(Clone, PartialEq, Debug)]
pub struct Waiting {
    /// The terminal.
    pub terminal: u32,
    /// The file.
    pub file: FileView,
}

/// All that the app knows.
#[derive(Debug)]
pub struct State {
    /// Whether the world is there.
    pub started: bool,
    /// Why the worker failed.
    pub died: Option<String>,
    /// Nodes by name.
    pub nodes: BTreeMap<String, Shared<NodeView>>,
    /// Pods by uid.
    pub pods: BTreeMap<String, Shared<PodView>>,
    /// Deployments by uid.
    pub deployments: BTreeMap<String, Shared<DeploymentView>>,
    /// Services by uid.
    pub services: BTreeMap<String, Shared<ServiceView>>,
    /// The control plane's parts by name.
    pub components: BTreeMap<String, Shared<ComponentView>>,
    /// API requests of the last message.
    pub pulses: Vec<PulseView>,
    /// Time.
    pub clock: ClockView,
    /// When the app heard of it, by the browser's clock.
    pub clock_heard_ms: f64,
    /// What happened, oldest first.
    pub happenings: VecDeque<Shared<Happening>>,
    /// How many of them, from the oldest on, were looked at.
    pub read: usize,
    /// What is picked, as asked for.
    pub picked: Option<Selection>,
    /// What is picked, as the worker shows it.
    pub inspector: Option<Shared<InspectorView>>,
    /// The learner's files.
    pub files: Vec<FileView>,
    /// A file that a command waits for.
    pub waiting: Option<Waiting>,
    /// The lesson.
    pub lesson: Option<Shared<LessonView>>,
    /// All lessons there are; empty until the worker says.
    pub lessons: Shared<Vec<LessonCard>>,
    /// Whether the page is embedded.
    pub embed: bool,
    /// The language.
    pub language: Language,
    /// What is kept.
    pub settings: Settings,
    /// What is open.
    pub ui: Ui,
}

impl State {
    /// Before anything is known.
    #[must_use]
    pub fn new(settings: Settings, language: Language, embed: bool) -> Self {
        Self {
            started: false,
            died: None,
            nodes: BTreeMap::new(),
            pods: BTreeMap::new(),
            deployments: BTreeMap::new(),
            services: BTreeMap::new(),
            components: BTreeMap::new(),
            pulses: Vec::new(),
            clock: ClockView {
                now_ms: 0,
                epoch_seconds: 0,
                speed: 1.0,
                paused: false,
                next_ms: None,
                can_undo: false,
                moments: Vec::new(),
            },
            clock_heard_ms: 0.0,
            happenings: VecDeque::new(),
            read: 0,
            picked: None,
            inspector: None,
            files: Vec::new(),
            waiting: None,
            lesson: None,
            lessons: Shared::new(Vec::new()),
            embed,
            language,
            settings,
            ui: Ui::default(),
        }
    }

    /// Takes over what the worker says, but for what terminals show and replies. Tells what changed.
    pub fn apply(&mut self, update: Update, heard_ms: f64) -> u32 {
        match update {
            Update::Started { terminals, .. } => {
                self.started = true;
                self.died = None;
                self.happenings.clear();
                self.read = 0;
                self.waiting = None;
                self.ui.terminals = (1..=terminals.max(1)).collect();
                topic::WORKER | topic::HAPPENED | topic::UI | topic::FILES
            }
            Update::Lessons(lessons) => {
                self.lessons = Shared::new(lessons);
                topic::LESSON | topic::SETTINGS
            }
            Update::Stage(change) => self.apply_stage(change),
            Update::Clock(clock) => {
                let went_back = clock.now_ms < self.clock.now_ms;
                self.clock = clock;
                self.clock_heard_ms = heard_ms;
                if went_back { topic::CLOCK | self.forget_undone() } else { topic::CLOCK }
            }
            Update::Happened(new) => {
                self.happenings.extend(new.into_iter().map(Shared::new));
                let over = self.happenings.len().saturating_sub(HAPPENINGS_MAX);
                self.happenings.drain(..over);
                self.read = self.read.saturating_sub(over);
                if self.ui.happened {
                    self.read_all();
                }
                topic::HAPPENED
            }
            Update::Inspector(view) => {
                self.picked = view.as_ref().map(|view| view.selection.clone());
                self.inspector = view.map(|view| Shared::new(*view));
                topic::INSPECTOR
            }
            Update::Files(files) => {
                self.files = files;
                topic::FILES
            }
            Update::EditFile { terminal, file } => {
                self.waiting = Some(Waiting { terminal, file });
                self.ui.lower = Lower::Files;
                self.ui.pane = Pane::Terminal;
                topic::FILES | topic::UI
            }
            Update::Lesson(lesson) => {
                let id = lesson.as_ref().map(|lesson| lesson.id.as_str()).unwrap_or_default();
                id.clone_into(&mut self.settings.lesson);
                if let Some(lesson) = &lesson {
                    let progress = (lesson.current, u32::try_from(lesson.steps.len()).unwrap_or(0));
                    let best = self.settings.progress.entry(lesson.id.clone()).or_default();
                    *best = (best.0.max(progress.0), progress.1);
                }
                self.settings.save();
                self.lesson = lesson.map(|lesson| Shared::new(*lesson));
                topic::LESSON | topic::SETTINGS
            }
            Update::Terminal { .. } | Update::Solution(_) | Update::Reply { .. } => 0,
        }
    }

    /// What happened after the present, in a future that was taken back, never did.
    fn forget_undone(&mut self) -> u32 {
        let now_ms = self.clock.now_ms;
        self.happenings.retain(|happening| happening.at_ms <= now_ms);
        self.read = self.read.min(self.happenings.len());
        topic::HAPPENED
    }

    /// Somebody looked at what happened.
    pub fn read_all(&mut self) {
        self.read = self.happenings.len();
    }

    fn apply_stage(&mut self, change: StageChange) -> u32 {
        let mut topics = 0;
        if change.reset {
            self.nodes.clear();
            self.pods.clear();
            self.deployments.clear();
            self.services.clear();
            self.components.clear();
            topics |= topic::PODS | topic::NODES | topic::DEPLOYMENTS | topic::SERVICES | topic::COMPONENTS;
        }
        topics |= merge(&mut self.pods, change.pods, |view| &view.key, topic::PODS);
        topics |= merge(&mut self.nodes, change.nodes, |view| &view.key, topic::NODES);
        topics |= merge(&mut self.deployments, change.deployments, |view| &view.key, topic::DEPLOYMENTS);
        topics |= merge(&mut self.services, change.services, |view| &view.key, topic::SERVICES);
        topics |= merge(&mut self.components, change.components, |view| &view.key, topic::COMPONENTS);
        if !change.pulses.is_empty() {
            self.pulses = change.pulses;
            topics |= topic::PULSES;
        }
        topics
    }

    /// What time it is in the world by now, in milliseconds.
    #[must_use]
    pub fn now_ms(&self, browser_ms: f64) -> f64 {
        let told = self.clock.now_ms as f64;
        if self.clock.paused || !self.started {
            return told;
        }
        let passed = (browser_ms - self.clock_heard_ms).max(0.0) * self.clock.speed;
        // Never beyond what is planned: only the worker knows what happens then.
        self.clock.next_ms.map_or(told + passed, |next| (told + passed).min((next as f64).max(told)))
    }

    /// A lesson's title in the learner's language; its id as long as its title is not known.
    #[must_use]
    pub fn lesson_title<'a>(&'a self, card: &'a LessonCard) -> &'a str {
        self.lesson_words(card).map_or(card.id.as_str(), |words| words.title.as_str())
    }

    /// What the list says of a lesson in the learner's language.
    #[must_use]
    pub fn lesson_words<'a>(&self, card: &'a LessonCard) -> Option<&'a LessonWords> {
        card.words.iter().find(|words| words.language == self.language.tag())
    }

    /// Whether a pod is drawn.
    #[must_use]
    pub fn is_drawn(&self, pod: &PodView) -> bool {
        self.settings.system_pods || pod.namespace != "kube-system"
    }
}

fn merge<T>(
    into: &mut BTreeMap<String, Shared<T>>,
    changes: protocol::Changes<T>,
    key: impl Fn(&T) -> &String,
    topic: u32,
) -> u32 {
    if changes.is_empty() {
        return 0;
    }
    for gone in &changes.removed {
        into.remove(gone);
    }
    for view in changes.set {
        into.insert(key(&view).clone(), Shared::new(view));
    }
    topic
}
