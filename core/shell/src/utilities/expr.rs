//! `expr`: one expression, each word of it an argument.

use super::options::is_busybox;
use super::text::regex::{Options, Pattern, Syntax};
use crate::io::Io;

/// What goes wrong, as GNU's and BusyBox's `expr` say it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wrong {
    Syntax,
    NotANumber,
    DivisionByZero,
}

type Value = Result<String, Wrong>;

/// The operators by how tightly they bind, the loosest first.
const LEVELS: [&[&str]; 6] =
    [&["|"], &["&"], &["<", "<=", "=", "==", "!=", ">=", ">"], &["+", "-"], &["*", "/", "%"], &[":"]];

/// Prints the value; the status is 1 if it is nothing or zero.
pub fn run(io: &mut Io<'_>, args: &[String]) -> i32 {
    let words: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
    let busybox = is_busybox(io);
    if words.is_empty() {
        io.err(if busybox {
            "expr: too few arguments\n"
        } else {
            "expr: missing operand\nTry 'expr --help' for more information.\n"
        });
        return 2;
    }
    let mut parser = Parser { words: &words, at: 0 };
    let value = parser.level(0);
    match value.and_then(|value| if parser.at == words.len() { Ok(value) } else { Err(Wrong::Syntax) }) {
        Ok(value) => {
            io.out(&format!("{value}\n"));
            i32::from(is_nothing(&value))
        }
        Err(wrong) => {
            let text = match wrong {
                Wrong::Syntax => "syntax error",
                Wrong::NotANumber if busybox => "non-numeric argument",
                Wrong::NotANumber => "non-integer argument",
                Wrong::DivisionByZero => "division by zero",
            };
            io.err(&format!("expr: {text}\n"));
            2
        }
    }
}

fn is_nothing(value: &str) -> bool {
    value.is_empty() || value == "0"
}

struct Parser<'a> {
    words: &'a [&'a str],
    at: usize,
}

impl Parser<'_> {
    fn take(&mut self) -> Result<&str, Wrong> {
        let word = self.words.get(self.at).ok_or(Wrong::Syntax)?;
        self.at += 1;
        Ok(word)
    }

    fn level(&mut self, level: usize) -> Value {
        let Some(operators) = LEVELS.get(level) else { return self.primary() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = self.words.get(self.at).filter(|word| operators.contains(word)) {
            let operator = *operator;
            self.at += 1;
            let right = self.level(level + 1)?;
            left = apply(&left, operator, &right)?;
        }
        Ok(left)
    }

    fn primary(&mut self) -> Value {
        match self.take()? {
            "(" => {
                let value = self.level(0)?;
                if self.take()? == ")" { Ok(value) } else { Err(Wrong::Syntax) }
            }
            "+" => Ok(self.take()?.to_owned()),
            "length" => Ok(self.primary()?.chars().count().to_string()),
            "match" => {
                let text = self.primary()?;
                let pattern = self.primary()?;
                matched(&text, &pattern)
            }
            "index" => {
                let text = self.primary()?;
                let wanted = self.primary()?;
                Ok(text.chars().position(|c| wanted.contains(c)).map_or(0, |at| at + 1).to_string())
            }
            "substr" => {
                let text = self.primary()?;
                let (from, length) = (number(&self.primary()?)?, number(&self.primary()?)?);
                let (Ok(from), Ok(length)) = (usize::try_from(from - 1), usize::try_from(length)) else {
                    return Ok(String::new());
                };
                Ok(text.chars().skip(from).take(length).collect())
            }
            word => Ok(word.to_owned()),
        }
    }
}

fn number(text: &str) -> Result<i64, Wrong> {
    text.parse().map_err(|_| Wrong::NotANumber)
}

fn apply(left: &str, operator: &str, right: &str) -> Value {
    let truth = |holds: bool| Ok(i32::from(holds).to_string());
    let order = || match (left.parse::<i64>(), right.parse::<i64>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        _ => left.cmp(right),
    };
    match operator {
        "|" => Ok(if is_nothing(left) { right } else { left }.to_owned()),
        "&" => Ok(if is_nothing(left) || is_nothing(right) { "0" } else { left }.to_owned()),
        "<" => truth(order().is_lt()),
        "<=" => truth(order().is_le()),
        "=" | "==" => truth(order().is_eq()),
        "!=" => truth(order().is_ne()),
        ">=" => truth(order().is_ge()),
        ">" => truth(order().is_gt()),
        ":" => matched(left, right),
        _ => arithmetic(number(left)?, operator, number(right)?),
    }
}

fn arithmetic(left: i64, operator: &str, right: i64) -> Value {
    let value = match operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        _ if right == 0 => return Err(Wrong::DivisionByZero),
        "/" => left.checked_div(right),
        _ => left.checked_rem(right),
    };
    value.map(|value| value.to_string()).ok_or(Wrong::NotANumber)
}

/// `STRING : PATTERN`, which is anchored: the first group, or how much matches.
fn matched(text: &str, pattern: &str) -> Value {
    let pattern = Pattern::new(pattern, Syntax::Basic, Options::default()).map_err(|_| Wrong::Syntax)?;
    let found = pattern.captures_at(text, 0).filter(|groups| matches!(groups.first(), Some(Some((0, _)))));
    let shown = |span: Option<&Option<(usize, usize)>>| {
        span.and_then(|span| *span).map(|(from, to)| text[from..to].to_owned()).unwrap_or_default()
    };
    Ok(match (found, pattern.groups()) {
        (Some(groups), 0) => shown(groups.first()).chars().count().to_string(),
        (Some(groups), _) => shown(groups.get(1)),
        (None, 0) => "0".to_owned(),
        (None, _) => String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Parser, Value, Wrong};

    fn value(text: &str) -> Value {
        let words: Vec<&str> = text.split(' ').collect();
        let mut parser = Parser { words: &words, at: 0 };
        parser.level(0)
    }

    #[test]
    fn expressions_have_their_values() {
        for (text, expected) in [
            ("1 + 2 * 3", Ok("7")),
            ("( 1 + 2 ) * 3", Ok("9")),
            ("10 / 3", Ok("3")),
            ("a < b", Ok("1")),
            ("10 < 9", Ok("0")),
            ("abc : a\\(.\\)c", Ok("b")),
            ("abc : ab", Ok("2")),
            ("substr abcdef 2 3", Ok("bcd")),
            ("0 | x", Ok("x")),
            ("5 % 0", Err(Wrong::DivisionByZero)),
            ("a + 1", Err(Wrong::NotANumber)),
            ("1 +", Err(Wrong::Syntax)),
        ] {
            assert_eq!(value(text), expected.map(str::to_owned), "{text}");
        }
    }
}
