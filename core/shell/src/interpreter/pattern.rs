//! Shell patterns: `*`, `?`, `[...]`, and the extended `?(a|b)`, `*(..)`, `+(..)`, `@(..)`, `!(..)`. A backslash protects.

/// Whether the whole text matches.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    match_here(&pattern, &text)
}

/// Whether a pattern has anything that is not literal.
#[must_use]
pub fn is_pattern(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    let mut open = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '*' | '?' => return true,
            '[' => open = true,
            ']' if open => return true,
            '@' | '!' | '+' if chars.peek() == Some(&'(') => return true,
            _ => {}
        }
    }
    false
}

/// The pattern without its protecting backslashes.
#[must_use]
pub fn unprotect(pattern: &str) -> String {
    let mut plain = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            plain.extend(chars.next());
        } else {
            plain.push(c);
        }
    }
    plain
}

/// A text as a pattern that matches only it.
#[must_use]
pub fn protect(text: &str) -> String {
    text.chars().flat_map(|c| if "\\*?[]()|!+@-^".contains(c) { vec!['\\', c] } else { vec![c] }).collect()
}

/// The lengths in bytes of all starts of a text that match, shortest first.
pub fn prefixes<'a>(pattern: &'a str, text: &'a str) -> impl DoubleEndedIterator<Item = usize> + 'a {
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    ends.into_iter().filter(move |end| matches(pattern, &text[..*end]))
}

/// Where all ends of a text that match begin, longest first.
pub fn suffixes<'a>(pattern: &'a str, text: &'a str) -> impl DoubleEndedIterator<Item = usize> + 'a {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    starts.into_iter().filter(move |start| matches(pattern, &text[*start..]))
}

fn match_here(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    // The last star and how far the text had come there: a mismatch goes back to it.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let matched = if p == pattern.len() {
            t == text.len()
        } else {
            match pattern[p] {
                c if "?*+@!".contains(c) && pattern.get(p + 1) == Some(&'(') => {
                    match alternatives(&pattern[p + 2..]) {
                        Some((options, length)) => {
                            let rest = &pattern[p + 2 + length..];
                            if match_group(c, &options, rest, &text[t..]) {
                                return true;
                            }
                            false
                        }
                        None => {
                            t < text.len() && text[t] == c && {
                                p += 1;
                                t += 1;
                                continue;
                            }
                        }
                    }
                }
                '*' => {
                    star = Some((p, t));
                    p += 1;
                    continue;
                }
                _ => match single(&pattern[p..], text.get(t).copied()) {
                    Some(length) => {
                        p += length;
                        t += 1;
                        continue;
                    }
                    None => false,
                },
            }
        };
        if matched {
            return true;
        }
        match star {
            Some((at, reached)) if reached < text.len() => {
                star = Some((at, reached + 1));
                p = at + 1;
                t = reached + 1;
            }
            _ => return false,
        }
    }
}

/// Matches one character; how much of the pattern that took.
fn single(pattern: &[char], c: Option<char>) -> Option<usize> {
    let c = c?;
    match pattern[0] {
        '?' => Some(1),
        '\\' => match pattern.get(1) {
            Some(literal) => (*literal == c).then_some(2),
            None => (c == '\\').then_some(1),
        },
        '[' => match set(&pattern[1..], c) {
            Some((true, length)) => Some(1 + length),
            Some((false, _)) => None,
            None => (c == '[').then_some(1),
        },
        literal => (literal == c).then_some(1),
    }
}

/// Whether a set (after its `[`) has the character, and its length with the `]`.
fn set(pattern: &[char], c: char) -> Option<(bool, usize)> {
    let negated = matches!(pattern.first(), Some('!' | '^'));
    let mut at = usize::from(negated);
    let mut found = false;
    let mut first = true;
    loop {
        let mut low = *pattern.get(at)?;
        if low == ']' && !first {
            return Some((found != negated, at + 1));
        }
        first = false;
        if low == '[' && pattern.get(at + 1) == Some(&':') {
            let close =
                (at + 2..pattern.len()).find(|i| pattern[*i] == ':' && pattern.get(i + 1) == Some(&']'))?;
            let name: String = pattern[at + 2..close].iter().collect();
            found |= in_class(&name, c);
            at = close + 2;
            continue;
        }
        if low == '\\' {
            at += 1;
            low = *pattern.get(at)?;
        }
        at += 1;
        let is_range = pattern.get(at) == Some(&'-') && pattern.get(at + 1).is_some_and(|end| *end != ']');
        if is_range {
            let high = *pattern.get(at + 1)?;
            found |= low <= c && c <= high;
            at += 2;
        } else {
            found |= low == c;
        }
    }
}

fn in_class(name: &str, c: char) -> bool {
    match name {
        "alpha" => c.is_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_alphanumeric(),
        "upper" => c.is_uppercase(),
        "lower" => c.is_lowercase(),
        "space" => c.is_whitespace(),
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "xdigit" => c.is_ascii_hexdigit(),
        "cntrl" => c.is_control(),
        "print" => !c.is_control(),
        "graph" => !c.is_control() && !c.is_whitespace(),
        _ => false,
    }
}

/// The alternatives of a group (after its parenthesis), and the length with the closing one.
fn alternatives(pattern: &[char]) -> Option<(Vec<Vec<char>>, usize)> {
    let mut options = vec![Vec::new()];
    let mut depth = 0;
    let mut at = 0;
    loop {
        let c = *pattern.get(at)?;
        at += 1;
        match c {
            '\\' => {
                options.last_mut()?.push(c);
                options.last_mut()?.push(*pattern.get(at)?);
                at += 1;
                continue;
            }
            '(' => depth += 1,
            ')' if depth == 0 => return Some((options, at)),
            ')' => depth -= 1,
            '|' if depth == 0 => {
                options.push(Vec::new());
                continue;
            }
            _ => {}
        }
        options.last_mut()?.push(c);
    }
}

fn match_group(kind: char, options: &[Vec<char>], rest: &[char], text: &[char]) -> bool {
    let any = |part: &[char]| options.iter().any(|option| match_here(option, part));
    match kind {
        '?' | '@' => {
            (kind == '?' && match_here(rest, text))
                || (0..=text.len()).any(|end| any(&text[..end]) && match_here(rest, &text[end..]))
        }
        '!' => (0..=text.len()).any(|end| !any(&text[..end]) && match_here(rest, &text[end..])),
        _ => {
            (kind == '*' && match_here(rest, text))
                || (1..=text.len()).any(|end| {
                    any(&text[..end])
                        && (match_here(rest, &text[end..]) || match_group('*', options, rest, &text[end..]))
                })
        }
    }
}
