//! What an interactive shell needs beside the language: prompts, aliases and completion.

use super::{Shell, builtins};
use crate::file_system::parent_and_name;
use crate::io::Io;
use crate::kernel::CompletionRequest;
use crate::program::Completion;

const ALIASES_MAX: usize = 16;

impl Shell {
    /// A prompt with its backslash escapes replaced.
    pub(super) fn prompt(&self, io: &mut Io<'_>, text: &str) -> String {
        let context = io.context();
        let (hostname, uid) = (context.hostname.clone(), context.uid);
        let home = self.scalar("HOME").unwrap_or_else(|| context.home.clone());
        let cwd = self.scalar("PWD").unwrap_or_else(|| io.cwd().to_owned());
        let shown = match cwd.strip_prefix(&home) {
            Some(rest) if !home.is_empty() && (rest.is_empty() || rest.starts_with('/')) => {
                format!("~{rest}")
            }
            _ => cwd,
        };
        let mut prompt = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                prompt.push(c);
                continue;
            }
            match chars.next() {
                Some('u') => prompt.push_str(&user_name(io, uid)),
                Some('h') => prompt.push_str(hostname.split('.').next().unwrap_or_default()),
                Some('H') => prompt.push_str(&hostname),
                Some('w') => prompt.push_str(&shown),
                Some('W') => prompt.push_str(if shown == "~" || shown == "/" {
                    &shown
                } else {
                    parent_and_name(&shown).1
                }),
                Some('$') => prompt.push(if uid == 0 { '#' } else { '$' }),
                Some('n') => prompt.push('\n'),
                Some('e') => prompt.push('\x1b'),
                Some('s') => prompt.push_str(&self.name),
                Some('0') => {
                    // Only `\033`, the escape character, is in use.
                    chars.next();
                    chars.next();
                    prompt.push('\x1b');
                }
                Some('[') => prompt.push('\x01'),
                Some(']') => prompt.push('\x02'),
                Some(other) => prompt.extend(['\\', other]),
                None => prompt.push('\\'),
            }
        }
        prompt.chars().filter(|c| !matches!(c, '\x01' | '\x02')).collect()
    }

    /// The text with the first word of each command replaced by its alias.
    pub(super) fn with_aliases(&self, text: &str) -> String {
        if self.aliases.is_empty() {
            return text.to_owned();
        }
        let Ok(tokens) =
            brush_parser::uncached_tokenize_str(text, &brush_parser::TokenizerOptions::default())
        else {
            return text.to_owned();
        };
        let chars: Vec<char> = text.chars().collect();
        let mut result = String::new();
        let mut copied = 0;
        let mut command_next = true;
        for token in &tokens {
            let (start, end) = (token.location().start.index, token.location().end.index);
            let word = token.to_str();
            match token {
                brush_parser::Token::Operator(..) => {
                    command_next = matches!(word, "|" | "||" | "&&" | ";" | "&" | "(" | "\n" | "|&" | ";;");
                }
                brush_parser::Token::Word(..) if command_next => {
                    if let Some(alias) = self.alias_of(word) {
                        result.extend(&chars[copied.min(start)..start]);
                        result.push_str(&alias);
                        copied = end;
                    }
                    let keyword = ["if", "then", "elif", "else", "while", "until", "do", "{", "!", "time"];
                    command_next = keyword.contains(&word) || word.contains('=');
                }
                brush_parser::Token::Word(..) => {}
            }
        }
        result.extend(&chars[copied.min(chars.len())..]);
        result
    }

    fn alias_of(&self, word: &str) -> Option<String> {
        let mut text = self.aliases.get(word)?.clone();
        let mut seen = vec![word.to_owned()];
        while seen.len() < ALIASES_MAX {
            let first = text.split_whitespace().next().unwrap_or_default().to_owned();
            match self.aliases.get(&first) {
                Some(next) if !seen.contains(&first) => {
                    let at = text.find(&first).unwrap_or(0);
                    text = format!("{}{next}{}", &text[..at], &text[at + first.len()..]);
                    seen.push(first);
                }
                _ => break,
            }
        }
        Some(text)
    }

    /// Completes the line before the cursor; false if the answer is still to come.
    pub(super) fn complete(&mut self, io: &mut Io<'_>, line: &str) -> bool {
        let (words, quoted_word) = words_of(line);
        let word = words.last().cloned().unwrap_or_default();
        if words.len() <= 1 {
            let mut candidates = if word.contains('/') { Vec::new() } else { self.commands(io, &word) };
            if candidates.is_empty() {
                candidates = files(io, &word);
            }
            self.editor.completed(io, &candidates, &quoted_word);
            return true;
        }
        let expanded = match self.alias_of(&words[0]) {
            Some(text) => {
                let mut expanded: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
                expanded.extend_from_slice(&words[1..]);
                expanded
            }
            None => words,
        };
        match io.kernel.completions.remove(&io.pid) {
            Some(CompletionRequest { words: asked, answer: Some(mut candidates), .. })
                if asked == expanded =>
            {
                if candidates.is_empty() {
                    candidates = files(io, &word);
                }
                candidates.sort();
                candidates.dedup();
                self.editor.completed(io, &candidates, &quoted_word);
                true
            }
            _ => {
                self.editor.ask_again();
                let request =
                    CompletionRequest { words: expanded, env: self.variables.environment(), answer: None };
                io.kernel.completions.insert(io.pid, request);
                false
            }
        }
    }

    fn commands(&self, io: &Io<'_>, start: &str) -> Vec<Completion> {
        let mut names: Vec<String> = builtins::names().map(str::to_owned).collect();
        names.extend(self.functions.keys().cloned());
        names.extend(self.aliases.keys().cloned());
        let path = self.scalar("PATH").unwrap_or_default();
        for folder in path.split(':').filter(|folder| !folder.is_empty()) {
            names.extend(io.read_folder(folder).unwrap_or_default());
        }
        names.retain(|name| name.starts_with(start));
        names.sort();
        names.dedup();
        names.into_iter().map(|word| Completion { word, space: true }).collect()
    }
}

/// The words of the command that the cursor is in; the last may be empty. Also the last as it was typed.
fn words_of(line: &str) -> (Vec<String>, String) {
    let start = line.rfind(['|', ';', '&', '(']).map_or(0, |at| at + 1);
    let mut words: Vec<String> = line[start..].split_whitespace().map(str::to_owned).collect();
    if line.ends_with(char::is_whitespace) || words.is_empty() {
        words.push(String::new());
    }
    while words.len() > 1 && words[0].contains('=') {
        words.remove(0);
    }
    let last = words.last().cloned().unwrap_or_default();
    let typed = last.clone();
    if let Some(word) = words.last_mut() {
        *word = last.replace(['"', '\''], "");
    }
    (words, typed)
}

fn files(io: &Io<'_>, word: &str) -> Vec<Completion> {
    let (shown, start) = match word.rfind('/') {
        Some(at) => (&word[..=at], &word[at + 1..]),
        None => ("", word),
    };
    let home = io.context().home.clone();
    let folder = match shown {
        "" => ".".to_owned(),
        shown => shown.strip_prefix("~/").map_or_else(|| shown.to_owned(), |rest| format!("{home}/{rest}")),
    };
    io.read_folder(&folder)
        .unwrap_or_default()
        .into_iter()
        .filter(|name| name.starts_with(start) && (!name.starts_with('.') || start.starts_with('.')))
        .map(|name| {
            let is_folder = io.stat(&format!("{folder}/{name}")).is_ok_and(|metadata| metadata.is_folder());
            let end = if is_folder { "/" } else { "" };
            Completion { word: format!("{shown}{name}{end}"), space: !is_folder }
        })
        .collect()
}

fn user_name(io: &mut Io<'_>, uid: u32) -> String {
    let users = io.read_file("/etc/passwd").unwrap_or_default();
    let users = String::from_utf8_lossy(&users);
    let found = users.lines().find(|line| line.split(':').nth(2) == Some(&uid.to_string()));
    match found.and_then(|line| line.split(':').next()) {
        Some(name) => name.to_owned(),
        None if uid == 0 => "root".to_owned(),
        None => "I have no name!".to_owned(),
    }
}
