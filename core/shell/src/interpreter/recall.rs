//! History expansion at bash's prompt: `!!`, `!3`, `!-2`, `!word`, `!?text?`, with words of the line, and `^old^new`.

/// What is typed becomes another line, stays as it is (none), or names what does not exist (the message).
pub(super) fn expand(before: &str, line: &str, history: &[String]) -> Result<Option<String>, String> {
    if before.is_empty()
        && let Some(change) = line.strip_prefix('^')
    {
        return substitute(change, history).map(Some);
    }
    let mut quotes = Quotes::default();
    before.chars().for_each(|letter| quotes.pass(letter));
    let letters: Vec<char> = line.chars().collect();
    let (mut text, mut at, mut changed) = (String::new(), 0, false);
    while at < letters.len() {
        if letters[at] == '!'
            && quotes.open != Some('\'')
            && !quotes.escaped
            && is_event(&letters, at, &quotes)
        {
            let (words, length) = recall(&letters[at..], history)?;
            text.push_str(&words);
            at += length;
            changed = true;
        } else {
            quotes.pass(letters[at]);
            text.push(letters[at]);
            at += 1;
        }
    }
    Ok(changed.then_some(text))
}

/// Which quotes are open after some letters.
#[derive(Default)]
struct Quotes {
    open: Option<char>,
    escaped: bool,
}

impl Quotes {
    fn pass(&mut self, letter: char) {
        if std::mem::take(&mut self.escaped) {
            return;
        }
        match (self.open, letter) {
            (Some('\''), '\\') => {}
            (_, '\\') => self.escaped = true,
            (Some(open), letter) if open == letter => self.open = None,
            (None, '\'' | '"') => self.open = Some(letter),
            _ => {}
        }
    }
}

/// Whether the `!` there is none of the language's own: `! cmd`, `!=`, `!(`, `$!`, `${!`, `[!`.
fn is_event(letters: &[char], at: usize, quotes: &Quotes) -> bool {
    let before: String = letters[at.saturating_sub(2)..at].iter().collect();
    let own = before.ends_with(['$', '[']) || before.ends_with("${");
    match letters.get(at + 1) {
        None | Some(' ' | '\t' | '\n' | '=' | '(') => false,
        Some('"') if quotes.open == Some('"') => false,
        Some(_) => !own,
    }
}

/// The words that an event names, and how many letters name it.
fn recall(letters: &[char], history: &[String]) -> Result<(String, usize), String> {
    let rest = &letters[1..];
    let run = |from: usize, ends: &dyn Fn(char) -> bool| {
        rest[from..].iter().position(|letter| ends(*letter)).map_or(rest.len(), |length| from + length)
    };
    let (found, length) = match rest[0] {
        '!' => (history.last(), 1),
        // A designator of words alone is about the last line.
        '$' | '^' | '*' | ':' => (history.last(), 0),
        first if first.is_ascii_digit() || first == '-' && rest.get(1).is_some_and(char::is_ascii_digit) => {
            let length = run(1, &|letter| !letter.is_ascii_digit());
            let number: String = rest[..length].iter().filter(|letter| **letter != '-').collect();
            let number: usize = number.parse().unwrap_or(usize::MAX);
            let index = if first == '-' { history.len().checked_sub(number) } else { number.checked_sub(1) };
            (index.and_then(|index| history.get(index)), length)
        }
        '?' => {
            let end = run(1, &|letter| letter == '?');
            let text: String = rest[1..end].iter().collect();
            (history.iter().rfind(|line| line.contains(&text)), (end + 1).min(rest.len()))
        }
        _ => {
            let length = run(0, &|letter| letter.is_whitespace() || ":;&()|<>^$*\"".contains(letter));
            let text: String = rest[..length].iter().collect();
            let found = history.iter().rfind(|line| line.starts_with(&text) && length > 0);
            (found, length.max(1))
        }
    };
    let named: String = letters[..=length].iter().collect();
    let line = found.ok_or_else(|| format!("{named}: event not found"))?;
    let (words, more) = designated(line, &rest[length..])?;
    Ok((words, 1 + length + more))
}

/// The part of a line that `$`, `^`, `*` or `:N` asks for, and how many letters ask.
fn designated(line: &str, asked: &[char]) -> Result<(String, usize), String> {
    let colon = usize::from(asked.first() == Some(&':'));
    let words = words(line);
    let picked = match asked.get(colon) {
        Some('$') => words.last().cloned(),
        Some('^') => words.get(1).cloned(),
        Some('*') => Some(words.get(1..).unwrap_or_default().join(" ")),
        Some(digit) if colon == 1 && digit.is_ascii_digit() => {
            let number: String = asked[1..].iter().take_while(|letter| letter.is_ascii_digit()).collect();
            let word = number.parse().ok().and_then(|index: usize| words.get(index));
            let word = word.ok_or_else(|| format!(":{number}: bad word specifier"))?;
            return Ok((word.clone(), 1 + number.len()));
        }
        _ => return Ok((line.to_owned(), 0)),
    };
    let asked: String = asked[..=colon].iter().collect();
    picked.map(|word| (word, asked.len())).ok_or_else(|| format!("{asked}: bad word specifier"))
}

/// The words of a line with their quotes; operators are words too.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut quotes = Quotes::default();
    let mut last = ' ';
    for letter in line.chars() {
        let free = quotes.open.is_none() && !quotes.escaped;
        let kind = match letter {
            letter if free && letter.is_whitespace() => ' ',
            ';' | '&' | '|' | '<' | '>' | '(' | ')' if free => '|',
            _ => 'w',
        };
        quotes.pass(letter);
        match words.last_mut().filter(|_| kind == last) {
            _ if kind == ' ' => {}
            Some(word) => word.push(letter),
            None => words.push(letter.to_string()),
        }
        last = kind;
    }
    words
}

/// `^old^new`: the last line with its first `old` replaced.
fn substitute(change: &str, history: &[String]) -> Result<String, String> {
    let mut parts = change.splitn(3, '^');
    let (old, new) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let more = parts.next().unwrap_or_default();
    match history.last().filter(|line| !old.is_empty() && line.contains(old)) {
        Some(line) => Ok(line.replacen(old, new, 1) + more),
        None => Err(format!(":s^{change}: substitution failed")),
    }
}
