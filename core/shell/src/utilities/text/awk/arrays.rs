//! Which names of a program are arrays: awk declares nothing, so use decides.

use std::collections::BTreeSet;

use super::syntax::{Expr, Function, Program, Source, Statement, When};

/// A name in a function (by its index), or a global one.
pub type Scoped = (Option<usize>, String);

/// The names that are arrays.
pub fn arrays(program: &Program) -> BTreeSet<Scoped> {
    let mut known = BTreeSet::new();
    loop {
        let before = known.len();
        for (when, body) in &program.rules {
            let mut scan = Scan { program, scope: None, known: &mut known };
            match when {
                When::Holds(test) => scan.expr(test),
                When::Range(from, to) => {
                    scan.expr(from);
                    scan.expr(to);
                }
                _ => {}
            }
            body.iter().flatten().for_each(|statement| scan.statement(statement));
        }
        for (index, function) in program.functions.iter().enumerate() {
            let mut scan = Scan { program, scope: Some(index), known: &mut known };
            function.body.iter().for_each(|statement| scan.statement(statement));
        }
        if known.len() == before {
            return known;
        }
    }
}

/// The name as seen from a scope: a parameter, or a global.
pub fn resolve(functions: &[Function], scope: Option<usize>, name: &str) -> Scoped {
    let local = scope.filter(|scope| functions[*scope].parameters.iter().any(|parameter| parameter == name));
    (local, name.to_owned())
}

struct Scan<'a> {
    program: &'a Program,
    scope: Option<usize>,
    known: &'a mut BTreeSet<Scoped>,
}

impl Scan<'_> {
    fn mark(&mut self, name: &str) {
        self.known.insert(resolve(&self.program.functions, self.scope, name));
    }

    fn exprs(&mut self, exprs: &[Expr]) {
        exprs.iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Number(_) | Expr::Text(_) | Expr::Regex(_) | Expr::Variable(_) => {}
            Expr::Field(inner) | Expr::Not(inner) | Expr::Negative(inner) | Expr::Positive(inner) => {
                self.expr(inner);
            }
            Expr::Increment { target, .. } => self.expr(target),
            Expr::Element(name, keys) | Expr::In(keys, name) => {
                self.mark(name);
                self.exprs(keys);
            }
            Expr::Assign(left, _, right)
            | Expr::And(left, right)
            | Expr::Or(left, right)
            | Expr::Arithmetic(_, left, right)
            | Expr::Concat(left, right)
            | Expr::Compare(_, left, right)
            | Expr::Match { text: left, pattern: right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            Expr::Condition(test, then, otherwise) => {
                self.expr(test);
                self.expr(then);
                self.expr(otherwise);
            }
            Expr::Call(name, arguments) => {
                self.exprs(arguments);
                let callee = self.program.functions.iter().position(|function| function.name == *name);
                for (index, argument) in arguments.iter().enumerate() {
                    let parameter = callee.and_then(|callee| {
                        Some((callee, self.program.functions[callee].parameters.get(index)?))
                    });
                    if let (Expr::Variable(name), Some((callee, parameter))) = (argument, parameter)
                        && self.known.contains(&(Some(callee), parameter.clone()))
                    {
                        self.mark(name);
                    }
                }
            }
            Expr::Builtin(name, arguments) => {
                self.exprs(arguments);
                if let (true, Some(Expr::Variable(array))) = (name == "split", arguments.get(1)) {
                    self.mark(array);
                }
            }
            Expr::Getline(source, target) => {
                if let Source::File(inner) | Source::Command(inner) = source {
                    self.expr(inner);
                }
                target.iter().for_each(|target| self.expr(target));
            }
            Expr::Group(inner) => self.exprs(inner),
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Block(inner) => inner.iter().for_each(|statement| self.statement(statement)),
            Statement::Expr(expr) | Statement::Exit(Some(expr)) | Statement::Return(Some(expr)) => {
                self.expr(expr);
            }
            Statement::Print { arguments, to, .. } => {
                self.exprs(arguments);
                to.iter().for_each(|(_, to)| self.expr(to));
            }
            Statement::If(test, then, otherwise) => {
                self.expr(test);
                self.statement(then);
                otherwise.iter().for_each(|statement| self.statement(statement));
            }
            Statement::While(test, body) | Statement::Do(body, test) => {
                self.expr(test);
                self.statement(body);
            }
            Statement::For(first, test, step, body) => {
                test.iter().for_each(|test| self.expr(test));
                first.iter().chain(step).for_each(|statement| self.statement(statement));
                self.statement(body);
            }
            Statement::ForIn(_, array, body) => {
                self.mark(array);
                self.statement(body);
            }
            Statement::Delete(array, keys) => {
                self.mark(array);
                keys.iter().for_each(|keys| self.exprs(keys));
            }
            _ => {}
        }
    }
}
