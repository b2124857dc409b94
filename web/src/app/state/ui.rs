//! What is open on the page, and where.

/// What fills the middle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// Nodes and pods.
    Stage,
    /// Deployments and revisions.
    Rollout,
}

/// What fills the lower panel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lower {
    /// The terminal.
    Terminal,
    /// The learner's files.
    Files,
}

/// The one pane that a narrow page shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pane {
    /// The lesson.
    Lesson,
    /// The stage.
    Stage,
    /// Terminal and files.
    Terminal,
    /// All the rest.
    More,
}

/// A page of the inspector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tab {
    /// Short facts.
    Summary,
    /// The scheduler's decisions.
    Why,
    /// The object.
    Yaml,
    /// Its events.
    Events,
    /// Owners and dependents.
    Owners,
    /// Who wrote it and why.
    Story,
}

/// What is open.
#[derive(Clone, PartialEq, Debug)]
pub struct Ui {
    /// Whether the start screen is shown.
    pub start: bool,
    /// What fills the middle.
    pub view: View,
    /// What fills the lower panel.
    pub lower: Lower,
    /// A narrow page's pane.
    pub pane: Pane,
    /// The inspector's page.
    pub tab: Tab,
    /// Whether the list of keys is shown.
    pub help: bool,
    /// Whether the list of happenings is shown.
    pub happened: bool,
    /// Which world it is, counted: terminals belong to one.
    pub world: u32,
    /// The open terminals.
    pub terminals: Vec<u32>,
    /// The terminal in front.
    pub terminal: u32,
    /// The file in the editor.
    pub file: Option<String>,
    /// The service under the pointer.
    pub hover: Option<String>,
    /// The Deployment of the rollout view.
    pub deployment: Option<String>,
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            start: false,
            view: View::Stage,
            lower: Lower::Terminal,
            pane: Pane::Terminal,
            tab: Tab::Summary,
            help: false,
            happened: false,
            world: 0,
            terminals: vec![1],
            terminal: 1,
            file: None,
            hover: None,
            deployment: None,
        }
    }
}
