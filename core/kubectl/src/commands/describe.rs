//! `kubectl describe`.

use model::Kind;

use crate::describe::describe;
use crate::failure::{client, together_unmarked};
use crate::flags::Flags;
use crate::resources::{self, Found, Info, Selection};
use crate::session::{Flow, Outcome, Session};

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if flags.args.is_empty() && !resources::names_files(flags) {
        return Err(client(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.",
        ));
    }
    let mut found = resources::find(session, flags, &flags.args, false)?;
    add_by_prefix(session, flags, &mut found)?;
    if found.infos.iter().any(|info| info.object.kind() == Kind::Endpoints) {
        session.warn(crate::writing::ENDPOINTS_WARNING);
    }
    let show_events = flags.on("show-events");
    for (index, info) in found.infos.iter().enumerate() {
        let text = describe(session, &info.object, show_events);
        let gap = if index > 0 { "\n\n" } else { "" };
        session.io.out(&format!("{gap}{text}"));
    }
    if found.infos.is_empty() && found.failures.is_empty() {
        let text = if flags.on("all-namespaces") {
            "No resources found".to_owned()
        } else {
            format!("No resources found in {} namespace.", session.client.namespace)
        };
        session.error_line(&text);
    }
    together_unmarked(found.failures)?;
    Ok(Flow::Done)
}

/// One name that is not there stands for all names that begin with it.
fn add_by_prefix(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    found: &mut Found,
) -> crate::failure::Result<()> {
    if resources::names_files(flags) || found.failures.is_empty() {
        return Ok(());
    }
    let Selection::Names(names) = resources::select(&flags.args)? else { return Ok(()) };
    let one_missing = matches!(found.failures.as_slice(), [only] if only.is_not_found());
    if let [kinds, _] = flags.args.as_slice()
        && kinds.contains(',')
        && one_missing
    {
        return Err(client("you may only specify a single resource type"));
    }
    let [(kind, prefix)] = names.as_slice() else { return Ok(()) };
    let namespace = session.client.namespace.clone();
    let list =
        session.api.list(&session.client.caller, *kind, &namespace, &apiserver::ListOptions::default())?;
    let infos: Vec<Info> = list
        .items
        .into_iter()
        .filter(|object| object.name().starts_with(prefix.as_str()))
        .map(|object| Info { object, source: String::new() })
        .collect();
    if !infos.is_empty() {
        found.infos = infos;
        found.failures.clear();
    }
    Ok(())
}
