//! What Tab offers: commands, flags, kinds, live names, namespaces.

use apiserver::{ApiServer, Caller, ListOptions};
use model::Kind;
use shell::{Completion, Io};

use crate::command_table::{CommandSpec, CommandTable, FlagKind};
use crate::kubeconfig::{Kubeconfig, LISTS};
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
/// Commands whose arguments are of one kind unless they say another.
const TAKE_NAMES: &[(&str, Kind)] = &[
    ("logs", Kind::Pod),
    ("exec", Kind::Pod),
    ("attach", Kind::Pod),
    ("port-forward", Kind::Pod),
    ("cp", Kind::Pod),
    ("taint", Kind::Node),
    ("cordon", Kind::Node),
    ("uncordon", Kind::Node),
    ("drain", Kind::Node),
];
/// Of those, the ones that take a single name.
const ONE_NAME: &[&str] = &["logs", "exec", "attach", "port-forward"];
/// Commands whose argument is an entry of the kubeconfig.
const TAKE_ENTRIES: &[(&str, &str)] = &[
    ("config use-context", "contexts"),
    ("config set-context", "contexts"),
    ("config delete-context", "contexts"),
    ("config rename-context", "contexts"),
    ("config get-contexts", "contexts"),
    ("config set-cluster", "clusters"),
    ("config delete-cluster", "clusters"),
    ("config set-credentials", "users"),
    ("config delete-user", "users"),
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

/// The ends of the last of `words`; the first is `kubectl`. `io` is the shell's, whose kubeconfig says where names are looked for.
#[must_use]
pub fn complete(words: &[String], io: &mut Io<'_>, api: &ApiServer) -> Vec<Completion> {
    let table = CommandTable::load();
    let Some((last, before)) = words.get(1..).and_then(<[String]>::split_last) else { return Vec::new() };
    let root = CommandSpec::default();
    let mut command = &root;
    let mut arguments = Vec::new();
    let mut place = Place::default();
    let mut open_flag = None;
    for word in before {
        if let Some(flag) = open_flag.take() {
            place.note(flag, word);
            continue;
        }
        if word.starts_with('-') {
            open_flag = flag_that_waits(&table, command, word);
            if let Some((flag, value)) = flag_with_value(&table, command, word) {
                place.note(flag, value);
            }
        } else if let Some(below) = table.subcommand(command.path, word) {
            command = below;
        } else {
            arguments.push(word.as_str());
        }
    }
    let config = Kubeconfig::load(io, &place.kubeconfig, false).ok();
    let namespace = place.namespace(config.as_ref());
    let known = Known { api, config: config.as_ref(), namespace: &namespace };
    let candidates = match open_flag {
        Some(flag) => known.values_of(flag),
        None if last.starts_with('-') => flags_of(&table, command, last),
        None => known.arguments_of(&table, command, &arguments, last),
    };
    let mut found: Vec<Completion> =
        candidates.into_iter().filter(|candidate| candidate.word.starts_with(last.as_str())).collect();
    found.sort();
    found.dedup();
    found
}

/// Where flags before the cursor say that names are to be looked for.
#[derive(Default)]
struct Place {
    namespace: String,
    context: String,
    kubeconfig: String,
}

impl Place {
    fn note(&mut self, flag: &str, value: &str) {
        let field = match flag {
            "namespace" => &mut self.namespace,
            "context" => &mut self.context,
            "kubeconfig" => &mut self.kubeconfig,
            _ => return,
        };
        value.clone_into(field);
    }

    fn namespace(&self, config: Option<&Kubeconfig>) -> String {
        if !self.namespace.is_empty() {
            return self.namespace.clone();
        }
        let of_context = config.and_then(|config| config.resolve(&self.context, "", "").ok().flatten());
        of_context.unwrap_or_else(|| "default".to_owned())
    }
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

/// `--flag=value` or `-fvalue`.
fn flag_with_value<'a>(
    table: &CommandTable,
    command: &CommandSpec,
    text: &'a str,
) -> Option<(&'static str, &'a str)> {
    if let Some(long) = text.strip_prefix("--") {
        let (name, value) = long.split_once('=')?;
        return Some((table.flag(command, name)?.name, value));
    }
    let letter = text.chars().nth(1)?;
    let value = text.get(1 + letter.len_utf8()..).filter(|value| !value.is_empty())?;
    let flag = table.short_flag(command, letter).filter(|flag| flag.bare.is_none())?;
    Some((flag.name, value.strip_prefix('=').unwrap_or(value)))
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

/// What there is to name.
struct Known<'a> {
    api: &'a ApiServer,
    config: Option<&'a Kubeconfig>,
    namespace: &'a str,
}

impl Known<'_> {
    fn values_of(&self, flag: &str) -> Vec<Completion> {
        if let Some((list, _)) = LISTS.iter().find(|(_, one)| *one == flag) {
            return self.of_config(list);
        }
        match flag {
            "namespace" => self.names_of(Kind::Namespace).into_iter().map(word).collect(),
            "output" => OUTPUTS.iter().map(|text| word(*text)).collect(),
            _ => Vec::new(),
        }
    }

    /// The entries of a list of the kubeconfig.
    fn of_config(&self, list: &str) -> Vec<Completion> {
        let entries = self.config.into_iter().flat_map(|config| config.entries(list));
        entries.filter_map(|entry| entry["name"].as_str()).map(word).collect()
    }

    fn arguments_of(
        &self,
        table: &CommandTable,
        command: &CommandSpec,
        arguments: &[&str],
        last: &str,
    ) -> Vec<Completion> {
        let takes_kinds = TAKE_KINDS.contains(&command.path);
        let below: Vec<Completion> = table
            .subcommands(command.path)
            .map(|command| word(command.path.rsplit(' ').next().unwrap_or_default()))
            .collect();
        if !below.is_empty() && arguments.is_empty() && !takes_kinds {
            return below;
        }
        if let Some((_, list)) = TAKE_ENTRIES.iter().find(|(path, _)| *path == command.path) {
            return if arguments.is_empty() { self.of_config(list) } else { Vec::new() };
        }
        let one_kind = TAKE_NAMES.iter().find(|(path, _)| *path == command.path);
        if let Some((_, kind)) = one_kind.filter(|_| !last.contains('/')) {
            if ONE_NAME.contains(&command.path) && !arguments.is_empty() {
                return Vec::new();
            }
            return self.names_of(*kind).into_iter().map(word).collect();
        }
        if !takes_kinds && one_kind.is_none() {
            return Vec::new();
        }
        if let Some((kind, _)) = last.split_once('/') {
            let Ok(found) = resources::kind_of(kind) else { return Vec::new() };
            return self.names_of(found).into_iter().map(|name| word(format!("{kind}/{name}"))).collect();
        }
        match arguments.first() {
            None => Kind::all().map(|kind| word(kind.info().resource())).collect(),
            Some(kind) => match resources::kinds_of(kind) {
                Ok(kinds) => kinds
                    .into_iter()
                    .flat_map(|kind| self.names_of(kind))
                    .filter(|name| !arguments.contains(&name.as_str()))
                    .map(word)
                    .collect(),
                Err(_) => Vec::new(),
            },
        }
    }

    fn names_of(&self, kind: Kind) -> Vec<String> {
        let list = self.api.list(&Caller::admin(), kind, self.namespace, &ListOptions::default());
        list.map(|list| list.items.iter().map(|object| object.name().to_owned()).collect())
            .unwrap_or_default()
    }
}
