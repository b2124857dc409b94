//! How a text is written in YAML: plain, quoted or as a block, folded at 80 columns, as kubectl's YAML writer decides.

use std::fmt::Write;

use super::scalar::{Scalar, is_base_60, resolve};

/// Beyond this column a line is folded at the next space.
const WIDTH: usize = 80;

/// The notation of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// The notation that fits the text.
pub(super) fn style_of(text: &str) -> Style {
    let plain_is_other = resolve(text) != Scalar::Text || is_base_60(text);
    if plain_is_other {
        return Style::DoubleQuoted;
    }
    let traits = Traits::of(text);
    if text.contains('\n') {
        let literal = !traits.special && !traits.space_before_break && !text.ends_with(' ');
        return if literal { Style::Literal } else { Style::DoubleQuoted };
    }
    if traits.special {
        Style::DoubleQuoted
    } else if traits.indicators || text.starts_with(' ') || text.ends_with(' ') {
        Style::SingleQuoted
    } else {
        Style::Plain
    }
}

/// What in a text forbids a notation.
struct Traits {
    indicators: bool,
    special: bool,
    space_before_break: bool,
}

impl Traits {
    fn of(text: &str) -> Self {
        let mut traits = Self {
            indicators: text.starts_with("---") || text.starts_with("..."),
            special: false,
            space_before_break: false,
        };
        let letters: Vec<char> = text.chars().collect();
        for (index, letter) in letters.iter().copied().enumerate() {
            let before = index.checked_sub(1).map(|index| letters[index]);
            let after = letters.get(index + 1).copied();
            let blank_follows = after.is_none_or(is_blank);
            traits.indicators |= match (before, letter) {
                (
                    None,
                    ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
                    | '`',
                ) => true,
                (None, '?' | '-') | (_, ':') => blank_follows,
                (Some(before), '#') => is_blank(before),
                _ => false,
            };
            traits.special |= letter != '\n' && !is_printable(letter);
            traits.space_before_break |= letter == ' ' && after == Some('\n');
        }
        traits
    }
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

fn is_printable(letter: char) -> bool {
    matches!(letter, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && !matches!(letter, '\u{feff}' | '\u{2028}' | '\u{2029}')
}

/// Writes a text; `column` is where the line stands, `indent` where its further lines begin.
pub(super) fn write_text(out: &mut String, text: &str, indent: usize, column: usize, may_fold: bool) {
    let pen = Pen { out, indent, column, may_fold };
    match style_of(text) {
        Style::Plain => pen.plain(text),
        Style::SingleQuoted => pen.single_quoted(text),
        Style::DoubleQuoted => pen.double_quoted(text),
        Style::Literal => pen.literal(text),
    }
}

struct Pen<'a> {
    out: &'a mut String,
    indent: usize,
    column: usize,
    may_fold: bool,
}

impl Pen<'_> {
    fn put(&mut self, letter: char) {
        self.out.push(letter);
        self.column += 1;
    }

    fn fold(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', self.indent));
        self.column = self.indent;
    }

    fn plain(mut self, text: &str) {
        let letters: Vec<char> = text.chars().collect();
        let mut after_space = false;
        for (index, letter) in letters.iter().copied().enumerate() {
            let is_space = letter == ' ';
            let space_follows = letters.get(index + 1) == Some(&' ');
            if is_space && self.may_fold && !after_space && self.column > WIDTH && !space_follows {
                self.fold();
            } else {
                self.put(letter);
            }
            after_space = is_space;
        }
    }

    fn single_quoted(mut self, text: &str) {
        let letters: Vec<char> = text.chars().collect();
        let mut after_space = false;
        self.put('\'');
        for (index, letter) in letters.iter().copied().enumerate() {
            let is_space = letter == ' ';
            let inner = index > 0 && index + 1 < letters.len() && letters[index + 1] != ' ';
            if is_space && self.may_fold && !after_space && self.column > WIDTH && inner {
                self.fold();
            } else {
                if letter == '\'' {
                    self.put('\'');
                }
                self.put(letter);
            }
            after_space = is_space;
        }
        self.put('\'');
    }

    fn double_quoted(mut self, text: &str) {
        let letters: Vec<char> = text.chars().collect();
        let mut after_space = false;
        self.put('"');
        for (index, letter) in letters.iter().copied().enumerate() {
            let is_space = letter == ' ';
            if is_space {
                let inner = index > 0 && index + 1 < letters.len();
                if self.may_fold && !after_space && self.column > WIDTH && inner {
                    self.fold();
                    if letters[index + 1] == ' ' {
                        self.put('\\');
                    }
                } else {
                    self.put(' ');
                }
            } else if is_printable(letter) && !matches!(letter, '"' | '\\') {
                self.put(letter);
            } else {
                self.escape(letter);
            }
            after_space = is_space;
        }
        self.put('"');
    }

    fn escape(&mut self, letter: char) {
        const SHORT: [(char, char); 15] = [
            ('\0', '0'),
            ('\u{7}', 'a'),
            ('\u{8}', 'b'),
            ('\t', 't'),
            ('\n', 'n'),
            ('\u{b}', 'v'),
            ('\u{c}', 'f'),
            ('\r', 'r'),
            ('\u{1b}', 'e'),
            ('"', '"'),
            ('\\', '\\'),
            ('\u{85}', 'N'),
            ('\u{a0}', '_'),
            ('\u{2028}', 'L'),
            ('\u{2029}', 'P'),
        ];
        let before = self.out.len();
        let code = u32::from(letter);
        // Writing to a String cannot fail.
        let _ = match SHORT.iter().find(|(special, _)| *special == letter) {
            Some((_, short)) => write!(self.out, "\\{short}"),
            None if code <= 0xff => write!(self.out, "\\x{code:02X}"),
            None if code <= 0xffff => write!(self.out, "\\u{code:04X}"),
            None => write!(self.out, "\\U{code:08X}"),
        };
        self.column += self.out.len() - before;
    }

    /// `|`, with a digit when the text begins blank, `-` without and `+` with several line ends at its end.
    fn literal(mut self, text: &str) {
        self.put('|');
        if text.starts_with([' ', '\n']) {
            self.put('2');
        }
        if !text.ends_with('\n') {
            self.put('-');
        } else if text == "\n" || text.ends_with("\n\n") {
            self.put('+');
        }
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.out.push('\n');
            if !line.is_empty() {
                self.out.extend(std::iter::repeat_n(' ', self.indent));
                self.out.push_str(line);
            }
        }
    }
}
