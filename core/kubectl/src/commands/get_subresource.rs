//! `kubectl get --subresource`: objects by way of a part of theirs.

use std::sync::Arc;

use apiserver::printers::human_duration;
use apiserver::{Part, Scale};
use model::{Kind, Object};
use serde_json::Value;

use crate::failure::{Failure, Result, client, together_unmarked};
use crate::flags::Flags;
use crate::printers::table::{self, TableOptions};
use crate::printers::{Format, columns, list_of};
use crate::resources::{self, Selection};
use crate::session::{Flow, Outcome, Session};

/// Prints the subresource of each object that the arguments name.
///
/// # Errors
/// If lists are asked for, or the server refuses.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags, format: &Format) -> Outcome {
    let names = named(session, flags)?;
    let caller = session.client.caller.clone();
    let (mut parts, mut failures): (Vec<Part>, Vec<Failure>) = (Vec::new(), Vec::new());
    for (kind, namespace, name) in &names {
        match session.api.get_part(&caller, *kind, namespace, name, flags.text("subresource")) {
            Ok(part) => parts.push(part),
            Err(status) if status.is_not_found() && flags.on("ignore-not-found") => {}
            Err(status) => failures.push(status.into()),
        }
    }
    let text = match format {
        Format::Table { wide } => tables(session, flags, &parts, *wide),
        _ => values(session, flags, format, &parts, names.len() == 1)?,
    };
    session.io.out(&text);
    together_unmarked(failures)?;
    Ok(Flow::Done)
}

fn named(session: &mut Session<'_, '_>, flags: &Flags) -> Result<Vec<(Kind, String, String)>> {
    if resources::names_files(flags) {
        let objects = crate::files::load_strictly(session, flags)?;
        return Ok(objects.into_iter().map(|object| (object.kind, object.namespace, object.name)).collect());
    }
    let selection = resources::select(&flags.args)?;
    resources::check_selection(&selection, flags, false)?;
    let namespace = session.client.namespace.clone();
    match selection {
        Selection::Names(names) => {
            Ok(names.into_iter().map(|(kind, name)| (kind, namespace.clone(), name)).collect())
        }
        Selection::Kinds(_) => Err(client("subresource cannot be used when bulk resources are specified")),
    }
}

fn values(
    session: &Session<'_, '_>,
    flags: &Flags,
    format: &Format,
    parts: &[Part],
    single: bool,
) -> Result<String> {
    let values: Vec<Value> = parts
        .iter()
        .map(|part| match part {
            Part::Object(object) => super::get::value_of(session, flags, object),
            Part::Scale(scale) => scale.to_value(),
        })
        .collect();
    Ok(match (format, values.as_slice()) {
        (_, []) => String::new(),
        (Format::Name, values) => {
            values.iter().map(|value| format.print(value, 0)).collect::<Result<String>>()?
        }
        (Format::Columns(columns), values) => columns::print(columns, values, !flags.on("no-headers"))?,
        (_, [only]) if single => format.print(only, 0)?,
        (_, values) => format.print(&list_of(values), 0)?,
    })
}

/// One table for neighbours of the same sort.
fn tables(session: &Session<'_, '_>, flags: &Flags, parts: &[Part], wide: bool) -> String {
    let options = TableOptions::of(flags, wide);
    let (mut text, mut rest) = (String::new(), parts);
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|part| same_sort(first, part)).count();
        if !text.is_empty() && !options.no_headers {
            text.push('\n');
        }
        let lines = match first {
            Part::Object(object) => {
                let objects: Vec<Arc<Object>> = rest[..count].iter().filter_map(object_of).collect();
                table::lines(session.api, object.kind(), &objects, &options, "", true)
            }
            Part::Scale(_) => scale_lines(session, &rest[..count], &options),
        };
        text.push_str(&table::align(&lines, &mut Vec::new()));
        rest = &rest[count..];
    }
    text
}

fn same_sort(one: &Part, other: &Part) -> bool {
    match (one, other) {
        (Part::Object(one), Part::Object(other)) => one.kind() == other.kind(),
        (Part::Scale(_), Part::Scale(_)) => true,
        _ => false,
    }
}

fn object_of(part: &Part) -> Option<Arc<Object>> {
    match part {
        Part::Object(object) => Some(object.clone()),
        Part::Scale(_) => None,
    }
}

fn scale_lines(session: &Session<'_, '_>, parts: &[Part], options: &TableOptions) -> String {
    let heading = if options.no_headers { "" } else { "NAME\tDESIRED\tAVAILABLE\tAGE\n" };
    let rows = parts.iter().filter_map(|part| match part {
        Part::Scale(scale) => Some(scale_row(session, scale)),
        Part::Object(_) => None,
    });
    std::iter::once(heading.to_owned()).chain(rows).collect()
}

fn scale_row(session: &Session<'_, '_>, scale: &Scale) -> String {
    let now = session.api.time().0;
    let age = scale.created.as_ref().map(|time| human_duration(now.duration_since(time.0).as_secs()));
    let age = age.unwrap_or_else(|| "<unknown>".to_owned());
    format!("{}\t{}\t{}\t{age}\n", scale.name, scale.spec_replicas, scale.status_replicas)
}
