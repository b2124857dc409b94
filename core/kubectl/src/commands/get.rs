//! `kubectl get`. Models kubectl/pkg/cmd/get/get.go.

use std::sync::Arc;

use apiserver::{WatchEvent, WatchEventType, Watcher};
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shell::Wait;

use crate::failure::{Failure, Result, client, together, together_unmarked, usage};
use crate::files::{self, FileObject};
use crate::flags::Flags;
use crate::printers::table::{self, TableOptions};
use crate::printers::{Format, columns, list_of, sort};
use crate::resources::{self, Found, Info, Selection};
use crate::session::{Flow, Outcome, Session};
use crate::tasks::Task;
use crate::writing::ENDPOINTS_WARNING;

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if super::raw::asks(flags) {
        return super::raw::get(session, flags);
    }
    if flags.args.is_empty() && !resources::names_files(flags) {
        session.io.err(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\n",
        );
        return Err(usage(
            "get",
            "Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).",
        ));
    }
    let format = Format::of(session, flags, true)?.unwrap_or(Format::Table { wide: false });
    let kinds = asked_kinds(flags)?;
    if kinds.contains(&Kind::Endpoints) {
        session.warn(ENDPOINTS_WARNING);
    }
    if flags.on("watch") || flags.on("watch-only") {
        return watch(session, flags, format);
    }
    if !flags.text("subresource").is_empty() {
        return super::get_subresource::run(session, flags, &format);
    }
    if let Some(object) = nameless(session, flags)? {
        return print_nameless(session, &object, &format);
    }
    let mut found = resources::find(session, flags, &flags.args, false)?;
    if flags.on("ignore-not-found") {
        found.failures.retain(|failure| !failure.is_not_found());
    }
    match &format {
        Format::Table { wide } => print_tables(session, flags, found, *wide, &kinds),
        _ => print_values(session, flags, found, &format),
    }
}

/// The object of a file that has no name, if it is the only one: nobody can be asked about it.
fn nameless(session: &mut Session<'_, '_>, flags: &Flags) -> Result<Option<FileObject>> {
    // What a kustomization makes has names.
    if flags.list("filename").is_empty() || !flags.args.is_empty() {
        return Ok(None);
    }
    let (mut objects, failures) = files::load(session, flags)?;
    let only = objects.len() == 1 && failures.is_empty();
    Ok(objects.pop().filter(|object| only && object.name.is_empty()))
}

/// The file's own object.
fn print_nameless(session: &mut Session<'_, '_>, object: &FileObject, format: &Format) -> Outcome {
    let text = match format {
        Format::Table { .. } => table::align("NAME\tAGE\n\t<unknown>\n", &mut Vec::new()),
        Format::Name => format!("{}<unknown>\n", resources::kind_and_name(object.kind, "")),
        format => format.print(&object.value, 0)?,
    };
    session.io.out(&text);
    Ok(Flow::Done)
}

/// The kinds that arguments name; none if files do.
fn asked_kinds(flags: &Flags) -> Result<Vec<Kind>> {
    if resources::names_files(flags) {
        return Ok(Vec::new());
    }
    let mut kinds = match resources::select(&flags.args)? {
        Selection::Kinds(kinds) => kinds,
        Selection::Names(names) => names.into_iter().map(|(kind, _)| kind).collect(),
    };
    kinds.dedup();
    Ok(kinds)
}

/// Whether managed fields are shown: only YAML and JSON leave them out, unless they are asked for.
fn shows_managed_fields(flags: &Flags) -> bool {
    let output = if flags.knows("output") { flags.text("output") } else { "" };
    let templated = output.contains('=') || (flags.knows("template") && !flags.text("template").is_empty());
    templated || (flags.knows("show-managed-fields") && flags.on("show-managed-fields"))
}

/// An object as the API shows it, with managed fields if the form shows them.
pub fn value_of(session: &Session<'_, '_>, flags: &Flags, object: &Object) -> Value {
    with_managed_fields(session, object, shows_managed_fields(flags))
}

fn with_managed_fields(session: &Session<'_, '_>, object: &Object, shown: bool) -> Value {
    let mut value = object.to_value();
    if shown {
        let managed = session.api.managed_fields(object);
        if !managed.is_empty() {
            value["metadata"]["managedFields"] = Value::Array(managed);
        }
    }
    value
}

fn print_values(session: &mut Session<'_, '_>, flags: &Flags, found: Found, format: &Format) -> Outcome {
    let mut values: Vec<Value> =
        found.infos.iter().map(|info| value_of(session, flags, &info.object)).collect();
    let sort_by = flags.text("sort-by");
    if !sort_by.is_empty() {
        sort_values(&mut values, sort_by)?;
    }
    let nothing_named = found.single && values.is_empty();
    if nothing_named {
        together_unmarked(found.failures)?;
        return Ok(Flow::Done);
    }
    let text = match format {
        Format::Name => values.iter().map(|value| format.print(value, 0)).collect::<Result<String>>()?,
        Format::Columns(columns) => columns::print(columns, &values, !flags.on("no-headers"))?,
        _ if found.single && values.len() == 1 => format.print(&values[0], 0)?,
        _ => format.print(&list_of(&values), 0)?,
    };
    session.io.out(&text);
    together_unmarked(found.failures)?;
    Ok(Flow::Done)
}

fn sort_values(values: &mut Vec<Value>, path: &str) -> Result<()> {
    if let Some(order) = sort::order(path, values)? {
        let sorted = order.into_iter().map(|index| values[index].clone()).collect();
        *values = sorted;
    }
    Ok(())
}

fn print_tables(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    mut found: Found,
    wide: bool,
    kinds: &[Kind],
) -> Outcome {
    let sort_by = flags.text("sort-by");
    if !sort_by.is_empty() {
        let values: Vec<Value> = found.infos.iter().map(|info| info.object.to_value()).collect();
        match sort::order(sort_by, &values)? {
            Some(order) => found.infos = order.into_iter().map(|index| found.infos[index].clone()).collect(),
            None => found.infos.clear(),
        }
    }
    let mut options = TableOptions::of(flags, wide);
    options.with_kind |= found.several_kinds;
    let groups = groups(&found.infos);
    for (index, (kind, objects)) in groups.iter().enumerate() {
        if index > 0 && !options.no_headers {
            session.io.out("\n");
        }
        let lines = table::lines(session.api, *kind, objects, &options, "", true);
        session.io.out(&table::align(&lines, &mut Vec::new()));
    }
    if groups.is_empty() && found.failures.is_empty() && !flags.on("ignore-not-found") {
        let text = nothing_found(session, flags, kinds);
        session.error_line(&text);
    }
    together_unmarked(found.failures)?;
    Ok(Flow::Done)
}

fn nothing_found(session: &Session<'_, '_>, flags: &Flags, kinds: &[Kind]) -> String {
    if flags.on("all-namespaces") || kinds.iter().any(|kind| !kind.info().namespaced()) {
        "No resources found".to_owned()
    } else {
        format!("No resources found in {} namespace.", session.client.namespace)
    }
}

/// Neighbours of one kind make one table.
fn groups(infos: &[Info]) -> Vec<(Kind, Vec<Arc<Object>>)> {
    let mut groups: Vec<(Kind, Vec<Arc<Object>>)> = Vec::new();
    for info in infos {
        match groups.last_mut() {
            Some((kind, objects)) if *kind == info.object.kind() => objects.push(info.object.clone()),
            _ => groups.push((info.object.kind(), vec![info.object.clone()])),
        }
    }
    groups
}

/// `get --watch` under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Watching {
    watcher: Watcher,
    kind: Kind,
    format: Format,
    options: TableOptions,
    widths: Vec<usize>,
    printed: usize,
    managed_fields: bool,
}

fn watch(session: &mut Session<'_, '_>, flags: &Flags, format: Format) -> Outcome {
    let selection = if resources::names_files(flags) {
        let (objects, failures) = files::load(session, flags)?;
        together(failures)?;
        Selection::Names(objects.into_iter().map(|object| (object.kind, object.name)).collect())
    } else {
        resources::select(&flags.args)?
    };
    resources::check_selection(&selection, flags, false)?;
    let (kind, name) = match &selection {
        Selection::Kinds(kinds) if kinds.len() == 1 => (kinds[0], None),
        Selection::Names(names) if names.len() == 1 => (names[0].0, Some(names[0].1.clone())),
        _ => return Err(client("you may only specify a single resource type")),
    };
    let mut list_options = resources::list_options(flags);
    if let Some(name) = &name {
        list_options.field_selector = format!("metadata.name={name}");
    }
    let namespace = session.list_namespace(flags);
    let caller = session.client.caller.clone();
    if let Some(name) = &name {
        session.api.get(&caller, kind, &namespace, name)?;
    }
    let list = session.api.list(&caller, kind, &namespace, &list_options)?;
    let watcher = session.api.watch(&caller, kind, &namespace, &list_options, list.revision)?;
    let wide = format == Format::Table { wide: true };
    let mut options = TableOptions::of(flags, wide);
    options.with_events = flags.on("output-watch-events");
    let mut watching = Watching {
        watcher,
        kind,
        format,
        options,
        widths: Vec::new(),
        printed: 0,
        managed_fields: shows_managed_fields(flags),
    };
    if !flags.on("watch-only") {
        let events: Vec<WatchEvent> = list
            .items
            .into_iter()
            .map(|object| WatchEvent { event_type: WatchEventType::Added, object })
            .collect();
        watching.show_all(session, &events)?;
    }
    Ok(Flow::Block(Box::new(Task::Watch(watching)), Wait::world()))
}

impl Watching {
    /// Shows what happened since the last step.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        let events = self.watcher.read(session.api).map_err(Failure::Server)?;
        for event in &events {
            self.show_all(session, std::slice::from_ref(event))?;
        }
        Ok(Flow::Block(Box::new(Task::Watch(self)), Wait::world()))
    }

    fn show_all(&mut self, session: &mut Session<'_, '_>, events: &[WatchEvent]) -> Result<()> {
        let text = match &self.format {
            Format::Table { .. } => {
                let mut lines = String::new();
                for event in events {
                    let heading = self.printed == 0;
                    let object = std::slice::from_ref(&event.object);
                    let name = event_name(event.event_type);
                    lines.push_str(&table::lines(
                        session.api,
                        self.kind,
                        object,
                        &self.options,
                        name,
                        heading,
                    ));
                    self.printed += 1;
                }
                table::align(&lines, &mut self.widths)
            }
            format => {
                let mut text = String::new();
                for event in events {
                    let value = with_managed_fields(session, &event.object, self.managed_fields);
                    text.push_str(&format.print(&value, self.printed)?);
                    self.printed += 1;
                }
                text
            }
        };
        session.io.out(&text);
        Ok(())
    }
}

fn event_name(event: WatchEventType) -> &'static str {
    match event {
        WatchEventType::Added => "ADDED",
        WatchEventType::Modified => "MODIFIED",
        WatchEventType::Deleted => "DELETED",
    }
}
