//! The programs that upper floors bring to the shell's machine: kubectl, and what runs in containers.

use kubelet::programs::Program;
use serde::{Deserialize, Serialize};
use shell::machine::Context;
use shell::program::{Completion, Io, Programs, Step};

use crate::outside::Outside;

/// A running program that is no shell utility.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Software {
    /// The client.
    Kubectl(Box<kubectl::State>),
    /// A program of a container image.
    Image(Box<Program>),
}

impl Programs for Software {
    type State = Self;
    type World = Outside;

    fn find(name: &str, context: &Context) -> bool {
        name == "kubectl" && context.image.is_empty()
    }

    fn start(name: &str, args: &[String]) -> Option<Self> {
        if name == "kubectl" {
            return Some(Self::Kubectl(Box::new(kubectl::start(args))));
        }
        Program::start(name, args).map(|program| Self::Image(Box::new(program)))
    }

    fn step(state: &mut Self, io: &mut Io<'_>, world: &mut Outside) -> Step {
        match state {
            Self::Kubectl(state) => {
                let (api, mut network) = world.parts();
                state.step(io, api, &mut network)
            }
            Self::Image(program) => program.step(io, world),
        }
    }

    fn end(state: Self, world: &mut Outside) {
        if let Self::Kubectl(state) = state {
            state.abandon(&mut world.api);
        }
    }

    fn complete(words: &[String], io: &mut Io<'_>, world: &mut Outside) -> Vec<Completion> {
        match words.first().map(String::as_str) {
            Some("kubectl") if io.context().image.is_empty() => kubectl::complete(words, io, &world.api),
            _ => Vec::new(),
        }
    }
}
