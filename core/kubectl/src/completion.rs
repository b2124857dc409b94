//! What Tab offers: commands, flags, kinds, live names, namespaces.

use apiserver::{ApiServer, Caller, ListOptions};
use model::Kind;
use shell::Completion;

use crate::command_table::{CommandSpec, CommandTable, FlagKind};
use crate::resources;

/// Commands whose first argument is a kind.
const TAKE_KINDS: &[&str] = &[
    "get",
    "describe",
    "delete",
    "edit",
    "label",
    "annotate",
    "patch",
    "scale",
    "wait",
    "expose",
    "explain",
    "set image",
    "set env",
    "set resources",
    "rollout status",
    "rollout history",
    "rollout undo",
    "rollout pause",
    "rollout resume",
    "rollout restart",
];
/// Commands whose arguments are of one kind.
const TAKE_NAMES: &[(&str, Kind)] = &[
    ("logs", Kind::Pod),
    ("exec", Kind::Pod),
    ("attach", Kind::Pod),
    ("cordon", Kind::Node),
    ("uncordon", Kind::Node),
    ("drain", Kind::Node),
];
const OUTPUTS: &[&str] = &[
    "custom-columns=",
    "custom-columns-file=",
    "go-template=",
    "go-template-file=",
    "json",
    "jsonpath=",
    "jsonpath-as-json=",
    "jsonpath-file=",
    "name",
    "wide",
    "yaml",
];

/// The ends of the last of `words`; the first is `kubectl`. `namespace` is that of the context.
#[must_use]
pub fn complete(words: &[String], namespace: &str, api: &ApiServer) -> Vec<Completion> {
    let table = CommandTable::load();
    let Some((last, before)) = words.get(1..).and_then(<[String]>::split_last) else { return Vec::new() };
    let root = CommandSpec::default();
    let mut command = &root;
    let mut arguments = Vec::new();
    let mut namespace = namespace.to_owned();
    let mut open_flag = None;
    for word in before {
        if let Some(flag) = open_flag.take() {
            if flag == "namespace" {
                namespace.clone_from(word);
            }
            continue;
        }
        if let Some(name) = word.strip_prefix("--namespace=").or_else(|| word.strip_prefix("-n=")) {
            namespace = name.to_owned();
        } else if word.starts_with('-') {
            open_flag = flag_that_waits(&table, command, word);
        } else if let Some(below) = table.subcommand(command.path, word) {
            command = below;
        } else {
            arguments.push(word.as_str());
        }
    }
    let candidates = match open_flag {
        Some(flag) => values_of(flag, api),
        None if last.starts_with('-') => flags_of(&table, command, last),
        None => arguments_of(&table, command, &arguments, last, &namespace, api),
    };
    let mut found: Vec<Completion> =
        candidates.into_iter().filter(|candidate| candidate.word.starts_with(last.as_str())).collect();
    found.sort();
    found.dedup();
    found
}

fn word(text: impl Into<String>) -> Completion {
    let word = text.into();
    let space = !word.ends_with('=') && !word.ends_with('/');
    Completion { word, space }
}

/// The flag whose value comes next, if the word is one without a value.
fn flag_that_waits(table: &CommandTable, command: &CommandSpec, text: &str) -> Option<&'static str> {
    if text.contains('=') {
        return None;
    }
    let flag = match text.strip_prefix("--") {
        Some(name) => table.flag(command, name),
        None if text.chars().count() == 2 => table.short_flag(command, text.chars().nth(1)?),
        None => None,
    };
    flag.filter(|flag| flag.bare.is_none()).map(|flag| flag.name)
}

fn values_of(flag: &str, api: &ApiServer) -> Vec<Completion> {
    match flag {
        "namespace" => names_of(Kind::Namespace, "", api).into_iter().map(word).collect(),
        "output" => OUTPUTS.iter().map(|text| word(*text)).collect(),
        _ => Vec::new(),
    }
}

fn flags_of(table: &CommandTable, command: &CommandSpec, last: &str) -> Vec<Completion> {
    if let Some((name, _)) = last.split_once('=') {
        let values = if name == "--output" { OUTPUTS } else { &[] };
        return values.iter().map(|value| word(format!("{name}={value}"))).collect();
    }
    command
        .flags
        .iter()
        .chain(&table.global_flags)
        .map(|flag| {
            let equals = if flag.kind == FlagKind::Bool { "" } else { "=" };
            word(format!("--{}{equals}", flag.name))
        })
        .collect()
}

fn arguments_of(
    table: &CommandTable,
    command: &CommandSpec,
    arguments: &[&str],
    last: &str,
    namespace: &str,
    api: &ApiServer,
) -> Vec<Completion> {
    let below: Vec<Completion> = table
        .subcommands(command.path)
        .map(|command| word(command.path.rsplit(' ').next().unwrap_or_default()))
        .collect();
    if !below.is_empty() && arguments.is_empty() && !TAKE_KINDS.contains(&command.path) {
        return below;
    }
    if let Some((_, kind)) = TAKE_NAMES.iter().find(|(path, _)| *path == command.path) {
        if command.path == "exec" && !arguments.is_empty() {
            return Vec::new();
        }
        return names_of(*kind, namespace, api).into_iter().map(word).collect();
    }
    if !TAKE_KINDS.contains(&command.path) {
        return Vec::new();
    }
    if let Some((kind, _)) = last.split_once('/') {
        let Ok(found) = resources::kind_of(kind) else { return Vec::new() };
        return names_of(found, namespace, api)
            .into_iter()
            .map(|name| word(format!("{kind}/{name}")))
            .collect();
    }
    match arguments.first() {
        None => Kind::all().map(|kind| word(kind.info().resource())).collect(),
        Some(kind) => match resources::kinds_of(kind) {
            Ok(kinds) => kinds
                .into_iter()
                .flat_map(|kind| names_of(kind, namespace, api))
                .filter(|name| !arguments.contains(&name.as_str()))
                .map(word)
                .collect(),
            Err(_) => Vec::new(),
        },
    }
}

fn names_of(kind: Kind, namespace: &str, api: &ApiServer) -> Vec<String> {
    let list = api.list(&Caller::admin(), kind, namespace, &ListOptions::default());
    list.map(|list| list.items.iter().map(|object| object.name().to_owned()).collect()).unwrap_or_default()
}
