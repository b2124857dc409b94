//! POSIX regular expressions (with GNU's extensions) on `regex-lite`.
//!
//! A pattern is parsed here, then written in the syntax of `regex-lite`. Two things that it does not know are done by a small
//! backtracking matcher: back-references, and the longest instead of the first of several alternatives.

mod backtrack;
mod parse;

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use parse::Node;

/// A range of bytes of the text.
pub type Span = (usize, usize);

/// Which kind of expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Syntax {
    /// Basic, as in grep.
    Basic,
    /// Extended, as in `grep -E`.
    Extended,
    /// A string, as in `grep -F`.
    Fixed,
    /// Basic, with `\n` and `\t` as in sed.
    SedBasic,
    /// Extended, with `\n` and `\t`, as in `sed -E`.
    SedExtended,
    /// Extended, with `\n` and `\t`, where a backslash quotes in brackets too.
    Awk,
    /// As in `grep -P`, as far as `regex-lite` knows it.
    Perl,
}

/// How it is matched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Options {
    /// Letters match in both cases.
    pub ignore_case: bool,
    /// `^` and `$` match at newlines too.
    pub multiline: bool,
    /// Only between what is not part of a word.
    pub word: bool,
    /// Only whole lines.
    pub line: bool,
}

/// An expression. Only its source is part of a snapshot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pattern {
    source: String,
    syntax: Syntax,
    options: Options,
    #[serde(skip)]
    compiled: OnceLock<Arc<Compiled>>,
}

#[derive(Clone, Debug)]
struct Compiled {
    node: Node,
    groups: usize,
    /// The text itself, if the pattern is nothing else.
    literal: Option<String>,
    /// None if there are back-references.
    fast: Option<regex_lite::Regex>,
    longest: bool,
}

impl Pattern {
    /// Reads an expression.
    ///
    /// # Errors
    /// The message of the C library if it is malformed.
    pub fn new(source: &str, syntax: Syntax, options: Options) -> Result<Self, String> {
        let compiled = Compiled::new(source, syntax, options)?;
        Ok(Self { source: source.to_owned(), syntax, options, compiled: OnceLock::from(Arc::new(compiled)) })
    }

    /// How many groups it has.
    pub fn groups(&self) -> usize {
        self.compiled().groups
    }

    /// Whether it matches somewhere.
    pub fn is_match(&self, text: &str) -> bool {
        let compiled = self.compiled();
        match (&compiled.literal, &compiled.fast) {
            (Some(literal), _) => text.contains(literal.as_str()),
            (None, Some(fast)) => fast.is_match(text),
            (None, None) => self.captures_at(text, 0).is_some(),
        }
    }

    /// The leftmost longest match from `start` on.
    pub fn find_at(&self, text: &str, start: usize) -> Option<Span> {
        let compiled = self.compiled();
        match (&compiled.literal, &compiled.fast) {
            (Some(literal), _) => {
                text.get(start..)?.find(literal).map(|at| (start + at, start + at + literal.len()))
            }
            (None, Some(fast)) if !compiled.longest => {
                fast.find_at(text, start).map(|found| (found.start(), found.end()))
            }
            _ => self.captures_at(text, start).and_then(|captures| captures[0]),
        }
    }

    /// The leftmost longest match from `start` on, and its groups.
    pub fn captures_at(&self, text: &str, start: usize) -> Option<Vec<Option<Span>>> {
        let compiled = self.compiled();
        let Some(fast) = &compiled.fast else {
            let starts =
                text.char_indices().map(|(at, _)| at).chain([text.len()]).skip_while(|at| *at < start);
            return starts
                .filter_map(|at| backtrack::longest(&compiled.node, compiled.groups, self.options, text, at))
                .next();
        };
        let captures = fast.captures_at(text, start)?;
        let first = || captures.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect();
        if !compiled.longest {
            return Some(first());
        }
        let at = captures.get(0).map_or(start, |whole| whole.start());
        backtrack::longest(&compiled.node, compiled.groups, self.options, text, at).or_else(|| Some(first()))
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let none =
                || Compiled { node: Node::Empty, groups: 0, literal: None, fast: None, longest: false };
            Arc::new(Compiled::new(&self.source, self.syntax, self.options).unwrap_or_else(|_| none()))
        })
    }
}

impl Compiled {
    fn new(source: &str, syntax: Syntax, options: Options) -> Result<Self, String> {
        let (node, groups) = if syntax == Syntax::Fixed {
            (Node::Concat(source.chars().map(Node::Literal).collect()), 0)
        } else if syntax == Syntax::Perl {
            (Node::Empty, 0)
        } else {
            parse::parse(source, syntax)?
        };
        let plain = options == Options::default();
        let literal = if plain && syntax != Syntax::Perl { node.literal() } else { None };
        let fast = if node.any(&|node| matches!(node, Node::BackReference(_))) {
            None
        } else {
            let mut text = String::from(if options.ignore_case { "(?is" } else { "(?s" });
            text.push_str(if options.multiline { "m)" } else { ")" });
            let (before, after) = match (options.line, options.word) {
                (true, _) => ("^(?:", ")$"),
                (false, true) => (r"\b{start-half}(?:", r")\b{end-half}"),
                (false, false) => ("", ""),
            };
            text.push_str(before);
            if syntax == Syntax::Perl {
                text.push_str(source);
            } else {
                node.write(&mut text);
            }
            text.push_str(after);
            Some(regex_lite::Regex::new(&text).map_err(|_| match syntax {
                Syntax::Perl => "unsupported Perl expression".to_owned(),
                _ => "Regular expression too big".to_owned(),
            })?)
        };
        let longest = node.any(&|node| matches!(node, Node::Alternate(_)));
        Ok(Self { node, groups, literal, fast, longest })
    }
}

/// What `replacement` (of sed or awk) refers to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Piece {
    /// These characters.
    Text(String),
    /// What a group matched; 0 is the whole match.
    Group(usize),
    /// The case of what follows (`\U`, `\L`, `\u`, `\l`, `\E` of GNU sed).
    Case(char),
}

/// Replaces matches: all from the `from`th on (`every`), or only that one. Tells how many were replaced.
pub fn replace(
    pattern: &Pattern,
    text: &str,
    replacement: &[Piece],
    from: usize,
    every: bool,
) -> (String, usize) {
    let (mut result, mut count, mut seen, mut at, mut copied) =
        (String::with_capacity(text.len()), 0, 0, 0, 0);
    let mut last_end = None;
    while at <= text.len() {
        let Some(captures) = pattern.captures_at(text, at) else { break };
        let Some((start, end)) = captures[0] else { break };
        // An empty match right after a match does not count.
        if !(start == end && last_end == Some(start)) {
            seen += 1;
            if seen >= from {
                result.push_str(&text[copied..start]);
                expand(replacement, text, &captures, &mut result);
                copied = end;
                count += 1;
                if !every {
                    break;
                }
            }
        }
        last_end = Some(end);
        at = if end > start { end } else { end + text[end..].chars().next().map_or(1, char::len_utf8) };
    }
    result.push_str(&text[copied.min(text.len())..]);
    (result, count)
}

fn expand(replacement: &[Piece], text: &str, captures: &[Option<Span>], result: &mut String) {
    let (mut mode, mut once) = (None, None);
    for piece in replacement {
        let part = match piece {
            Piece::Text(part) => part.as_str(),
            Piece::Group(group) => {
                captures.get(*group).copied().flatten().map_or("", |(start, end)| &text[start..end])
            }
            Piece::Case(letter @ ('u' | 'l')) => {
                once = Some(*letter);
                continue;
            }
            Piece::Case(letter) => {
                mode = Some(*letter).filter(|letter| *letter != 'E');
                continue;
            }
        };
        for letter in part.chars() {
            match once.take().or(mode) {
                Some('U' | 'u') => result.extend(letter.to_uppercase()),
                Some('L' | 'l') => result.extend(letter.to_lowercase()),
                _ => result.push(letter),
            }
        }
    }
}

/// The characters of a POSIX class such as `alpha`.
pub fn posix_class(name: &str) -> Option<&'static [(char, char)]> {
    parse::class(name)
}
