//! Label and field selectors: parsed from text (`-l`, `--field-selector`) or from an object's `LabelSelector`, matched, printed.

mod field;
mod label;
mod lexer;
mod parser;
mod syntax;

pub use field::{FieldRequirement, FieldSelector, FieldSelectorError};
pub use label::{Labels, Operator, Requirement, Selector, SelectorError, format_label_selector};
pub use syntax::{label_value_problems, qualified_name_problems, subdomain_problems};
