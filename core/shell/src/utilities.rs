//! The built-in utilities: one enum of their states and one table of their names.

pub mod conditions;
pub mod echo;
pub mod kill;
pub mod printf;
pub mod text;

use serde::{Deserialize, Serialize};

use crate::interpreter::Shell;
use crate::io::Io;
use crate::program::Step;
use text::TextUtility;

/// A utility that ends with its first step.
pub type Immediate = fn(&mut Io<'_>, &[String]) -> i32;

/// Utilities that never block.
const IMMEDIATE: [(&str, Immediate); 7] = [
    ("[", conditions::run),
    ("echo", echo::run),
    ("false", |_, _| 1),
    ("kill", kill::run),
    ("printf", printf::run),
    ("test", conditions::run),
    ("true", |_, _| 0),
];

/// A running utility.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Utility {
    /// One that never blocks, by its name.
    Immediate(String),
    /// A shell.
    Shell(Box<Shell>),
    /// A text utility.
    Text(TextUtility),
}

/// The shells.
const SHELLS: [&str; 4] = ["ash", "bash", "dash", "sh"];

/// The names of all utilities, for the folders of an image.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = IMMEDIATE.iter().map(|(name, _)| *name).chain(SHELLS).collect();
    names.extend(TextUtility::NAMES);
    names.sort_unstable();
    names
}

impl Utility {
    /// Starts the utility `name`; `args[0]` is how it was called.
    #[must_use]
    pub fn start(name: &str, args: &[String]) -> Option<Self> {
        if IMMEDIATE.iter().any(|(known, _)| *known == name) {
            return Some(Self::Immediate(name.to_owned()));
        }
        if SHELLS.contains(&name) {
            return Some(Self::Shell(Box::new(Shell::new(args))));
        }
        TextUtility::start(name, args).map(Self::Text)
    }

    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        match self {
            Self::Immediate(name) => match IMMEDIATE.iter().find(|(known, _)| known == name) {
                Some((_, run)) => {
                    let args = io.args().to_vec();
                    Step::Exit(run(io, &args))
                }
                None => Step::Exit(127),
            },
            Self::Shell(shell) => shell.step(io),
            Self::Text(utility) => utility.step(io),
        }
    }
}
