//! How BusyBox's ash differs from bash: the builtins that it lacks, and its words for what goes wrong.
//!
//! The interpreter says everything as bash does; here that is put as ash puts it.

use super::{FrameKind, Input, Shell};
use crate::io::Io;
use crate::machine::Userland;

/// The builtins of bash that ash has not.
const NOT_ASH: [&str; 13] = [
    "builtin",
    "complete",
    "declare",
    "dirs",
    "disown",
    "logout",
    "mapfile",
    "popd",
    "pushd",
    "readarray",
    "shopt",
    "typeset",
    "compgen",
];
/// A wrong use of these ends a shell that is not interactive.
const FATAL: [&str; 7] = [".", "export", "local", "readonly", "set", "source", "unset"];
/// Builtins whose complaints do not name them: they are applets, which speak under the shell's name.
const APPLETS: [&str; 5] = ["[", "echo", "kill", "printf", "test"];
/// What a complaint of an arithmetic expression ends with, in bash.
const ERROR_TOKEN: &str = "(error token is ";

/// Whether the shell is ash.
pub(super) fn is_ash(io: &Io<'_>) -> bool {
    io.context().userland == Userland::Busybox
}

/// Whether ash has this builtin of bash.
pub(super) fn has_builtin(name: &str) -> bool {
    !NOT_ASH.contains(&name)
}

/// Whether a shell that is not interactive ends with this status of a builtin that complained.
pub(super) fn is_fatal(name: &str, status: i32) -> bool {
    FATAL.contains(&name) && (name != "set" || status == 2)
}

/// The status that ash gives where bash gives this one.
pub(super) fn status_of(name: &str, status: i32) -> i32 {
    if status == 1 && matches!(name, "bg" | "cd" | "fg" | "umask") { 2 } else { status }
}

/// A complaint: the builtin that it names, if it names one, and what it says.
pub(super) fn reworded(message: &str) -> (Option<&str>, String) {
    let (who, text) = match message.split_once(": ") {
        Some((who, text)) if super::builtins::names().any(|name| name == who) => (Some(who), text),
        _ => (None, message),
    };
    let named = who.filter(|who| !APPLETS.contains(who) || text.ends_with("no such job"));
    (named, reworded_text(who.unwrap_or_default(), text))
}

fn reworded_text(who: &str, text: &str) -> String {
    if text.contains(ERROR_TOKEN) {
        let divided = text.contains(": division by 0 ");
        return if divided { "divide by zero" } else { "arithmetic syntax error" }.to_owned();
    }
    if let Some(name) = text.strip_suffix(": readonly variable") {
        let name = name.strip_suffix(": cannot unset").unwrap_or(name);
        return format!("{name}: is read only");
    }
    if let Some(name) = text.strip_suffix(": unbound variable") {
        return format!("{name}: parameter not set");
    }
    if let Some(word) = text.strip_prefix('`').and_then(|rest| rest.strip_suffix("': not a valid identifier"))
    {
        return format!("{}: bad variable name", word.split('=').next().unwrap_or(word));
    }
    match who {
        "local" => "not in a function".to_owned(),
        "set" => match (text.strip_suffix(": invalid option name"), text.strip_suffix(": invalid option")) {
            (Some(name), _) => format!("illegal option -o {name}"),
            (_, Some(flag)) => format!("illegal option {flag}"),
            _ => text.to_owned(),
        },
        "read" => text
            .strip_suffix(": invalid option")
            .map_or(text.to_owned(), |flag| format!("illegal option {flag}")),
        "umask" => format!("illegal mode: {}", text.split(':').next().unwrap_or(text)),
        "fg" | "bg" | "wait" if text.ends_with("no such job") => match text.split(':').next() {
            Some("current") | None => "No current job".to_owned(),
            Some(job) => format!("{job}: no such job"),
        },
        "kill" => killed_text(text),
        _ => text.to_owned(),
    }
}

fn killed_text(text: &str) -> String {
    if let Some(pid) = between(text, "(", ") - No such process") {
        return format!("can't kill pid {pid}: No such process");
    }
    match text.split_once(": ") {
        Some((word, "arguments must be process or job IDs")) => format!("invalid number '{word}'"),
        Some((word, "invalid signal specification")) => format!("bad signal name '{word}'"),
        _ => text.to_owned(),
    }
}

/// What ash says of a text that bash calls wrong in these words.
pub(super) fn syntax_message(message: &str, text: &str) -> String {
    let quoted = |token: &str| match token {
        "newline" => token.to_owned(),
        "<<<" => "redirection".to_owned(),
        token => format!("\"{token}\""),
    };
    let unexpected = |token: &str, expected: Option<&str>| match expected {
        Some(expected) => format!("syntax error: unexpected {} (expecting \"{expected}\")", quoted(token)),
        None => format!("syntax error: unexpected {}", quoted(token)),
    };
    let token = between(message, "near unexpected token `", "'");
    // The end of a text that no newline ends is no newline.
    let ended =
        token == Some("newline") && !text.ends_with('\n') || message.ends_with("unexpected end of file");
    if (ended || token == Some("newline"))
        && let Construct::Wrong(token, expected) = open_construct(text, None)
    {
        return unexpected(token, expected);
    }
    if let Some(token) = token.filter(|_| !ended) {
        return match open_construct(text, Some(token)) {
            Construct::Open(expected) | Construct::Wrong(_, expected) => unexpected(token, expected),
        };
    }
    match between(message, "looking for matching `", "'") {
        Some("\"" | "'" | "") => "syntax error: unterminated quoted string".to_owned(),
        Some("`") => "syntax error: EOF in backquote substitution".to_owned(),
        Some("}") => "syntax error: missing '}'".to_owned(),
        Some(_) => "syntax error: unexpected end of file (expecting \")\")".to_owned(),
        None if message.ends_with("bad substitution") => "syntax error: bad substitution".to_owned(),
        None if !ended => message.to_owned(),
        None => match open_construct(text, None) {
            Construct::Open(Some(expected)) => {
                format!("syntax error: unexpected end of file (expecting \"{expected}\")")
            }
            _ => "syntax error: unexpected end of file".to_owned(),
        },
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    // What is quoted may itself be the quote.
    rest.rfind(after).map(|end| &rest[..end])
}

/// How a text stands when it ends.
enum Construct {
    /// Inside commands of which the innermost wants this.
    Open(Option<&'static str>),
    /// A word that closes a command stands where there is none of its kind; what is wanted instead.
    Wrong(&'static str, Option<&'static str>),
}

/// A command may begin behind these.
const STARTING: [&str; 16] =
    [";", "&", "|", "(", ")", "{", "then", "do", "else", "elif", "if", "while", "until", "!", "\n", "esac"];
const CLOSING: [&str; 6] = ["then", "do", "done", "fi", "esac", "}"];

/// What the innermost compound command that a text opens wants next; up to a token that is out of place, if one is given.
fn open_construct(text: &str, until: Option<&str>) -> Construct {
    let mut open: Vec<&'static str> = Vec::new();
    let mut starts_command = true;
    let words = words(text);
    let end = until.and_then(|token| words.iter().rposition(|word| word == token)).unwrap_or(words.len());
    let mut before = "";
    for word in words[..end].iter().map(String::as_str) {
        let wanted = open.last().copied();
        match word {
            _ if wanted == Some(word) && (starts_command || matches!(word, ")" | "in")) => {
                open.pop();
                match word {
                    "then" => open.push("fi"),
                    "do" => open.push("done"),
                    "in" => open.extend(["esac", ")"]),
                    _ => {}
                }
            }
            // The next pattern of a `case`, or its end.
            ";" if before == ";" && wanted == Some("esac") => open.push(")"),
            "esac" if open.ends_with(&["esac", ")"]) => open.truncate(open.len() - 2),
            "elif" if starts_command && wanted == Some("fi") => {
                open.pop();
                open.push("then");
            }
            _ if !starts_command => {}
            "if" => open.push("then"),
            "while" | "until" | "for" => open.push("do"),
            "case" => open.push("in"),
            "{" => open.push("}"),
            "(" => open.push(")"),
            _ => {
                if let Some(closing) = CLOSING.iter().find(|closing| **closing == word) {
                    return Construct::Wrong(closing, wanted);
                }
            }
        }
        starts_command = STARTING.contains(&word);
        before = word;
    }
    Construct::Open(open.last().copied())
}

/// The words and operators of a text, what is quoted as one word.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\'' | '"' => {
                word.push(letter);
                word.extend(rest.by_ref().take_while(|other| *other != letter));
            }
            '\\' => word.extend(rest.next()),
            ' ' | '\t' => words.push(std::mem::take(&mut word)),
            ';' | '&' | '|' | '(' | ')' | '\n' => {
                words.push(std::mem::take(&mut word));
                words.push(letter.to_string());
            }
            _ => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// A word as `set -x` shows it.
pub(super) fn trace_quote(word: &str) -> String {
    let plain = |c: char| c >= '+' && !";<=>?`[\\{|}~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

impl Shell {
    /// The line that is run: of the text of `-c` and of what is piped in, ash counts from zero.
    pub(super) fn ash_line(&self) -> u32 {
        if self.script || self.sourced().is_some() { self.line.max(1) } else { self.line.saturating_sub(1) }
    }

    /// The file that is being sourced.
    fn sourced(&self) -> Option<&str> {
        self.frames.iter().rev().find_map(|frame| match &frame.kind {
            FrameKind::Source { path, .. } => Some(path.as_str()),
            _ => None,
        })
    }

    /// A complaint in ash's words.
    pub(super) fn ash_message(&self, message: &str) -> String {
        let (who, text) = reworded(message);
        let name = if self.options.interactive { self.name.trim_start_matches('-') } else { &self.name };
        let name = if self.options.interactive { name.rsplit('/').next().unwrap_or(name) } else { name };
        let sourced = self.sourced().filter(|path| !path.is_empty());
        let who = who.or(sourced).map(|who| format!("{who}: ")).unwrap_or_default();
        let line = match self.options.interactive && sourced.is_none() {
            false if self.script || !who.is_empty() => format!("line {}: ", self.ash_line()),
            _ => String::new(),
        };
        format!("{name}: {who}{line}{text}\n")
    }

    /// Whether the text at hand was given by `-c`.
    pub(super) fn is_command(&self) -> bool {
        matches!(self.input, Input::Text { command: true, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::{reworded, syntax_message, trace_quote};

    #[test]
    fn ash_has_its_own_words() {
        for (bash, who, ash) in [
            ("export: `1a=2': not a valid identifier", Some("export"), "1a: bad variable name"),
            ("1/0: division by 0 (error token is \"0\")", None, "divide by zero"),
            ("R: readonly variable", None, "R: is read only"),
            ("printf: %z: invalid", None, "%z: invalid"),
        ] {
            assert_eq!(reworded(bash), (who, ash.to_owned()));
        }
    }

    #[test]
    fn unfinished_texts_say_what_they_want() {
        const END: &str = "syntax error: unexpected end of file";
        for (text, bash, ash) in [
            ("if true; then echo a", END, "syntax error: unexpected end of file (expecting \"fi\")"),
            ("while", END, "syntax error: unexpected end of file (expecting \"do\")"),
            ("echo a |", END, END),
            ("{ echo a", END, "syntax error: unexpected end of file (expecting \"}\")"),
            ("case x in", END, "syntax error: unexpected end of file (expecting \")\")"),
            ("echo )", "syntax error near unexpected token `)'", "syntax error: unexpected \")\""),
            (
                "if true; echo a; fi",
                "syntax error near unexpected token `fi'",
                "syntax error: unexpected \"fi\" (expecting \"then\")",
            ),
            (
                "case x in a) echo;; b) if true; then echo; elif false; then echo; fi;; esac; while true; do",
                END,
                "syntax error: unexpected end of file (expecting \"done\")",
            ),
            (
                "echo hi\nfi\n",
                "syntax error near unexpected token `newline'",
                "syntax error: unexpected \"fi\"",
            ),
            (
                "echo \"a",
                "unexpected EOF while looking for matching `\"'",
                "syntax error: unterminated quoted string",
            ),
        ] {
            assert_eq!(syntax_message(bash, text), ash);
        }
    }

    #[test]
    fn traced_words_are_quoted_where_they_could_be_misread() {
        for (word, shown) in [("[", "'['"), ("]", "]"), ("=", "'='"), ("a b", "'a b'"), ("-x", "-x")] {
            assert_eq!(trace_quote(word), shown);
        }
    }
}
