//! uniq: runs of equal lines.

use serde::{Deserialize, Serialize};

use super::feed::{Feed, Wording, put};
use super::options::{Argument, Failure, Spec, quoted};
use crate::program::{Io, STDOUT, Step};

const SPEC: Spec = Spec {
    tool: "uniq",
    short: "cdDuif:s:w:z",
    long: &[
        ("count", 'c', Argument::No),
        ("repeated", 'd', Argument::No),
        ("unique", 'u', Argument::No),
        ("ignore-case", 'i', Argument::No),
        ("skip-fields", 'f', Argument::Required),
        ("skip-chars", 's', Argument::Required),
        ("check-chars", 'w', Argument::Required),
    ],
    status: 1,
};

/// uniq.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Uniq {
    feed: Feed,
    output: Option<String>,
    rules: Rules,
    run: Option<Run>,
    collected: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Rules {
    count: bool,
    repeated: bool,
    all_repeated: bool,
    unique: bool,
    ignore_case: bool,
    skip_fields: usize,
    skip_chars: usize,
    check_chars: Option<usize>,
}

/// Equal lines: the first, how many, and whether it is printed already.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Run {
    line: Vec<u8>,
    count: u64,
    printed: bool,
}

impl Uniq {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(args)?;
        let mut rules = Rules::default();
        for (letter, value) in parsed.options {
            let number = |what: &str| {
                value
                    .parse()
                    .map_err(|_| Failure::new("uniq", format_args!("{value}: invalid number of {what}"), 1))
            };
            match letter {
                'c' => rules.count = true,
                'd' => rules.repeated = true,
                'D' => rules.all_repeated = true,
                'u' => rules.unique = true,
                'i' => rules.ignore_case = true,
                'f' => rules.skip_fields = number("fields to skip")?,
                's' => rules.skip_chars = number("bytes to skip")?,
                'w' => rules.check_chars = Some(number("bytes to compare")?),
                _ => return Err(Failure::new("uniq", "option -z is not supported here", 1)),
            }
        }
        let mut operands = parsed.operands;
        if let Some(extra) = operands.get(2) {
            return Err(Failure::usage("uniq", format_args!("extra operand {}", quoted(extra)), 1));
        }
        let output = if operands.len() == 2 { operands.pop() } else { None };
        Ok(Self {
            feed: Feed::new("uniq", operands, Wording::Plain),
            output,
            rules,
            run: None,
            collected: Vec::new(),
        })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let (rules, run, out) = (self.rules, &mut self.run, &mut self.collected);
        let step = self.feed.each_line(io, |line, _| rules.take(run, line, out));
        if step.is_none()
            && let Some(run) = self.run.take()
        {
            self.rules.finish(&run, &mut self.collected);
        }
        if let Some(output) = &self.output {
            if step.is_none()
                && let Err(error) = io.write_file(output, &self.collected)
            {
                io.err(&format!("uniq: {output}: {error}\n"));
                return Step::Exit(1);
            }
        } else if !self.collected.is_empty() {
            let _ = io.write(STDOUT, &std::mem::take(&mut self.collected));
        }
        step.unwrap_or(Step::Exit(i32::from(self.feed.failed)))
    }
}

impl Rules {
    /// Takes a line. The first of a run is printed at once if nothing depends on how long the run is.
    fn take(self, run: &mut Option<Run>, line: &[u8], out: &mut Vec<u8>) {
        let same = run.as_ref().is_some_and(|run| {
            let (left, right) = (self.compared(&run.line), self.compared(line));
            if self.ignore_case { left.eq_ignore_ascii_case(right) } else { left == right }
        });
        if same && let Some(run) = run {
            run.count += 1;
            if self.all_repeated {
                if run.count == 2 {
                    put(out, &run.line);
                }
                put(out, line);
            }
            return;
        }
        if let Some(run) = run.take() {
            self.finish(&run, out);
        }
        let at_once = !self.count && !self.repeated && !self.unique && !self.all_repeated;
        if at_once {
            put(out, line);
        }
        *run = Some(Run { line: line.to_vec(), count: 1, printed: at_once });
    }

    fn finish(self, run: &Run, out: &mut Vec<u8>) {
        let wanted = !(self.repeated && run.count == 1 || self.unique && run.count > 1);
        if run.printed || !wanted || self.all_repeated {
            return;
        }
        if self.count {
            out.extend_from_slice(format!("{:7} ", run.count).as_bytes());
        }
        put(out, &run.line);
    }

    fn compared(self, line: &[u8]) -> &[u8] {
        let mut at = 0;
        let blank = |at: usize| matches!(line.get(at), Some(b' ' | b'\t'));
        for _ in 0..self.skip_fields {
            while blank(at) {
                at += 1;
            }
            while at < line.len() && !blank(at) {
                at += 1;
            }
        }
        let rest = &line[(at + self.skip_chars).min(line.len())..];
        &rest[..self.check_chars.unwrap_or(rest.len()).min(rest.len())]
    }
}
