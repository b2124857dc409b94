//! What an awk program is made of.

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Number(f64),
    Text(String),
    /// A pattern on its own: `$0 ~ /pattern/`.
    Regex(String),
    Variable(String),
    Field(Box<Expr>),
    Element(String, Vec<Expr>),
    /// `=`, or `+=` and its like.
    Assign(Box<Expr>, Option<char>, Box<Expr>),
    Condition(Box<Expr>, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Positive(Box<Expr>),
    /// `+ - * / % ^`
    Arithmetic(char, Box<Expr>, Box<Expr>),
    Concat(Box<Expr>, Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `~`, or `!~`.
    Match {
        negated: bool,
        text: Box<Expr>,
        pattern: Box<Expr>,
    },
    In(Vec<Expr>, String),
    Increment {
        target: Box<Expr>,
        by: f64,
        post: bool,
    },
    Call(String, Vec<Expr>),
    Builtin(String, Vec<Expr>),
    Getline(Source, Option<Box<Expr>>),
    /// `(a, b)`, before `in` or as the arguments of print.
    Group(Vec<Expr>),
}

/// Where getline reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    Input,
    File(Box<Expr>),
    Command(Box<Expr>),
}

/// `<`, `<=`...
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Comparison {
    Less,
    LessEqual,
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
}

/// Where print prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Redirection {
    Write,
    Append,
    Pipe,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    Block(Vec<Statement>),
    Expr(Expr),
    Print { formatted: bool, arguments: Vec<Expr>, to: Option<(Redirection, Expr)> },
    If(Expr, Box<Statement>, Option<Box<Statement>>),
    While(Expr, Box<Statement>),
    Do(Box<Statement>, Expr),
    For(Option<Box<Statement>>, Option<Expr>, Option<Box<Statement>>, Box<Statement>),
    ForIn(String, String, Box<Statement>),
    Next,
    NextFile,
    Exit(Option<Expr>),
    Return(Option<Expr>),
    Break,
    Continue,
    Delete(String, Option<Vec<Expr>>),
}

/// When a rule runs.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    Begin,
    End,
    Always,
    Holds(Expr),
    Range(Expr, Expr),
}

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub name: String,
    pub parameters: Vec<String>,
    pub body: Vec<Statement>,
}

/// A program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Rules; without a body they print.
    pub rules: Vec<(When, Option<Vec<Statement>>)>,
    pub functions: Vec<Function>,
}

/// The functions that awk brings.
pub const BUILTINS: &[&str] = &[
    "length", "substr", "index", "split", "sub", "gsub", "gensub", "match", "sprintf", "tolower", "toupper",
    "int", "sin", "cos", "atan2", "exp", "log", "sqrt", "rand", "srand", "system", "close", "fflush",
    "systime",
];
