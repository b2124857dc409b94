//! tee: standard input to standard output and to files.

use serde::{Deserialize, Serialize};

use super::options::{Argument, Failure, Spec};
use crate::io::Mode;
use crate::program::{Fd, Io, Read, STDIN, STDOUT, Step, Wait};

const SPEC: Spec = Spec {
    tool: "tee",
    short: "aip",
    long: &[("append", 'a', Argument::No), ("ignore-interrupts", 'i', Argument::No)],
    status: 1,
};

/// tee.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tee {
    append: bool,
    files: Vec<String>,
    open: Option<Vec<Fd>>,
    status: i32,
}

impl Tee {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(args)?;
        let append = parsed.options.iter().any(|(letter, _)| *letter == 'a');
        Ok(Self { append, files: parsed.operands, open: None, status: 0 })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if self.open.is_none() {
            let mut open = Vec::new();
            for file in &self.files {
                match io.open(file, if self.append { Mode::Append } else { Mode::Write }) {
                    Ok(fd) => open.push(fd),
                    Err(error) => {
                        io.err(&format!("tee: {file}: {error}\n"));
                        self.status = 1;
                    }
                }
            }
            self.open = Some(open);
        }
        match io.read(STDIN, 1 << 16) {
            Read::Data(bytes) => {
                let _ = io.write(STDOUT, &bytes);
                for fd in self.open.iter().flatten() {
                    let _ = io.write(*fd, &bytes);
                }
                Step::Continue
            }
            Read::Empty => Step::Wait(Wait::readable(STDIN)),
            Read::End => Step::Exit(self.status),
        }
    }
}
