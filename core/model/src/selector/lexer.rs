//! The words of a label selector's text.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Equals,
    DoubleEquals,
    NotEquals,
    Not,
    GreaterThan,
    LessThan,
    Open,
    Close,
    Comma,
    /// Also `in` and `notin`: whether they are operators depends on where they stand.
    Identifier,
    End,
}

/// Symbols, those that begin like another before it.
const SYMBOLS: [(&str, Token); 9] = [
    ("==", Token::DoubleEquals),
    ("!=", Token::NotEquals),
    ("=", Token::Equals),
    ("!", Token::Not),
    (">", Token::GreaterThan),
    ("<", Token::LessThan),
    ("(", Token::Open),
    (")", Token::Close),
    (",", Token::Comma),
];

/// Every token with its text; `End` with an empty text stands last.
pub(super) fn tokens(text: &str) -> Vec<(Token, &str)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let (token, length) = match SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
            Some((symbol, token)) => (*token, symbol.len()),
            None => (Token::Identifier, rest.find(ends_identifier).unwrap_or(rest.len())),
        };
        found.push((token, &rest[..length]));
        rest = rest[length..].trim_start_matches(is_space);
    }
    found.push((Token::End, ""));
    found
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

fn ends_identifier(letter: char) -> bool {
    is_space(letter) || "=!(),><".contains(letter)
}
