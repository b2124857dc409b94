//! The instructions that an awk program becomes: a stack machine can stop between any two of them to wait for input.

use serde::{Deserialize, Serialize};

use super::syntax::{Comparison, Redirection};

/// Where a scalar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    Global(usize),
    Local(usize),
}

/// What is read by getline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reading {
    Input,
    File,
    Command,
}

/// What separates in `split`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Separator {
    /// FS.
    Fields,
    /// The string on the stack.
    Text,
    /// The pattern on the stack.
    Pattern,
}

/// An instruction. Values are taken from the stack and left there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    Number(f64),
    Text(String),
    Get(Place),
    /// Assigns and leaves the value, as all `Set...` do.
    Set(Place),
    Field,
    SetField,
    SetRecord,
    Element(Place),
    SetElement(Place),
    In(Place),
    Delete(Place),
    DeleteAll(Place),
    /// The array itself, for a parameter.
    Array(Place),
    Length(Place),
    /// So many keys become one.
    Join(usize),
    Dup,
    Pop,
    Increment(Place, f64, bool),
    IncrementField(f64, bool),
    IncrementElement(Place, f64, bool),
    Arithmetic(char),
    Negative,
    Positive,
    Not,
    Truth,
    Concat,
    Compare(Comparison),
    Match(bool),
    Jump(usize),
    JumpUnless(usize),
    JumpIf(usize),
    /// If the last `sub` or `getline` gave nothing.
    JumpIfNone(usize),
    /// The result of the last `sub` or `getline`.
    Outcome,
    Call(usize, usize),
    Return,
    Builtin(String, usize),
    Split(Place, Separator),
    Substitute(bool),
    /// What is read, and whether NR counts it.
    Getline(Reading),
    Keys(Place),
    NextKey(usize),
    EndKeys,
    Print(usize, Option<Redirection>),
    Printf(usize, Option<Redirection>),
    Next,
    NextFile,
    Exit(bool),
    Done,
    JumpIfInRange(usize, usize),
    SetRange(usize, bool),
}

/// A function: where it begins, and which of its parameters are arrays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Entry {
    pub at: usize,
    pub parameters: Vec<bool>,
}

/// A program.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Code {
    pub ops: Vec<Op>,
    pub begin: Option<usize>,
    pub main: Option<usize>,
    pub end: Option<usize>,
    pub functions: Vec<Entry>,
    /// Names of global variables; the first ones are awk's own.
    pub globals: Vec<String>,
    /// Names of global arrays.
    pub arrays: Vec<String>,
    pub ranges: usize,
}

/// The variables that awk gives a meaning, in their order.
pub const SPECIAL: [&str; 13] = [
    "NF", "NR", "FNR", "FS", "OFS", "ORS", "RS", "SUBSEP", "CONVFMT", "OFMT", "RSTART", "RLENGTH", "FILENAME",
];
pub const NF: usize = 0;
pub const NR: usize = 1;
pub const FNR: usize = 2;
pub const FS: usize = 3;
pub const OFS: usize = 4;
pub const ORS: usize = 5;
pub const RS: usize = 6;
pub const SUBSEP: usize = 7;
pub const CONVFMT: usize = 8;
pub const OFMT: usize = 9;
pub const RSTART: usize = 10;
pub const RLENGTH: usize = 11;
pub const FILENAME: usize = 12;
/// The arrays that awk fills, in their order.
pub const SPECIAL_ARRAYS: [&str; 2] = ["ENVIRON", "ARGV"];
