//! Text to code, and the wording of syntax errors.

use brush_parser::{ParseError, Parser, ParserOptions};

use super::commands::Compiler;
use super::{Code, Instruction};

/// Why a text can't be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SyntaxError {
    /// More lines may make it whole.
    Incomplete(String),
    /// It is wrong: what bash says after `line N: `, with that line number.
    Wrong(u32, String),
}

impl SyntaxError {
    pub(super) fn at_line(line: u32, message: impl Into<String>) -> Self {
        Self::Wrong(line, message.into())
    }
}

pub(super) fn options() -> ParserOptions {
    ParserOptions { tilde_expansion_after_colon: false, ..ParserOptions::default() }
}

/// Whose language a text is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dialect {
    /// Bash's.
    #[default]
    Bash,
    /// BusyBox's: without braces, arrays and here-strings.
    Ash,
}

/// Compiles a text.
///
/// # Errors
/// If it is not of the language, or not whole.
pub fn compile(text: &str, dialect: Dialect) -> Result<Code, SyntaxError> {
    let mut compiler = Compiler { dialect, ..Compiler::default() };
    compiler.text(text, 1)?;
    compiler.emit(Instruction::End);
    Ok(Code { instructions: compiler.instructions })
}

pub(super) fn parse(text: &str) -> Result<brush_parser::ast::Program, SyntaxError> {
    let mut parser = Parser::new(text.as_bytes(), &options());
    parser.parse_program().map_err(|error| match error {
        // The parser takes no tag without the end of its line.
        _ if !text.ends_with('\n') && (unended_tag(&error) || asks_untagged(text)) => {
            explain_whole_line(text, &error)
        }
        _ => explain(&error, text),
    })
}

/// Whether a text ended before the tag of a here-document did.
fn unended_tag(error: &ParseError) -> bool {
    use brush_parser::TokenizerError::UnterminatedHereDocuments as Unended;
    matches!(error, ParseError::Tokenizing { inner: Unended(tags, _), .. } if tags.is_empty())
}

fn explain_whole_line(text: &str, error: &ParseError) -> SyntaxError {
    let whole = format!("{text}\n");
    let again = Parser::new(whole.as_bytes(), &options()).parse_program();
    again.map_or_else(|error| explain(&error, &whole), |_| explain(error, text))
}

fn asks_untagged(line: &str) -> bool {
    line.trim_end().trim_end_matches('-').ends_with("<<")
}

/// A line asks for a here-document without saying its tag.
fn untagged(text: &str) -> SyntaxError {
    let line = text.lines().position(asks_untagged).unwrap_or_default() as u32 + 1;
    SyntaxError::at_line(line, "syntax error near unexpected token `newline'")
}

/// The tag of a here-document that the text does not end, and the line that asks for it.
#[must_use]
pub fn open_here_document(text: &str) -> Option<(String, u32)> {
    let whole = format!("{}\n", text.trim_end_matches('\n'));
    let mut parser = Parser::new(whole.as_bytes(), &options());
    let Err(ParseError::Tokenizing { inner, .. }) = parser.parse_program() else { return None };
    let brush_parser::TokenizerError::UnterminatedHereDocuments(tags, _) = inner else { return None };
    let tag = tags.split(", ").next()?.replace(['\'', '"', '\\'], "");
    let asks = |line: &str| line.contains("<<") && line.contains(&tag);
    let line = text.lines().position(asks)?;
    Some((tag, line as u32 + 1))
}

fn explain(error: &ParseError, text: &str) -> SyntaxError {
    let last_line = text.lines().count().max(1) as u32;
    if let ParseError::ParsingAtEndOfInput | ParseError::ParsingNear(_) = error
        && let Some((line, token)) = misplaced(text)
    {
        return SyntaxError::at_line(line, format!("syntax error near unexpected token `{token}'"));
    }
    match error {
        error if unended_tag(error) => untagged(text),
        ParseError::ParsingAtEndOfInput => {
            SyntaxError::Incomplete("syntax error: unexpected end of file".to_owned())
        }
        ParseError::ParsingNear(position) => {
            let line = position.line as u32;
            let near = token_at(text, position.index);
            let near = if near == "\n" { "newline".to_owned() } else { near };
            SyntaxError::at_line(line, format!("syntax error near unexpected token `{near}'"))
        }
        ParseError::Tokenizing { inner, .. } => {
            use brush_parser::TokenizerError as Error;
            let message = match inner {
                Error::UnterminatedSingleQuote(_) | Error::UnterminatedAnsiCQuote(_) => {
                    "unexpected EOF while looking for matching `''".to_owned()
                }
                Error::UnterminatedDoubleQuote(_) => {
                    "unexpected EOF while looking for matching `\"'".to_owned()
                }
                Error::UnterminatedBackquote(_) => "unexpected EOF while looking for matching ``'".to_owned(),
                Error::UnterminatedCommandSubstitution
                | Error::UnterminatedExpansion
                | Error::UnterminatedExtendedGlob(_) => {
                    "unexpected EOF while looking for matching `)'".to_owned()
                }
                Error::UnterminatedVariable => "unexpected EOF while looking for matching `}'".to_owned(),
                Error::UnterminatedEscapeSequence | Error::UnterminatedHereDocuments(..) => {
                    "syntax error: unexpected end of file".to_owned()
                }
                Error::MissingHereTag(_) => return untagged(text),
                other => return SyntaxError::at_line(last_line, format!("syntax error: {other}")),
            };
            SyntaxError::Incomplete(message)
        }
    }
}

/// Words that end what another word begins.
const CLOSING: [&str; 7] = ["done", "fi", "}", "then", "do", "else", "esac"];

/// Words after which a command begins, or a name that parentheses may follow.
const LEADING: [&str; 13] =
    ["!", "if", "while", "until", "elif", "else", "then", "do", "{", "time", "function", "coproc", "-p"];

/// What more lines cannot make right, though the parser only meets its consequences later: a word that closes nothing, a redirection to
/// nowhere, a parenthesis amid a command's words.
fn misplaced(text: &str) -> Option<(u32, String)> {
    let first = text.split_whitespace().next().unwrap_or_default().trim_end_matches(';');
    if CLOSING.contains(&first) {
        return Some((1, first.to_owned()));
    }
    let mut scan = Scan { line: 1, ..Scan::default() };
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        match scan.step(letter, rest) {
            Seen::Letters(count) => rest = after_letters(rest, count),
            Seen::Unsure => return None,
            Seen::Parenthesis => return Some((scan.line, "(".to_owned())),
        }
    }
    let (line, open) = scan.redirects?;
    (open && scan.quote.is_none()).then(|| (line, "newline".to_owned()))
}

fn after_letters(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or("", |(at, _)| &text[at..])
}

/// What a step over a text found.
enum Seen {
    /// Nothing wrong in that many letters.
    Letters(usize),
    /// Something with rules of its own: what follows can't be judged letter by letter.
    Unsure,
    /// A parenthesis after a command's second word: `echo b (c)`.
    Parenthesis,
}

/// A walk over a text's letters.
#[derive(Default)]
struct Scan {
    line: u32,
    quote: Option<char>,
    /// The words of the command so far, and the one that is not over yet.
    words: u32,
    word: String,
    /// The line of the last letter that is no space, and whether that letter redirects.
    redirects: Option<(u32, bool)>,
}

impl Scan {
    fn step(&mut self, letter: char, rest: &str) -> Seen {
        self.line += u32::from(letter == '\n');
        match self.quote {
            Some(open) => self.quoted(open, letter, rest),
            None if letter.is_whitespace() => self.space(letter),
            None if letter == '#' && self.word.is_empty() => {
                Seen::Letters(rest.chars().take_while(|letter| *letter != '\n').count())
            }
            None => {
                self.redirects = Some((self.line, matches!(letter, '<' | '>')));
                self.plain(letter, rest)
            }
        }
    }

    fn quoted(&mut self, open: char, letter: char, rest: &str) -> Seen {
        if letter == open {
            self.quote = None;
        }
        match letter {
            _ if open == '\'' => Seen::Letters(1),
            '`' => Seen::Unsure,
            '$' if rest.starts_with("$(") || rest.starts_with("${") => Seen::Unsure,
            '\\' => self.escape(rest),
            _ => Seen::Letters(1),
        }
    }

    fn escape(&mut self, rest: &str) -> Seen {
        self.line += u32::from(rest.starts_with("\\\n"));
        Seen::Letters(2)
    }

    fn space(&mut self, letter: char) -> Seen {
        // Within these, parentheses mean something else.
        if self.word == "case" || self.word == "[[" {
            return Seen::Unsure;
        }
        self.words += u32::from(!self.word.is_empty() && !LEADING.contains(&self.word.as_str()));
        self.word.clear();
        if letter == '\n' {
            self.words = 0;
        }
        Seen::Letters(1)
    }

    fn plain(&mut self, letter: char, rest: &str) -> Seen {
        let special = ["$(", "${", "$'", "$\"", "((", "`"];
        if special.iter().any(|special| rest.starts_with(special))
            || (rest.starts_with("<<") && !rest.starts_with("<<<"))
        {
            return Seen::Unsure;
        }
        match letter {
            '(' => return self.parenthesis(rest),
            ';' | '|' | '&' | ')' => self.command(),
            '\\' => {
                self.word.push(letter);
                return self.escape(rest);
            }
            '\'' | '"' => {
                self.quote = Some(letter);
                self.word.push(letter);
            }
            _ => self.word.push(letter),
        }
        if rest.starts_with("<<<") { Seen::Letters(3) } else { Seen::Letters(1) }
    }

    fn parenthesis(&mut self, rest: &str) -> Seen {
        let function = rest.starts_with("()");
        if !self.word.is_empty() && !function {
            return Seen::Unsure;
        }
        if self.word.is_empty() && self.words > 1 {
            return Seen::Parenthesis;
        }
        self.command();
        Seen::Letters(if function { 2 } else { 1 })
    }

    /// Another command begins.
    fn command(&mut self) {
        self.words = 0;
        self.word.clear();
    }
}

/// The token that starts at a character.
fn token_at(text: &str, index: usize) -> String {
    let rest: Vec<char> = text.chars().skip(index).collect();
    let operators =
        [";;&", "<<<", "&>>", "&&", "||", ";;", ";&", "<<", ">>", "<&", ">&", "<>", ">|", "&>", "|&"];
    let start: String = rest.iter().take(3).collect();
    if let Some(operator) = operators.iter().find(|operator| start.starts_with(**operator)) {
        return (*operator).to_owned();
    }
    match rest.first() {
        None => "newline".to_owned(),
        Some(first) if "\n;&|()<>".contains(*first) => first.to_string(),
        Some(_) => rest.iter().take_while(|c| !c.is_whitespace() && !";&|()<>".contains(**c)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that are whole at their ends, and unfinished after each line before.
    const VALID: [&str; 17] = [
        "if ! (false); then\necho ok\nfi\n",
        "while ! (true); do\necho\ndone\n",
        "if true; then\ncat <<EOF\nhello to you (all)\nEOF\nfi\n",
        "for i in 1; do\necho \"a\nthis is a (b)\"\ndone\n",
        "if true; then # a -> b>\necho x\nfi\n",
        "function greet () {\necho hello\n}\n",
        "if [[ a =~ (a|b) ]]; then\necho yes\nfi\n",
        "if true; then\necho \"$(echo \"a b (c)\")\"\nfi\n",
        "if true; then\necho \"it's\" 'a \"b' # (c) it's >\nfi\n",
        "for ((i = 0; i < 2; i++)); do\necho $((i * (2 + 3)))\ndone\n",
        "case a in\na | b) echo x;;\n(c) echo;;\nesac\n",
        "if a b || (c; d); then\n(e f)\nfi\n",
        "{\ndiff <(a b) <(c d)\nx=(a b c)\n}\n",
        "if true; then\necho a \\\nb c \\(d\nfi\n",
        "if true; then\nf() { :; }; f a; (g h)\nfi\n",
        "if [[ a == @(a|\nb) ]]; then\necho yes\nfi\n",
        "until time -p (true); do\ncat <<< 'a b (c)'\ndone\n",
    ];

    #[test]
    fn beginnings_of_valid_texts_are_only_unfinished() {
        for text in VALID {
            assert!(compile(text, Dialect::Bash).is_ok(), "{text}: {:?}", compile(text, Dialect::Bash).err());
            for (end, _) in text.match_indices('\n') {
                let beginning = compile(&text[..=end], Dialect::Bash).err();
                assert!(!matches!(beginning, Some(SyntaxError::Wrong(..))), "{text}: {beginning:?}");
            }
        }
    }
}
