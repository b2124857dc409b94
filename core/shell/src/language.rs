//! The shell's language: text to syntax tree (by `brush-parser`), and the tree to instructions for the interpreter.
//!
//! Instructions are plain data with addresses, and words are expanded by instructions too, so that the interpreter can stop at any
//! of them (while a command substitution runs, say) and go on later, after a snapshot too.

mod commands;
mod parse;
mod redirects;
mod words;

use brush_parser::ast::{BinaryPredicate, UnaryPredicate};
use brush_parser::word::{Parameter, ParameterTransformOp, SubstringMatchKind, TildeExpr};
use serde::{Deserialize, Serialize};

use crate::program::Fd;

pub use parse::{Dialect, SyntaxError, compile, open_here_document};

/// An address in a [`Code`].
pub type Address = usize;

/// A compiled text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Code {
    /// The instructions; the last is `End`.
    pub instructions: Vec<Instruction>,
}

/// What an expansion does with the value of its parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Operation {
    /// Nothing.
    Value,
    /// `${#x}`.
    Length,
    /// `${x#p}`, `${x##p}`; takes a pattern.
    RemovePrefix {
        /// The longest match instead of the shortest.
        longest: bool,
    },
    /// `${x%p}`, `${x%%p}`; takes a pattern.
    RemoveSuffix {
        /// The longest match instead of the shortest.
        longest: bool,
    },
    /// `${x:o:l}`; takes an offset, then a length if it has one.
    Substring {
        /// Whether a length is given.
        has_length: bool,
    },
    /// `${x/p/r}`; takes a pattern and a replacement.
    Replace(SubstringMatchKind),
    /// `${x^p}`, `${x,,p}`; takes a pattern.
    Case {
        /// To upper case.
        upper: bool,
        /// Only the first character.
        first: bool,
    },
    /// `${x@Q}`.
    Transform(ParameterTransformOp),
    /// `${!a[@]}`.
    Keys,
    /// `${!prefix*}`.
    Names,
}

/// How a redirection opens its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RedirectKind {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `>|`
    Clobber,
    /// `>&`: the value is a number or `-`.
    Duplicate,
    /// `<&`: the value is a number or `-`.
    DuplicateInput,
    /// `&>` and, when appending, `&>>`.
    OutputAndError {
        /// At the end of the file.
        append: bool,
    },
    /// `<<` and `<<<`: the value is the content.
    Here,
}

/// One instruction. "Takes" means: from the stack of values, the last pushed first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Instruction {
    /// Starts a word.
    BeginWord,
    /// Adds text to the word.
    Text {
        /// The text.
        text: String,
        /// Whether it is protected from globs.
        quoted: bool,
    },
    /// Adds what a parameter gives. An array element takes its index first, then the operands of the operation.
    Expand {
        /// The parameter.
        parameter: Parameter,
        /// `${!x}`: the value is the name of the parameter.
        indirect: bool,
        /// What is done with the value.
        operation: Operation,
        /// Whether the value stays one field.
        quoted: bool,
    },
    /// Jumps if a parameter is set (and, with `null`, not empty). An array element takes its index.
    JumpIfSet {
        /// The parameter.
        parameter: Parameter,
        /// `${!x...}`.
        indirect: bool,
        /// Whether an empty value counts as unset.
        null: bool,
        /// Where to.
        target: Address,
    },
    /// `${x:=v}`: takes the value (after an element's index).
    AssignParameter(Parameter),
    /// `${x:?m}`: takes the message.
    ParameterError {
        /// The parameter.
        parameter: Parameter,
        /// Whether an empty value counts as unset.
        null: bool,
    },
    /// Adds the output of the commands that follow up to `end`.
    CommandSubstitution {
        /// Where it goes on.
        end: Address,
        /// Whether the output stays one field.
        quoted: bool,
    },
    /// `<(...)`, `>(...)`: adds the name of a file that is a pipe to or from the commands that follow up to `end`.
    ProcessSubstitution {
        /// Whether the commands read.
        write: bool,
        /// Where it goes on.
        end: Address,
    },
    /// `$((...))`: takes the expression.
    Arithmetic {
        /// Whether it is in quotes.
        quoted: bool,
    },
    /// Adds a folder.
    Tilde(TildeExpr),
    /// Ends the word: its fields go to the list.
    EndField,
    /// Ends the word: it goes to the values as one text.
    EndValue,
    /// Ends the word: it goes to the values as a pattern.
    EndPattern,
    /// Ends the word: it goes to the values as a regular expression.
    EndRegex,
    /// Ends the word `name=` and adds it, with the value, to the list: takes the value.
    AppendValue,
    /// Starts a list: the words of a command, of a loop or of an array.
    BeginList,
    /// Sets a variable: takes the value, then an index if it has one.
    Assign {
        /// The name.
        name: String,
        /// Whether an index follows.
        indexed: bool,
        /// `+=`.
        append: bool,
        /// Only for the command that follows.
        temporary: bool,
    },
    /// Sets an array: takes the list.
    AssignArray {
        /// The name.
        name: String,
        /// `+=`.
        append: bool,
    },
    /// Sets one element of an array literal `([k]=v)`: takes the value and the key.
    AssignElement {
        /// The name.
        name: String,
    },
    /// Notes a redirection for what follows: takes its value.
    Redirect {
        /// The number, if one is given.
        fd: Option<Fd>,
        /// How.
        kind: RedirectKind,
    },
    /// Applies the noted redirections until `PopRedirects`; jumps if one fails.
    PushRedirects {
        /// Where to, if one fails.
        failed: Address,
    },
    /// Undoes the last `PushRedirects`.
    PopRedirects,
    /// Runs the command in the list with the noted redirections and assignments.
    Run {
        /// Whether its failure is asked for (`if`, `!`, `&&`), so that `set -e` does not count it.
        condition: bool,
    },
    /// Which line of the text follows.
    Line(u32),
    /// Jumps.
    Jump(Address),
    /// Jumps if the last status is 0.
    JumpIfTrue(Address),
    /// Jumps if the last status is not 0.
    JumpIfFalse(Address),
    /// Makes the last status 0 or 1.
    SetStatus(i32),
    /// `!`.
    Negate,
    /// With `set -e`, ends the shell if the last status is not 0.
    CheckErrexit,
    /// Runs each part in a child of its own, from one to the next; goes on at `end`.
    Pipeline {
        /// Where each part starts.
        parts: Vec<Address>,
        /// Where it goes on.
        end: Address,
        /// Its text, for `jobs`.
        text: String,
    },
    /// Runs the commands that follow up to `end` in a child and waits for it.
    Subshell {
        /// Where it goes on.
        end: Address,
    },
    /// Runs the commands that follow up to `end` in a child and does not wait.
    Background {
        /// Where it goes on.
        end: Address,
        /// Its text, for `jobs`.
        text: String,
    },
    /// Ends a child of a pipeline, a subshell, a substitution or a background job.
    EndChild,
    /// Starts a loop.
    BeginLoop {
        /// Where `break` goes.
        end: Address,
        /// Where `continue` goes.
        next: Address,
    },
    /// Ends a loop; its status is that of the last turn's commands.
    EndLoop,
    /// Makes the list the items of the innermost loop.
    LoopItems,
    /// Gives the loop's variable its next item, or jumps to `end` if there is none.
    NextItem {
        /// The variable.
        variable: String,
        /// Where to, if there is none.
        end: Address,
    },
    /// One turn of a loop: costs time, and notes the status of the turn before.
    Turn,
    /// Jumps if the value under it matches a pattern, which it takes.
    JumpIfMatch(Address),
    /// Drops a value.
    DropValue,
    /// `((...))`: takes the expression.
    ArithmeticCommand,
    /// Part of `[[ ]]`: takes an operand.
    TestUnary(UnaryPredicate),
    /// Part of `[[ ]]`: takes the right operand, then the left.
    TestBinary(BinaryPredicate),
    /// Defines a function, whose body follows up to `end`.
    DefineFunction {
        /// The name.
        name: String,
        /// Where it goes on.
        end: Address,
        /// Its text.
        text: String,
    },
    /// Returns from a function.
    Return,
    /// `time`: notes the present, or prints how long it took since.
    Time {
        /// Whether it is the end.
        end: bool,
    },
    /// The end of the code.
    End,
}

/// Whether a text is the beginning of a command that needs more lines.
#[must_use]
pub fn is_incomplete(text: &str) -> bool {
    matches!(compile(text, Dialect::Bash), Err(SyntaxError::Incomplete(_)))
}
