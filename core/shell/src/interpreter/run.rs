//! The instructions that control what runs.

use brush_parser::ast::{BinaryPredicate, UnaryPredicate};

use super::{Block, Flow, Frame, FrameKind, Function, Shell, ash, pattern};
use crate::io::Io;
use crate::language::Instruction;
use crate::program::Step;
use crate::utilities::conditions;

impl Shell {
    /// Whether a child has nothing to do from `at` on but to end.
    fn is_last_of_child(&mut self, at: usize) -> bool {
        if !self.child || self.frames.len() != 1 {
            return false;
        }
        let code = self.frame().code.clone();
        let mut rest = code.instructions[at..].iter();
        let next = rest.find(|next| !matches!(next, Instruction::PopRedirects | Instruction::CheckErrexit));
        matches!(next, Some(Instruction::EndChild))
    }

    /// Runs the next instruction of the frame on top.
    pub(super) fn execute(&mut self, io: &mut Io<'_>) -> Flow {
        let frame = self.frame();
        let code = frame.code.clone();
        let Some(instruction) = code.instructions.get(frame.at) else {
            return self.end_of_code(io);
        };
        frame.at += 1;
        match self.control_instruction(io, instruction) {
            Ok(flow) => flow,
            Err(message) => {
                let asked = matches!(instruction, Instruction::ParameterError { .. });
                self.failed_expansion(io, &message, asked || message.ends_with("unbound variable"));
                Flow::Next
            }
        }
    }

    /// An expansion that can't be done ends the command, and a shell that is not interactive.
    fn failed_expansion(&mut self, io: &mut Io<'_>, message: &str, unset: bool) {
        self.complain(io, message);
        let status = match () {
            () if ash::is_ash(io) => 2,
            () if unset && !self.options.interactive && !self.child => 127,
            () => 1,
        };
        self.abandon(io, status);
    }

    fn end_of_code(&mut self, io: &mut Io<'_>) -> Flow {
        self.pop_frame(io);
        Flow::Next
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each instruction")]
    fn control_instruction(&mut self, io: &mut Io<'_>, instruction: &Instruction) -> Result<Flow, String> {
        match instruction {
            Instruction::Line(line) => self.line = *line,
            Instruction::Jump(target) => self.frame().at = *target,
            Instruction::JumpIfTrue(target) => {
                if self.status == 0 {
                    self.frame().at = *target;
                }
            }
            Instruction::JumpIfFalse(target) => {
                if self.status != 0 {
                    self.frame().at = *target;
                }
            }
            Instruction::SetStatus(status) => self.status = *status,
            Instruction::Negate => self.status = i32::from(self.status == 0),
            Instruction::CheckErrexit => self.check_errexit(io),
            Instruction::Redirect { fd, kind } => {
                let value = self.frame().values.pop().unwrap_or_default();
                self.frame().redirects.push((*fd, *kind, value));
            }
            Instruction::PushRedirects { failed } => {
                let redirects = std::mem::take(&mut self.frame().redirects);
                match self.apply_redirects(io, redirects) {
                    Ok(saved) => self.frame().blocks.push(Block::Redirects(saved)),
                    Err(message) => {
                        self.complain(io, &message);
                        self.status = 1;
                        self.frame().at = *failed;
                    }
                }
            }
            Instruction::PopRedirects => {
                if let Some(Block::Redirects(saved)) = self.frame().blocks.pop() {
                    self.restore(io, saved);
                }
            }
            Instruction::Run { condition } => return Ok(self.run_command(io, *condition)),
            Instruction::Pipeline { parts, end, text } => {
                self.frame().at = *end;
                self.start_pipeline(io, parts, text);
            }
            // As bash does: the last thing of a child needs no child of its own, so `kill` of a job meets what runs in it.
            Instruction::Subshell { end } if self.is_last_of_child(*end) => {}
            Instruction::Subshell { end } => {
                let start = self.frame().at;
                self.frame().at = *end;
                self.start_subshell(io, start);
            }
            Instruction::Background { end, text } => {
                let start = self.frame().at;
                self.frame().at = *end;
                self.start_background(io, start, text);
            }
            Instruction::CommandSubstitution { end, quoted } => {
                let start = self.frame().at;
                self.frame().at = *end;
                self.start_substitution(io, start, *quoted);
            }
            Instruction::ProcessSubstitution { write, end } => {
                let start = self.frame().at;
                self.frame().at = *end;
                self.start_process_substitution(io, start, *write);
            }
            Instruction::EndChild | Instruction::End => {
                if self.child && self.frames.len() == 1 && matches!(instruction, Instruction::EndChild) {
                    self.exiting = Some(self.status);
                }
                return Ok(self.end_of_code(io));
            }
            Instruction::Return => self.pop_frame(io),
            Instruction::BeginLoop { end, next } => {
                let frame = self.frame();
                let values = frame.values.len();
                let items = std::collections::VecDeque::new();
                frame.blocks.push(Block::Loop { end: *end, next: *next, items, status: 0, values });
            }
            Instruction::EndLoop => {
                if let Some(Block::Loop { status, .. }) = self.frame().blocks.pop() {
                    self.status = status;
                }
            }
            Instruction::LoopItems => {
                let list = self.frame().lists.pop().unwrap_or_default();
                if let Some(Block::Loop { items, .. }) = self.frame().blocks.last_mut() {
                    *items = list.into();
                }
            }
            Instruction::NextItem { variable, end } => match self.next_item() {
                Some(item) => self.assign(variable, &item, false)?,
                None => self.frame().at = *end,
            },
            Instruction::Turn => {
                let now = self.status;
                if let Some(Block::Loop { status, .. }) = self.frame().blocks.last_mut() {
                    *status = now;
                }
            }
            Instruction::JumpIfMatch(target) => {
                let frame = self.frame();
                let pattern = frame.values.pop().unwrap_or_default();
                let matched = frame.values.last().is_some_and(|value| pattern::matches(&pattern, value));
                if matched {
                    frame.at = *target;
                }
            }
            Instruction::DropValue => {
                self.frame().values.pop();
            }
            Instruction::ArithmeticCommand => {
                let expression = self.frame().values.pop().unwrap_or_default();
                self.refresh_dynamic(io, &expression);
                match self.arithmetic(&expression) {
                    Ok(value) => self.status = i32::from(value == 0),
                    Err(message) => {
                        self.complain(io, &format!("((: {message}"));
                        self.status = 1;
                    }
                }
            }
            Instruction::TestUnary(predicate) => {
                let operand = self.frame().values.pop().unwrap_or_default();
                self.status = i32::from(!self.test_unary(io, predicate, &operand));
            }
            Instruction::TestBinary(predicate) => {
                let right = self.frame().values.pop().unwrap_or_default();
                let left = self.frame().values.pop().unwrap_or_default();
                self.test_binary(io, predicate, &left, &right);
            }
            Instruction::DefineFunction { name, end, text } => {
                let frame = self.frame();
                let function = Function { code: frame.code.clone(), start: frame.at, text: text.clone() };
                frame.at = *end;
                self.functions.insert(name.clone(), function);
                self.status = 0;
            }
            Instruction::Time { end: false } => self.stopwatch = io.now(),
            Instruction::Time { end: true } => {
                let time = io.now().since(self.stopwatch).as_millis();
                let (minutes, seconds, millis) = (time / 60_000, time / 1000 % 60, time % 1000);
                io.err(&if ash::is_ash(io) {
                    format!("real\t{minutes}m {seconds}.{:02}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n", millis / 10)
                } else {
                    format!("\nreal\t{minutes}m{seconds}.{millis:03}s\nuser\t0m0.000s\nsys\t0m0.000s\n")
                });
            }
            Instruction::Arithmetic { .. } => {
                let expression = self.frame().values.last().cloned().unwrap_or_default();
                self.refresh_dynamic(io, &expression);
                return self.word_instruction(io, instruction);
            }
            _ => return self.word_instruction(io, instruction),
        }
        Ok(if self.waiting.is_some() { Flow::Blocked } else { Flow::Next })
    }

    /// Expressions read variables by name, so those that the shell makes up are made up now.
    pub(super) fn refresh_dynamic(&mut self, io: &mut Io<'_>, expression: &str) {
        for name in ["RANDOM", "SECONDS", "EPOCHSECONDS", "LINENO"] {
            if expression.contains(name)
                && let Some(value) = self.dynamic(io, name)
            {
                self.variables.set(name, value);
            }
        }
    }

    fn next_item(&mut self) -> Option<String> {
        match self.frame().blocks.last_mut() {
            Some(Block::Loop { items, .. }) => items.pop_front(),
            _ => None,
        }
    }

    pub(super) fn check_errexit(&mut self, io: &mut Io<'_>) {
        let asked = self.frames.iter().any(|frame| frame.condition);
        if self.status == 0 || asked {
            return;
        }
        if let Some(command) = self.traps.get(&super::Trap::Err).cloned() {
            self.run_trap(io, &command);
        }
        if self.options.errexit {
            let status = self.status;
            while !self.frames.is_empty() {
                self.pop_frame(io);
            }
            self.variables.drop_scopes();
            self.exiting = Some(status);
        }
    }

    /// `break` and `continue`: leaves so many loops, or goes to the next turn of the last of them.
    pub(super) fn leave_loops(&mut self, io: &mut Io<'_>, count: usize, next_turn: bool) {
        let mut left = count.max(1);
        while let Some(block) = self.frame().blocks.pop() {
            match block {
                Block::Redirects(saved) => self.restore(io, saved),
                Block::Loop { end, next, items, status, values } => {
                    left -= 1;
                    let frame = self.frame();
                    frame.values.truncate(values);
                    let more = frame.blocks.iter().any(|block| matches!(block, Block::Loop { .. }));
                    if left == 0 || !more {
                        if next_turn {
                            frame.at = next;
                            frame.blocks.push(Block::Loop { end, next, items, status, values });
                        } else {
                            frame.at = end;
                        }
                        return;
                    }
                }
            }
        }
    }

    pub(super) fn in_loop(&self) -> bool {
        self.frames
            .last()
            .is_some_and(|frame| frame.blocks.iter().any(|block| matches!(block, Block::Loop { .. })))
    }

    /// `return`: ends the innermost function or sourced file; false if there is none.
    pub(super) fn return_from(&mut self, io: &mut Io<'_>) -> bool {
        let returns =
            |frame: &Frame| matches!(frame.kind, FrameKind::Function { .. } | FrameKind::Source { .. });
        if !self.frames.iter().any(returns) {
            if self.child {
                self.exiting = Some(self.status);
                while !self.frames.is_empty() {
                    self.pop_frame(io);
                }
                return true;
            }
            return false;
        }
        while let Some(frame) = self.frames.last() {
            let last = returns(frame);
            self.pop_frame(io);
            if last {
                break;
            }
        }
        true
    }

    fn test_unary(&mut self, io: &mut Io<'_>, predicate: &UnaryPredicate, operand: &str) -> bool {
        match predicate {
            UnaryPredicate::ShellVariableIsSetAndAssigned => match operand.split_once('[') {
                Some((name, index)) => self.element(name, index.trim_end_matches(']')).is_some(),
                None => self.scalar(operand).is_some(),
            },
            UnaryPredicate::ShellOptionEnabled => self.option_by_name(operand).unwrap_or(false),
            other => conditions::unary(io, other, operand),
        }
    }

    fn test_binary(&mut self, io: &mut Io<'_>, predicate: &BinaryPredicate, left: &str, right: &str) {
        use BinaryPredicate as B;
        let holds = match predicate {
            B::StringExactlyMatchesPattern => pattern::matches(right, left),
            B::StringDoesNotExactlyMatchPattern => !pattern::matches(right, left),
            B::StringMatchesRegex => match regex_lite::Regex::new(right) {
                Ok(regex) => self.match_regex(&regex, left),
                Err(_) => {
                    self.status = 2;
                    return;
                }
            },
            B::ArithmeticEqualTo
            | B::ArithmeticNotEqualTo
            | B::ArithmeticLessThan
            | B::ArithmeticLessThanOrEqualTo
            | B::ArithmeticGreaterThan
            | B::ArithmeticGreaterThanOrEqualTo => {
                self.refresh_dynamic(io, left);
                let numbers = self.arithmetic(left).and_then(|left| Ok((left, self.arithmetic(right)?)));
                match numbers {
                    Ok((left, right)) => conditions::compare(predicate, left, right),
                    Err(message) => {
                        self.complain(io, &format!("[[: {message}"));
                        self.status = 1;
                        return;
                    }
                }
            }
            other => conditions::binary(io, other, left, right),
        };
        self.status = i32::from(!holds);
    }

    fn match_regex(&mut self, regex: &regex_lite::Regex, text: &str) -> bool {
        let captures = regex.captures(text);
        let groups = captures.as_ref().map_or_else(Vec::new, |captures| {
            captures.iter().map(|group| group.map_or("", |group| group.as_str()).to_owned()).collect()
        });
        let elements = (0i64..).zip(groups).collect();
        self.variables.entry("BASH_REMATCH").value = super::Value::Array(elements);
        captures.is_some()
    }

    pub(super) fn over(status: i32) -> Flow {
        Flow::Over(Step::Exit(status))
    }
}
