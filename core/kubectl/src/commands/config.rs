//! `kubectl config`: all of it works on kubeconfig files alone.

use model::manifest;
use serde_json::{Value, json};
use shell::Io;

use crate::command_table::CommandTable;
use crate::failure::{Failure, Result, client, usage};
use crate::flags::Flags;
use crate::kubeconfig::{Kubeconfig, LISTS};
use crate::printers::Format;
use crate::session::{Flow, Outcome};
use crate::tabwriter;

fn load(io: &mut Io<'_>, flags: &Flags) -> Result<Kubeconfig> {
    Kubeconfig::load(io, flags.text("kubeconfig"), false)
}

fn one_argument<'a>(flags: &'a Flags, command: &str, needed: &str) -> Result<&'a str> {
    match flags.args.as_slice() {
        [name] => Ok(name),
        args if needed.is_empty() => Err(client(format!("Unexpected args: [{}]", args.join(" ")))),
        _ => Err(usage(command, format!("Unexpected args: [{}]", flags.args.join(" ")))),
    }
}

/// Runs `config current-context`.
pub fn current_context(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    let config = load(io, flags)?;
    if config.current_context().is_empty() {
        return Err(client("current-context is not set"));
    }
    io.out(&format!("{}\n", config.current_context()));
    Ok(Flow::Done)
}

/// Runs `config use-context`.
pub fn use_context(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    let name = one_argument(flags, "config use-context", "")?;
    let mut config = load(io, flags)?;
    if config.entry("contexts", name).is_none() {
        return Err(client(format!("no context exists with the name: \"{name}\"")));
    }
    config.value["current-context"] = name.into();
    config.save(io)?;
    io.out(&format!("Switched to context \"{name}\".\n"));
    Ok(Flow::Done)
}

/// Runs `config set-context`.
pub fn set_context(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    let config = load(io, flags)?;
    let name = match (flags.args.as_slice(), flags.on("current")) {
        ([], false) => return Err(client("you must specify a non-empty context name or --current")),
        ([], true) => config.current_context().to_owned(),
        ([name], false) => name.clone(),
        ([_], true) => return Err(client("you cannot specify both a context name and --current")),
        _ => return Err(usage("config set-context", format!("Unexpected args: [{}]", flags.args.join(" ")))),
    };
    if name.is_empty() {
        return Err(client("no current context is set"));
    }
    let changes = [("cluster", "cluster"), ("user", "user"), ("namespace", "namespace")];
    set_entry(io, flags, config, "contexts", &name, &changes, |new| {
        format!("Context \"{name}\" {}.\n", if new { "created" } else { "modified" })
    })
}

/// Runs `config set-cluster`.
pub fn set_cluster(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    let name = one_argument(flags, "config set-cluster", "name")?.to_owned();
    let config = load(io, flags)?;
    let changes = [
        ("server", "server"),
        ("certificate-authority", "certificate-authority"),
        ("tls-server-name", "tls-server-name"),
        ("proxy-url", "proxy-url"),
    ];
    set_entry(io, flags, config, "clusters", &name, &changes, |_| format!("Cluster \"{name}\" set.\n"))
}

/// Runs `config set-credentials`.
pub fn set_credentials(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    let name = one_argument(flags, "config set-credentials", "name")?.to_owned();
    let config = load(io, flags)?;
    let changes = [
        ("token", "token"),
        ("client-certificate", "client-certificate"),
        ("client-key", "client-key"),
        ("username", "username"),
        ("password", "password"),
    ];
    set_entry(io, flags, config, "users", &name, &changes, |_| format!("User \"{name}\" set.\n"))
}

fn set_entry(
    io: &mut Io<'_>,
    flags: &Flags,
    mut config: Kubeconfig,
    list: &str,
    name: &str,
    changes: &[(&str, &str)],
    said: impl Fn(bool) -> String,
) -> Outcome {
    let (fields, new) = config.entry_mut(list, name);
    for (flag, field) in changes {
        if flags.given(flag) {
            fields.insert((*field).to_owned(), flags.text(flag).into());
        }
    }
    if flags.knows("insecure-skip-tls-verify")
        && flags.given("insecure-skip-tls-verify")
        && list == "clusters"
    {
        fields.insert("insecure-skip-tls-verify".to_owned(), flags.on("insecure-skip-tls-verify").into());
    }
    if list == "contexts" {
        for needed in ["cluster", "user"] {
            fields.entry(needed).or_insert_with(|| "".into());
        }
    }
    config.save(io)?;
    io.out(&said(new));
    Ok(Flow::Done)
}

fn delete_entry(io: &mut Io<'_>, flags: &Flags, list: &str, one: &str) -> Outcome {
    let name = one_argument(flags, &format!("config delete-{one}"), "")?;
    let mut config = load(io, flags)?;
    if !config.remove(list, name) {
        return Err(client(format!("cannot delete {one} {name}, not in {}", config.path)));
    }
    if list == "contexts" && config.current_context() == name {
        io.err("warning: this removed your active context, use \"kubectl config use-context\" to select a different one\n");
    }
    config.save(io)?;
    io.out(&format!("deleted {one} {name} from {}\n", config.path));
    Ok(Flow::Done)
}

/// Runs `config delete-context`.
pub fn delete_context(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    delete_entry(io, flags, "contexts", "context")
}

/// Runs `config delete-cluster`.
pub fn delete_cluster(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    delete_entry(io, flags, "clusters", "cluster")
}

/// Runs `config delete-user`.
pub fn delete_user(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    delete_entry(io, flags, "users", "user")
}

/// Runs `config rename-context`.
pub fn rename_context(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    let [old, new] = flags.args.as_slice() else {
        return Err(usage("config rename-context", format!("Unexpected args: [{}]", flags.args.join(" "))));
    };
    let mut config = load(io, flags)?;
    let Some(context) = config.entry("contexts", old).cloned() else {
        return Err(client(format!("cannot rename the context \"{old}\", it's not in {}", config.path)));
    };
    if config.entry("contexts", new).is_some() {
        return Err(client(format!(
            "cannot rename the context \"{old}\", the context \"{new}\" already exists in {}",
            config.path
        )));
    }
    config.remove("contexts", old);
    let (fields, _) = config.entry_mut("contexts", new);
    if let Value::Object(context) = context {
        *fields = context;
    }
    if config.current_context() == old {
        config.value["current-context"] = new.clone().into();
    }
    config.save(io)?;
    io.out(&format!("Context \"{old}\" renamed to \"{new}\".\n"));
    Ok(Flow::Done)
}

fn names(io: &mut Io<'_>, flags: &Flags, list: &str) -> Outcome {
    let config = load(io, flags)?;
    io.out("NAME\n");
    for entry in config.entries(list) {
        io.out(&format!("{}\n", entry["name"].as_str().unwrap_or_default()));
    }
    Ok(Flow::Done)
}

/// Runs `config get-clusters`.
pub fn get_clusters(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    names(io, flags, "clusters")
}

/// Runs `config get-users`.
pub fn get_users(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    names(io, flags, "users")
}

/// Runs `config get-contexts`.
pub fn get_contexts(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    let config = load(io, flags)?;
    let names_only = flags.text("output") == "name";
    let mut text = String::new();
    if !names_only && !flags.on("no-headers") {
        text.push_str("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n");
    }
    let mut failures = Vec::new();
    let all: Vec<String> =
        config.entries("contexts").filter_map(|entry| entry["name"].as_str().map(str::to_owned)).collect();
    let wanted = if flags.args.is_empty() { &all } else { &flags.args };
    for name in wanted {
        let Some(context) = config.entry("contexts", name) else {
            failures.push(client(format!("context {name} not found")));
            continue;
        };
        if names_only {
            text.push_str(&format!("{name}\n"));
            continue;
        }
        let field = |field: &str| context[field].as_str().unwrap_or_default().to_owned();
        let mark = if config.current_context() == name { "*" } else { "" };
        text.push_str(&format!(
            "{mark}\t{name}\t{}\t{}\t{}\n",
            field("cluster"),
            field("user"),
            field("namespace")
        ));
    }
    let text = if names_only { text } else { tabwriter::align(&text, tabwriter::TABLE) };
    io.out(&text);
    crate::failure::together(failures)?;
    Ok(Flow::Done)
}

/// Secrets of a kubeconfig, which `view` does not show.
const SENSITIVE: &[(&str, &str)] = &[
    ("certificate-authority-data", "DATA+OMITTED"),
    ("client-certificate-data", "DATA+OMITTED"),
    ("client-key-data", "DATA+OMITTED"),
    ("token", "REDACTED"),
    ("password", "REDACTED"),
];

/// Runs `config view`.
pub fn view(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    if !flags.args.is_empty() {
        return Err(Failure::Client(format!("unexpected arguments: [{}]", flags.args.join(" "))));
    }
    let mut config = load(io, flags)?;
    if flags.on("minify") {
        minify(&mut config)?;
    }
    if !flags.on("raw") {
        for (list, one) in LISTS {
            for entry in config.value[list].as_array_mut().into_iter().flatten() {
                for (field, shown) in SENSITIVE {
                    if entry[one].get(field).is_some() {
                        entry[one][*field] = (*shown).into();
                    }
                }
            }
        }
    }
    let text = match flags.text("output") {
        "yaml" | "" => manifest::to_yaml(&config.value),
        "json" => manifest::to_json(&config.value),
        _ => match Format::read(io, flags, false)? {
            Some(format) => format.print(&config.value, 0)?,
            None => String::new(),
        },
    };
    io.out(&text);
    Ok(Flow::Done)
}

/// Keeps only what the current context uses.
fn minify(config: &mut Kubeconfig) -> Result<()> {
    let name = config.current_context().to_owned();
    let Some(context) = config.entry("contexts", &name).cloned() else {
        return Err(client("current-context must exist in order to minify"));
    };
    for (list, wanted) in [
        ("contexts", json!(name)),
        ("clusters", context["cluster"].clone()),
        ("users", context["user"].clone()),
    ] {
        if let Some(entries) = config.value[list].as_array_mut() {
            entries.retain(|entry| entry["name"] == wanted);
        }
    }
    Ok(())
}
