//! The table of `kubectl get`: the server's columns, with what flags add.

use std::sync::Arc;

use apiserver::ApiServer;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};

use crate::flags::Flags;
use crate::tabwriter;

/// What a table shows besides the server's columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableOptions {
    /// `-o wide`.
    pub wide: bool,
    /// No line of headings.
    pub no_headers: bool,
    /// A column for the namespace.
    pub with_namespace: bool,
    /// Names as `pod/web`.
    pub with_kind: bool,
    /// A column for each of these labels.
    pub label_columns: Vec<String>,
    /// A column for all labels.
    pub show_labels: bool,
    /// A column for what a watch saw: `ADDED`.
    pub with_events: bool,
    /// Only what a client knows of any object: its name and age.
    pub bare: bool,
}

impl TableOptions {
    /// From the flags of `get`.
    #[must_use]
    pub fn of(flags: &Flags, wide: bool) -> Self {
        Self {
            wide,
            no_headers: flags.on("no-headers"),
            with_namespace: flags.on("all-namespaces"),
            with_kind: flags.on("show-kind"),
            label_columns: flags.list("label-columns").to_vec(),
            show_labels: flags.on("show-labels"),
            with_events: false,
            bare: flags.knows("server-print") && !flags.on("server-print"),
        }
    }
}

/// The lines of objects of one kind, before alignment.
#[must_use]
pub fn lines(
    api: &ApiServer,
    kind: Kind,
    objects: &[Arc<Object>],
    options: &TableOptions,
    event: &str,
    heading: bool,
) -> String {
    let table = api.table(kind, objects);
    let is_shown = |index: &usize| match options.bare {
        true => matches!(&*table.columns[*index].name, "Name" | "Age"),
        false => options.wide || !table.columns[*index].wide,
    };
    let shown: Vec<usize> = (0..table.columns.len()).filter(is_shown).collect();
    let mut text = String::new();
    if heading && !options.no_headers {
        let mut cells: Vec<String> = Vec::new();
        if options.with_events {
            cells.push("EVENT".to_owned());
        }
        if options.with_namespace && kind.info().namespaced() {
            cells.push("NAMESPACE".to_owned());
        }
        cells.extend(shown.iter().map(|index| table.columns[*index].name.to_uppercase()));
        cells.extend(options.label_columns.iter().map(|label| label_heading(label)));
        if options.show_labels {
            cells.push("LABELS".to_owned());
        }
        push_line(&mut text, &cells);
    }
    for row in &table.rows {
        let mut cells: Vec<String> = Vec::new();
        if options.with_events {
            cells.push(event.to_owned());
        }
        if options.with_namespace && kind.info().namespaced() {
            cells.push(row.object.namespace().to_owned());
        }
        cells.extend(shown.iter().map(|index| one_line(&row.cells[*index])));
        let name_at = usize::from(options.with_events)
            + usize::from(options.with_namespace && kind.info().namespaced());
        if options.with_kind && kind != Kind::Event {
            cells[name_at] = format!("{}/{}", kind.info().qualified_singular(), cells[name_at]);
        }
        let labels = row.object.labels();
        cells
            .extend(options.label_columns.iter().map(|label| labels.get(label).cloned().unwrap_or_default()));
        if options.show_labels {
            cells.push(crate::text::labels(labels, "<none>"));
        }
        push_line(&mut text, &cells);
    }
    text
}

/// Aligns lines of a table.
#[must_use]
pub fn align(text: &str, widths: &mut Vec<usize>) -> String {
    tabwriter::align_further(text, tabwriter::TABLE, widths)
}

/// A cell shows only its first line.
fn one_line(cell: &str) -> String {
    match cell.split_once('\n') {
        Some((first, _)) => format!("{first}..."),
        None => cell.to_owned(),
    }
}

fn label_heading(label: &str) -> String {
    label.rsplit('/').next().unwrap_or(label).to_uppercase()
}

fn push_line(text: &mut String, cells: &[String]) {
    text.push_str(&cells.join("\t"));
    text.push('\n');
}
