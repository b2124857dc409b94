//! `kubectl config set` and `unset`: one property of a kubeconfig, named by its path.

use base64::Engine as _;
use serde_json::{Map, Value};
use shell::Io;

use crate::command_table::CommandTable;
use crate::failure::{Result, client, usage};
use crate::flags::Flags;
use crate::kubeconfig::{Kubeconfig, LISTS};
use crate::session::{Flow, Outcome};

/// The fields of an entry of each list, with Go's name of the entry's type.
const FIELDS: &[(&str, &str, &[&str])] = &[
    (
        "clusters",
        "api.Cluster",
        &[
            "server",
            "tls-server-name",
            "insecure-skip-tls-verify",
            "certificate-authority",
            "certificate-authority-data",
            "proxy-url",
            "disable-compression",
        ],
    ),
    ("contexts", "api.Context", &["cluster", "user", "namespace"]),
    (
        "users",
        "api.AuthInfo",
        &[
            "client-certificate",
            "client-certificate-data",
            "client-key",
            "client-key-data",
            "token",
            "tokenFile",
            "username",
            "password",
        ],
    ),
];
const SWITCHES: &[&str] = &["insecure-skip-tls-verify", "disable-compression"];

/// What a path names.
enum Property {
    CurrentContext,
    /// A whole list, or one of its entries, or a field of that.
    Entry {
        list: &'static str,
        name: String,
        field: Option<&'static str>,
    },
    List(&'static str),
}

/// Runs `config set`.
pub fn set(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    let [path, text] = flags.args.as_slice() else {
        return Err(usage("config set", format!("Unexpected args: [{}]", flags.args.join(" "))));
    };
    let mut config = Kubeconfig::load(io, flags.text("kubeconfig"), false)?;
    match parse(&config, path)? {
        Property::CurrentContext => config.value["current-context"] = text.as_str().into(),
        Property::Entry { list, name, field: Some(field) } => {
            let value = if SWITCHES.contains(&field) {
                let on: bool = text
                    .parse()
                    .map_err(|_| client(format!("strconv.ParseBool: parsing {text:?}: invalid syntax")))?;
                Value::from(on)
            } else if field.ends_with("-data") && flags.on("set-raw-bytes") {
                base64::engine::general_purpose::STANDARD.encode(text).into()
            } else {
                text.as_str().into()
            };
            config.entry_mut(list, &name).0.insert(field.to_owned(), value);
        }
        Property::Entry { .. } | Property::List(_) => {
            return Err(client("unable to set a whole entry: name one of its fields"));
        }
    }
    config.save(io)?;
    io.out(&format!("Property {path:?} set.\n"));
    Ok(Flow::Done)
}

/// Runs `config unset`.
pub fn unset(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    let [path] = flags.args.as_slice() else {
        return Err(usage("config unset", format!("Unexpected args: [{}]", flags.args.join(" "))));
    };
    let mut config = Kubeconfig::load(io, flags.text("kubeconfig"), false)?;
    match parse(&config, path)? {
        Property::CurrentContext => config.value["current-context"] = "".into(),
        Property::List(list) => config.value[list] = Value::Null,
        Property::Entry { list, name, field } => {
            if config.entry(list, &name).is_none() {
                return Err(client(format!("current map key `{name}` is invalid")));
            }
            match field {
                None => drop(config.remove(list, &name)),
                Some(field) => drop(Map::remove(config.entry_mut(list, &name).0, field)),
            }
        }
    }
    config.save(io)?;
    io.out(&format!("Property {path:?} unset.\n"));
    Ok(Flow::Done)
}

/// Reads a path: `contexts.NAME.namespace`. A name may have dots of its own, if there is such an entry.
fn parse(config: &Kubeconfig, path: &str) -> Result<Property> {
    if path == "current-context" {
        return Ok(Property::CurrentContext);
    }
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let list = LISTS.iter().map(|(list, _)| *list).find(|list| *list == first);
    let Some(list) = list else {
        return Err(client(format!("unable to parse {path} after [] at api.Config")));
    };
    let Some(rest) = rest else { return Ok(Property::List(list)) };
    let known = config
        .entries(list)
        .filter_map(|entry| entry["name"].as_str())
        .filter(|name| rest == *name || rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
        .max_by_key(|name| name.len());
    let name = known.unwrap_or_else(|| rest.split('.').next().unwrap_or(rest));
    let Some(field) = rest[name.len()..].strip_prefix('.') else {
        return Ok(Property::Entry { list, name: name.to_owned(), field: None });
    };
    let fields = FIELDS.iter().find(|(of, ..)| *of == list);
    match fields.and_then(|(_, _, fields)| fields.iter().find(|known| **known == field)) {
        Some(field) => Ok(Property::Entry { list, name: name.to_owned(), field: Some(field) }),
        None => {
            let of_type = fields.map_or("", |(_, of_type, _)| *of_type);
            Err(client(format!("unable to parse {path} after [{list} {name}] at {of_type}")))
        }
    }
}
