//! Commands to instructions.

use brush_parser::ast::{
    AndOr, AndOrList, Assignment, AssignmentName, AssignmentValue, CaseItemPostAction, Command,
    CommandPrefixOrSuffixItem as Item, CompoundCommand, CompoundList, ExtendedTestExpr, Pipeline,
    RedirectList, SeparatorOperator, SimpleCommand, SourceLocation,
};
use brush_parser::ast::{BinaryPredicate, UnaryPredicate};

use super::parse::{Dialect, SyntaxError, parse};
use super::words::As;
use super::{Address, Instruction};

type Result = std::result::Result<(), SyntaxError>;

/// Builtins whose arguments of the form `name=value` are assignments.
const DECLARATIONS: [&str; 5] = ["export", "local", "declare", "typeset", "readonly"];

/// Collects the instructions of one text.
#[derive(Default)]
pub(super) struct Compiler {
    pub(super) instructions: Vec<Instruction>,
    pub(super) line: u32,
    pub(super) dialect: Dialect,
    pub(super) first_line: u32,
}

impl Compiler {
    pub(super) fn emit(&mut self, instruction: Instruction) {
        self.instructions.push(instruction);
    }

    pub(super) fn here(&self) -> Address {
        self.instructions.len()
    }

    /// Keeps a place for an instruction whose target is not known yet.
    pub(super) fn reserve(&mut self) -> Address {
        self.emit(Instruction::End);
        self.here() - 1
    }

    pub(super) fn reserve_jump(&mut self) -> Address {
        self.emit(Instruction::Jump(0));
        self.here() - 1
    }

    /// A token that stands where none of its kind may.
    pub(super) fn unexpected(&self, token: &str) -> SyntaxError {
        SyntaxError::at_line(self.line, format!("syntax error near unexpected token `{token}'"))
    }

    pub(super) fn text(&mut self, text: &str, first_line: u32) -> Result {
        let outer = (self.first_line, self.line);
        (self.first_line, self.line) = (first_line, first_line);
        let program = parse(text)?;
        for complete in &program.complete_commands {
            self.list(complete, false)?;
        }
        (self.first_line, self.line) = outer;
        Ok(())
    }

    /// Commands one after the other; with `condition` their failure is asked for.
    pub(super) fn list(&mut self, list: &CompoundList, condition: bool) -> Result {
        for item in &list.0 {
            match item.1 {
                SeparatorOperator::Sequence => self.and_or(&item.0, condition)?,
                SeparatorOperator::Async => {
                    let at = self.reserve();
                    self.and_or(&item.0, true)?;
                    self.emit(Instruction::EndChild);
                    let end = self.here();
                    self.instructions[at] = Instruction::Background { end, text: item.0.to_string() };
                }
            }
        }
        Ok(())
    }

    fn and_or(&mut self, list: &AndOrList, condition: bool) -> Result {
        let more = list.additional.len();
        self.pipeline(&list.first, condition || more > 0)?;
        for (index, next) in list.additional.iter().enumerate() {
            let at = self.reserve();
            let last = index + 1 == more;
            let (AndOr::And(pipeline) | AndOr::Or(pipeline)) = next;
            self.pipeline(pipeline, condition || !last)?;
            let end = self.here();
            self.instructions[at] = match next {
                AndOr::And(_) => Instruction::JumpIfFalse(end),
                AndOr::Or(_) => Instruction::JumpIfTrue(end),
            };
        }
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline, condition: bool) -> Result {
        let condition = condition || pipeline.bang;
        if pipeline.timed.is_some() {
            self.emit(Instruction::Time { end: false });
        }
        match pipeline.seq.as_slice() {
            [] => self.emit(Instruction::SetStatus(0)),
            [only] => self.command(only, condition)?,
            parts => {
                let at = self.reserve();
                let mut starts = Vec::new();
                for part in parts {
                    starts.push(self.here());
                    self.command(part, true)?;
                    self.emit(Instruction::EndChild);
                }
                let end = self.here();
                let text = pipeline.to_string();
                self.instructions[at] = Instruction::Pipeline { parts: starts, end, text };
                if !condition {
                    self.emit(Instruction::CheckErrexit);
                }
            }
        }
        if pipeline.bang {
            self.emit(Instruction::Negate);
        }
        if pipeline.timed.is_some() {
            self.emit(Instruction::Time { end: true });
        }
        Ok(())
    }

    fn command(&mut self, command: &Command, condition: bool) -> Result {
        match command {
            Command::Simple(simple) => {
                self.simple(simple, condition)?;
                if !condition {
                    self.emit(Instruction::CheckErrexit);
                }
                Ok(())
            }
            Command::Compound(compound, redirects) => {
                self.with_redirects(redirects.as_ref(), |compiler| compiler.compound(compound, condition))
            }
            Command::ExtendedTest(test, redirects) => {
                self.with_redirects(redirects.as_ref(), |compiler| compiler.test(&test.expr))?;
                if !condition {
                    self.emit(Instruction::CheckErrexit);
                }
                Ok(())
            }
            Command::Function(function) => {
                let at = self.reserve();
                let body = &function.body;
                self.with_redirects(body.1.as_ref(), |compiler| compiler.compound(&body.0, false))?;
                self.emit(Instruction::Return);
                let end = self.here();
                let name = function.fname.value.clone();
                let text = function.to_string();
                self.instructions[at] = Instruction::DefineFunction { name, end, text };
                Ok(())
            }
        }
    }

    fn with_redirects(
        &mut self,
        redirects: Option<&RedirectList>,
        body: impl FnOnce(&mut Self) -> Result,
    ) -> Result {
        let Some(redirects) = redirects else { return body(self) };
        for redirect in &redirects.0 {
            self.redirect(redirect)?;
        }
        let at = self.reserve();
        body(self)?;
        self.emit(Instruction::PopRedirects);
        let failed = self.here();
        self.instructions[at] = Instruction::PushRedirects { failed };
        Ok(())
    }

    fn note_line(&mut self, line: usize) {
        let line = self.first_line + (line as u32).max(1) - 1;
        if line != self.line || !matches!(self.instructions.first(), Some(Instruction::Line(_))) {
            self.line = line;
            self.emit(Instruction::Line(line));
        }
    }

    fn simple(&mut self, command: &SimpleCommand, condition: bool) -> Result {
        if let Some(span) = command.location() {
            self.note_line(span.start.line);
        }
        let prefix: &[Item] = command.prefix.as_ref().map_or(&[], |prefix| prefix.0.as_slice());
        let suffix: &[Item] = command.suffix.as_ref().map_or(&[], |suffix| suffix.0.as_slice());
        let name = command.word_or_name.as_ref().map(|word| word.value.as_str());
        let declares = name.is_some_and(|name| DECLARATIONS.contains(&name));
        self.emit(Instruction::BeginList);
        if let Some(name) = name {
            self.fields(name)?;
        }
        let mut arrays: Vec<&Assignment> = Vec::new();
        for item in suffix {
            match item {
                Item::Word(word) => self.fields(&word.value)?,
                Item::AssignmentWord(assignment, word) if declares => match &assignment.value {
                    AssignmentValue::Scalar(value) => self.declaration(assignment, &value.value)?,
                    AssignmentValue::Array(_) => {
                        self.fields(&array_name(assignment))?;
                        arrays.push(assignment);
                    }
                    #[allow(unreachable_patterns)]
                    _ => self.fields(&word.value)?,
                },
                Item::AssignmentWord(_, word) => self.fields(&word.value)?,
                Item::IoRedirect(_) => {}
                Item::ProcessSubstitution(direction, subshell) => {
                    self.emit(Instruction::BeginWord);
                    self.process_substitution(direction, subshell)?;
                    self.emit(Instruction::EndField);
                }
            }
        }
        for item in prefix.iter().chain(suffix) {
            if let Item::IoRedirect(redirect) = item {
                self.redirect(redirect)?;
            }
        }
        for item in prefix {
            if let Item::AssignmentWord(assignment, _) = item {
                self.assignment(assignment, name.is_some())?;
            }
        }
        self.emit(Instruction::Run { condition });
        arrays.into_iter().try_for_each(|assignment| self.assignment(assignment, false))
    }

    fn declaration(&mut self, assignment: &Assignment, value: &str) -> Result {
        let plus = if assignment.append { "+" } else { "" };
        let text = format!("{}{plus}=", assignment.name);
        self.assigned_value(value)?;
        // The value was made as a value of its own, so that a tilde in it counts; now it gets its name.
        self.emit(Instruction::BeginWord);
        self.emit(Instruction::Text { text, quoted: true });
        self.emit(Instruction::AppendValue);
        Ok(())
    }

    fn assignment(&mut self, assignment: &Assignment, temporary: bool) -> Result {
        let append = assignment.append;
        match &assignment.value {
            AssignmentValue::Scalar(value) => {
                let (name, indexed) = match &assignment.name {
                    AssignmentName::VariableName(name) => (name.clone(), false),
                    AssignmentName::ArrayElementName(name, index) => {
                        self.value(index, As::Value)?;
                        (name.clone(), true)
                    }
                };
                self.assigned_value(&value.value)?;
                self.emit(Instruction::Assign { name, indexed, append, temporary });
            }
            AssignmentValue::Array(_) if self.dialect == Dialect::Ash => {
                return Err(self.unexpected("("));
            }
            AssignmentValue::Array(elements) => {
                let name = array_name(assignment);
                self.emit(Instruction::BeginList);
                for (key, value) in elements {
                    if key.is_none() {
                        self.fields(&value.value)?;
                    }
                }
                self.emit(Instruction::AssignArray { name: name.clone(), append });
                for (key, value) in elements {
                    if let Some(key) = key {
                        self.value(&key.value, As::Value)?;
                        self.value(&value.value, As::Value)?;
                        self.emit(Instruction::AssignElement { name: name.clone() });
                    }
                }
            }
        }
        Ok(())
    }

    fn compound(&mut self, command: &CompoundCommand, condition: bool) -> Result {
        match command {
            CompoundCommand::BraceGroup(group) => self.list(&group.list, condition),
            CompoundCommand::Subshell(subshell) => {
                let at = self.reserve();
                self.list(&subshell.list, condition)?;
                self.emit(Instruction::EndChild);
                let end = self.here();
                self.instructions[at] = Instruction::Subshell { end };
                self.check(condition);
                Ok(())
            }
            CompoundCommand::IfClause(clause) => self.if_clause(clause, condition),
            CompoundCommand::WhileClause(clause) => {
                self.while_loop(&clause.0, &clause.1.list, true, condition)
            }
            CompoundCommand::UntilClause(clause) => {
                self.while_loop(&clause.0, &clause.1.list, false, condition)
            }
            CompoundCommand::ForClause(clause) => self.for_loop(clause, condition),
            CompoundCommand::ArithmeticForClause(clause) => self.arithmetic_for(clause, condition),
            CompoundCommand::CaseClause(clause) => self.case_clause(clause, condition),
            CompoundCommand::Arithmetic(arithmetic) => {
                self.expression(&arithmetic.expr.value)?;
                self.emit(Instruction::ArithmeticCommand);
                self.check(condition);
                Ok(())
            }
            CompoundCommand::Coprocess(_) => {
                Err(SyntaxError::at_line(self.line, "coproc: not supported in this shell"))
            }
        }
    }

    fn check(&mut self, condition: bool) {
        if !condition {
            self.emit(Instruction::CheckErrexit);
        }
    }

    fn if_clause(&mut self, clause: &brush_parser::ast::IfClauseCommand, condition: bool) -> Result {
        let mut ends = Vec::new();
        let mut branches = vec![(Some(&clause.condition), &clause.then)];
        branches
            .extend(clause.elses.iter().flatten().map(|branch| (branch.condition.as_ref(), &branch.body)));
        let has_else = branches.iter().any(|(test, _)| test.is_none());
        for (test, body) in branches {
            let mut skip = None;
            if let Some(test) = test {
                self.list(test, true)?;
                skip = Some(self.reserve());
            }
            self.list(body, condition)?;
            ends.push(self.reserve_jump());
            if let Some(skip) = skip {
                self.instructions[skip] = Instruction::JumpIfFalse(self.here());
            }
        }
        if !has_else {
            self.emit(Instruction::SetStatus(0));
        }
        let end = self.here();
        for at in ends {
            self.instructions[at] = Instruction::Jump(end);
        }
        Ok(())
    }

    fn while_loop(
        &mut self,
        test: &CompoundList,
        body: &CompoundList,
        wanted: bool,
        condition: bool,
    ) -> Result {
        let begin = self.reserve();
        self.emit(Instruction::SetStatus(0));
        let next = self.here();
        self.emit(Instruction::Turn);
        self.list(test, true)?;
        let exit = self.reserve();
        self.list(body, condition)?;
        self.emit(Instruction::Jump(next));
        let done = self.here();
        self.instructions[exit] =
            if wanted { Instruction::JumpIfFalse(done) } else { Instruction::JumpIfTrue(done) };
        self.emit(Instruction::EndLoop);
        let end = self.here();
        self.instructions[begin] = Instruction::BeginLoop { end, next };
        Ok(())
    }

    fn for_loop(&mut self, clause: &brush_parser::ast::ForClauseCommand, condition: bool) -> Result {
        self.emit(Instruction::BeginList);
        match &clause.values {
            Some(values) => values.iter().try_for_each(|word| self.fields(&word.value))?,
            None => self.fields("\"$@\"")?,
        }
        let begin = self.reserve();
        self.emit(Instruction::LoopItems);
        self.emit(Instruction::SetStatus(0));
        let next = self.here();
        self.emit(Instruction::Turn);
        let item = self.reserve();
        self.list(&clause.body.list, condition)?;
        self.emit(Instruction::Jump(next));
        let done = self.here();
        self.instructions[item] = Instruction::NextItem { variable: clause.variable_name.clone(), end: done };
        self.emit(Instruction::EndLoop);
        let end = self.here();
        self.instructions[begin] = Instruction::BeginLoop { end, next };
        Ok(())
    }

    fn arithmetic_for(
        &mut self,
        clause: &brush_parser::ast::ArithmeticForClauseCommand,
        condition: bool,
    ) -> Result {
        if let Some(first) = &clause.initializer {
            self.expression(&first.value)?;
            self.emit(Instruction::ArithmeticCommand);
        }
        let begin = self.reserve();
        self.emit(Instruction::SetStatus(0));
        let enter = self.reserve_jump();
        let next = self.here();
        if let Some(update) = &clause.updater {
            self.expression(&update.value)?;
            self.emit(Instruction::ArithmeticCommand);
        }
        self.instructions[enter] = Instruction::Jump(self.here());
        self.emit(Instruction::Turn);
        let mut exit = None;
        if let Some(test) = clause.condition.as_ref().filter(|test| !test.value.trim().is_empty()) {
            self.expression(&test.value)?;
            self.emit(Instruction::ArithmeticCommand);
            exit = Some(self.reserve());
        }
        self.list(&clause.body.list, condition)?;
        self.emit(Instruction::Jump(next));
        if let Some(exit) = exit {
            self.instructions[exit] = Instruction::JumpIfFalse(self.here());
        }
        self.emit(Instruction::EndLoop);
        let end = self.here();
        self.instructions[begin] = Instruction::BeginLoop { end, next };
        Ok(())
    }

    fn case_clause(&mut self, clause: &brush_parser::ast::CaseClauseCommand, condition: bool) -> Result {
        self.value(&clause.value.value, As::Value)?;
        let mut ends = Vec::new();
        // The jump of an item that falls into the next item's commands.
        let mut falls: Option<Address> = None;
        for item in &clause.cases {
            let mut matches = Vec::new();
            for pattern in &item.patterns {
                self.value(&pattern.value, As::Pattern)?;
                matches.push(self.reserve());
            }
            let skip = self.reserve_jump();
            let body = self.here();
            for at in matches {
                self.instructions[at] = Instruction::JumpIfMatch(body);
            }
            if let Some(at) = falls.take() {
                self.instructions[at] = Instruction::Jump(body);
            }
            self.emit(Instruction::SetStatus(0));
            if let Some(commands) = &item.cmd {
                self.list(commands, condition)?;
            }
            match item.post_action {
                CaseItemPostAction::ExitCase => ends.push(self.reserve_jump()),
                CaseItemPostAction::UnconditionallyExecuteNextCaseItem => falls = Some(self.reserve_jump()),
                CaseItemPostAction::ContinueEvaluatingCases => {}
            }
            self.instructions[skip] = Instruction::Jump(self.here());
        }
        self.emit(Instruction::SetStatus(0));
        let end = self.here();
        for at in ends.into_iter().chain(falls) {
            self.instructions[at] = Instruction::Jump(end);
        }
        self.emit(Instruction::DropValue);
        Ok(())
    }

    fn test(&mut self, expression: &ExtendedTestExpr) -> Result {
        match expression {
            ExtendedTestExpr::And(left, right) => {
                self.test(left)?;
                let at = self.reserve();
                self.test(right)?;
                self.instructions[at] = Instruction::JumpIfFalse(self.here());
            }
            ExtendedTestExpr::Or(left, right) => {
                self.test(left)?;
                let at = self.reserve();
                self.test(right)?;
                self.instructions[at] = Instruction::JumpIfTrue(self.here());
            }
            ExtendedTestExpr::Not(inner) => {
                self.test(inner)?;
                self.emit(Instruction::Negate);
            }
            ExtendedTestExpr::Parenthesized(inner) => self.test(inner)?,
            ExtendedTestExpr::UnaryTest(predicate, word) => self.unary(predicate, &word.value)?,
            ExtendedTestExpr::BinaryTest(predicate, left, right) => {
                self.value(&left.value, As::Value)?;
                let end = match predicate {
                    BinaryPredicate::StringExactlyMatchesPattern
                    | BinaryPredicate::StringDoesNotExactlyMatchPattern => As::Pattern,
                    BinaryPredicate::StringMatchesRegex => As::Regex,
                    _ => As::Value,
                };
                self.value(&right.value, end)?;
                self.emit(Instruction::TestBinary(predicate.clone()));
            }
        }
        Ok(())
    }

    fn unary(&mut self, predicate: &UnaryPredicate, word: &str) -> Result {
        self.value(word, As::Value)?;
        self.emit(Instruction::TestUnary(predicate.clone()));
        Ok(())
    }
}

fn array_name(assignment: &Assignment) -> String {
    match &assignment.name {
        AssignmentName::VariableName(name) | AssignmentName::ArrayElementName(name, _) => name.clone(),
    }
}
