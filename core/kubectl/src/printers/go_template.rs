//! `-o go-template`: Go's `text/template` with kubectl's two functions. Templates within templates (`define`, `template`, `block`) are
//! not known.

mod evaluate;
mod functions;
mod parse;

use model::manifest::to_json_compact;
use serde_json::Value;

use super::go_value;
use crate::failure::{Failure, Result, client};

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    text: String,
    nodes: Vec<parse::Node>,
}

/// Why a template failed, and where in its text.
#[derive(Clone, Debug)]
pub(super) struct ExecutionError {
    position: usize,
    context: String,
    message: String,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// kubectl's words if it is none.
    pub fn parse(text: &str) -> Result<Self> {
        match parse::template(text) {
            Ok(nodes) => Ok(Self { text: text.to_owned(), nodes }),
            Err(error) => {
                let line = 1 + text[..error.position].matches('\n').count();
                let why = error.message;
                Err(client(format!("error parsing template {text}, template: output:{line}: {why}")))
            }
        }
    }

    /// What the template prints of a tree. `strict`: a missing key is an error.
    ///
    /// # Errors
    /// What was printed so far with what helps to find the mistake, and the failure.
    pub fn render(&self, value: &Value, strict: bool) -> std::result::Result<String, (String, Failure)> {
        let mut out = String::new();
        match evaluate::run(&self.nodes, value, strict, &mut out) {
            Ok(()) => Ok(out),
            Err(error) => {
                let why = self.message(&error);
                let template = &self.text;
                out.push_str(&format!(
                    "Error executing template: {why}. Printing more information for debugging the template:\n\
                     \ttemplate was:\n\t\t{template}\n\traw data was:\n\t\t{}\n\
                     \tobject given to template engine was:\n\t\t{}\n\n",
                    to_json_compact(value),
                    go_value::to_text(value),
                ));
                Err((out, client(format!("error executing template {template:?}: {why}"))))
            }
        }
    }

    fn message(&self, error: &ExecutionError) -> String {
        let before = &self.text[..error.position];
        let line = 1 + before.matches('\n').count();
        let column = before.rfind('\n').map_or(error.position, |newline| error.position - newline - 1);
        let (context, why) = (&error.context, &error.message);
        format!("template: output:{line}:{column}: executing \"output\" at <{context}>: {why}")
    }
}
