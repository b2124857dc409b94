//! `vi`, `vim` and `nano`: the file goes to the owner of the terminal, who shows a real editor.

use serde::{Deserialize, Serialize};

use super::options::name_of;
use crate::file_system::Errno;
use crate::io::Io;
use crate::program::{STDOUT, Step, Wait};

/// A running editor.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Editor {
    path: Option<String>,
}

impl Editor {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let Some(path) = self.path.clone() else { return self.start(io) };
        match io.editor_answer() {
            None => Step::Wait(Wait::default()),
            Some(None) => Step::Exit(0),
            Some(Some(content)) => match io.write_file(&path, &content) {
                Ok(()) => Step::Exit(0),
                Err(errno) => {
                    let name = name_of(io.args());
                    io.err(&format!("{name}: {path}: {errno}\n"));
                    Step::Exit(1)
                }
            },
        }
    }

    fn start(&mut self, io: &mut Io<'_>) -> Step {
        let args = io.args().to_vec();
        let name = name_of(&args);
        let Some(path) = args.iter().skip(1).find(|arg| !arg.starts_with(['-', '+'])).cloned() else {
            io.err(&format!("{name}: give it the name of a file\n"));
            return Step::Exit(1);
        };
        if !io.is_terminal(STDOUT) {
            io.err(&format!("{name}: standard output is not a terminal\n"));
            return Step::Exit(1);
        }
        let content = match io.read_file(&path) {
            Ok(content) => content,
            Err(Errno::NoEntry) => Vec::new(),
            Err(errno) => {
                io.err(&format!("{name}: {path}: {errno}\n"));
                return Step::Exit(1);
            }
        };
        io.request_editor(&path, &content);
        self.path = Some(path);
        Step::Wait(Wait::default())
    }
}
