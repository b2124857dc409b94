//! Variables of a shell: scalars, indexed and associative arrays, in scopes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Value {
    /// Declared, but without a value.
    Unset,
    /// A text.
    Scalar(String),
    /// Elements by number.
    Array(BTreeMap<i64, String>),
    /// Elements by key.
    Map(BTreeMap<String, String>),
}

/// A variable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Variable {
    /// Its value.
    pub value: Value,
    /// Whether children get it.
    pub exported: bool,
    /// Whether it can't be changed.
    pub read_only: bool,
    /// Whether what is assigned is calculated.
    pub integer: bool,
}

/// All variables: the global ones and, inside functions, local ones that hide them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Variables {
    globals: BTreeMap<String, Variable>,
    scopes: Vec<BTreeMap<String, Variable>>,
}

impl Variable {
    /// A text.
    #[must_use]
    pub fn scalar(text: impl Into<String>) -> Self {
        Self { value: Value::Scalar(text.into()), ..Self::unset() }
    }

    /// Declared, without a value.
    #[must_use]
    pub fn unset() -> Self {
        Self { value: Value::Unset, exported: false, read_only: false, integer: false }
    }

    /// The value as one text: of an array its first element.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Unset => None,
            Value::Scalar(text) => Some(text),
            Value::Array(elements) => elements.get(&0).map(String::as_str),
            Value::Map(elements) => elements.get("0").map(String::as_str),
        }
    }
}

impl Variables {
    /// A variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name)).or_else(|| self.globals.get(name))
    }

    /// Its value as one text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// A variable to change; made, globally, if there is none.
    pub fn entry(&mut self, name: &str) -> &mut Variable {
        let scope = self.scopes.iter_mut().rev().find(|scope| scope.contains_key(name));
        let scope = scope.unwrap_or(&mut self.globals);
        scope.entry(name.to_owned()).or_insert_with(Variable::unset)
    }

    /// Sets a text; false if it can't be changed.
    pub fn set(&mut self, name: &str, text: impl Into<String>) -> bool {
        let variable = self.entry(name);
        if variable.read_only {
            return false;
        }
        match &mut variable.value {
            Value::Array(elements) => {
                elements.insert(0, text.into());
            }
            value => *value = Value::Scalar(text.into()),
        }
        true
    }

    /// Sets and exports.
    pub fn export(&mut self, name: &str, text: impl Into<String>) {
        self.set(name, text);
        self.entry(name).exported = true;
    }

    /// Makes a variable of the innermost function.
    pub fn declare_local(&mut self, name: &str, variable: Variable) {
        match self.scopes.last_mut() {
            Some(scope) => scope.insert(name.to_owned(), variable),
            None => self.globals.insert(name.to_owned(), variable),
        };
    }

    /// Whether the innermost function has a variable of its own of this name.
    #[must_use]
    pub fn is_local(&self, name: &str) -> bool {
        self.scopes.last().is_some_and(|scope| scope.contains_key(name))
    }

    /// Whether a function runs.
    #[must_use]
    pub fn in_function(&self) -> bool {
        !self.scopes.is_empty()
    }

    /// Removes a variable; false if it can't be changed.
    pub fn unset(&mut self, name: &str) -> bool {
        if self.get(name).is_some_and(|variable| variable.read_only) {
            return false;
        }
        for scope in self.scopes.iter_mut().rev() {
            if let Some(variable) = scope.get_mut(name) {
                *variable = Variable::unset();
                return true;
            }
        }
        self.globals.remove(name);
        true
    }

    pub(super) fn push_scope(&mut self) {
        self.scopes.push(BTreeMap::new());
    }

    pub(super) fn pop_scope(&mut self) {
        self.scopes.pop();
    }

    pub(super) fn drop_scopes(&mut self) {
        self.scopes.clear();
    }

    /// All names that have a variable, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.globals.keys().cloned().collect();
        names.extend(self.scopes.iter().flat_map(|scope| scope.keys().cloned()));
        names.sort();
        names.dedup();
        names
    }

    /// What children get.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        let mut environment = BTreeMap::new();
        for scope in std::iter::once(&self.globals).chain(&self.scopes) {
            for (name, variable) in scope {
                match variable.text().filter(|_| variable.exported) {
                    Some(text) => {
                        environment.insert(name.clone(), text.to_owned());
                    }
                    None => {
                        environment.remove(name);
                    }
                }
            }
        }
        environment
    }
}
