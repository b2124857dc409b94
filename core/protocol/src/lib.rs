//! What the app and the worker say to each other: commands in, changes of views out. Plain data, serialised as it stands.
//!
//! It does not know Kubernetes's types, the simulator or the browser: a view holds what is drawn, already worked out.

pub mod clock;
pub mod command;
pub mod editor;
pub mod inspector;
pub mod lesson;
pub mod stage;
pub mod update;
pub mod words;

pub use clock::{ClockCommand, ClockView, Moment};
pub use command::{Command, Request, RequestId};
pub use editor::{CompletionItem, Diagnostic, FileView, HoverView, Severity};
pub use inspector::{
    CauseView, DecisionView, EventView, InspectorView, NodeScore, OwnerView, Selection, StoryStep,
};
pub use lesson::{LessonCard, LessonCommand, LessonView, LessonWords, StepView};
pub use stage::{
    Changes, ComponentView, ContainerView, DeploymentView, NodeView, Phase, PodView, PulseView, RevisionView,
    ServiceView, StageChange,
};
pub use update::{Happening, Reply, Update};
pub use words::Words;
