//! Server-side apply: a configuration merges into the live object, unless it changes what others own.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::compare::{compare, parts};
use super::{FieldSet, PathElement, Structure};

/// Who owns which fields of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The field manager.
    pub manager: String,
    /// By apply; else by create, update or patch.
    pub apply: bool,
    /// The version in which it wrote.
    pub api_version: String,
    /// Through which subresource, or empty.
    pub subresource: String,
    /// What it owns.
    pub fields: FieldSet,
}

impl Owner {
    /// Somebody who owns nothing yet and does not apply.
    #[must_use]
    pub fn updater(manager: &str, api_version: &str, subresource: &str) -> Self {
        Self {
            manager: manager.to_owned(),
            apply: false,
            api_version: api_version.to_owned(),
            subresource: subresource.to_owned(),
            fields: FieldSet::default(),
        }
    }

    /// Somebody who owns nothing yet and applies.
    #[must_use]
    pub fn applier(manager: &str, api_version: &str, subresource: &str) -> Self {
        Self { apply: true, ..Self::updater(manager, api_version, subresource) }
    }

    /// Whether both are one manager, who writes in one way through one door.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.manager, self.apply, &self.subresource) == (&other.manager, other.apply, &other.subresource)
            && (self.apply || self.api_version == other.api_version)
    }

    /// As conflicts name it: `"kubectl" with subresource "scale" using apps/v1`.
    fn shown(&self) -> String {
        let mut shown = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            shown.push_str(&format!(" with subresource {:?}", self.subresource));
        }
        if !self.apply {
            shown.push_str(&format!(" using {}", self.api_version));
        }
        shown
    }
}

/// Fields of somebody else that an apply would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Whose.
    pub owner: String,
    /// Which.
    pub fields: FieldSet,
}

/// What an apply makes of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The object.
    pub value: Value,
    /// Its owners after it.
    pub owners: Vec<Owner>,
}

/// `Apply failed with 1 conflict: conflict with "one": .data.a`.
pub fn conflicts_message(conflicts: &[Conflict]) -> String {
    let shown: Vec<(&str, Vec<String>)> =
        conflicts.iter().map(|conflict| (conflict.owner.as_str(), conflict.fields.shown())).collect();
    let count: usize = shown.iter().map(|(_, fields)| fields.len()).sum();
    if let [(owner, fields)] = shown.as_slice()
        && let [field] = fields.as_slice()
    {
        return format!("Apply failed with 1 conflict: conflict with {owner}: {field}");
    }
    let lines: Vec<String> = shown
        .iter()
        .map(|(owner, fields)| {
            let fields: Vec<String> = fields.iter().map(|field| format!("\n- {field}")).collect();
            format!("conflicts with {owner}:{}", fields.concat())
        })
        .collect();
    format!("Apply failed with {count} conflicts: {}", lines.join("\n"))
}

/// Applies a configuration. `owner` says who applies; its `fields` are worked out here.
/// What it applied before and leaves out now goes, unless somebody else owns it.
pub fn apply(
    live: &Value,
    owners: &[Owner],
    configuration: &Value,
    mut owner: Owner,
    force: bool,
    structure: Structure<'_>,
) -> Result<Applied, Vec<Conflict>> {
    owner.fields = managed(&FieldSet::of_value(configuration, structure));
    let mut value = merge(live, configuration, structure);
    let change = compare(live, &value, structure);
    let changed = change.added.union(&change.modified).intersection(&owner.fields);
    let mut previous = FieldSet::default();
    let (mut kept, mut conflicts) = (Vec::new(), Vec::new());
    for other in owners {
        if other.is_same(&owner) {
            previous = other.fields.clone();
            continue;
        }
        let taken = other.fields.intersection(&changed);
        if taken.is_empty() {
            kept.push(other.clone());
        } else if force {
            let fields = other.fields.difference(&taken);
            if !fields.is_empty() {
                kept.push(Owner { fields, ..other.clone() });
            }
        } else {
            conflicts.push(Conflict { owner: other.shown(), fields: taken });
        }
    }
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let others = kept.iter().fold(FieldSet::default(), |all, other| all.union(&other.fields));
    remove(&mut value, &previous.difference(&owner.fields), &others.union(&owner.fields), structure);
    if !owner.fields.is_empty() {
        kept.push(owner);
    }
    Ok(Applied { value, owners: kept })
}

/// The owners after a write that is no apply: the writer owns what it added or changed, others lose that and what is gone.
pub fn update(
    before: &Value,
    after: &Value,
    owners: &[Owner],
    mut writer: Owner,
    structure: Structure<'_>,
) -> Vec<Owner> {
    let change = compare(before, after, structure);
    let written = managed(&change.added.union(&change.modified));
    writer.fields = FieldSet::default();
    let mut kept = Vec::new();
    for other in owners {
        if other.is_same(&writer) {
            writer.fields = other.fields.without_below(&change.removed);
            continue;
        }
        let fields = other.fields.difference(&change.modified).without_below(&change.removed);
        if !fields.is_empty() {
            kept.push(Owner { fields, ..other.clone() });
        }
    }
    writer.fields = writer.fields.union(&written);
    if !writer.fields.is_empty() {
        kept.push(writer);
    }
    kept
}

/// Fields that identify an object or that the server sets have no owner.
fn managed(set: &FieldSet) -> FieldSet {
    const UNMANAGED_METADATA: [&str; 10] = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
        "deletionTimestamp",
    ];
    let field = |name: &str| PathElement::Field(name.to_owned());
    let mut unmanaged = FieldSet::default();
    unmanaged.insert(&[field("apiVersion")]);
    unmanaged.insert(&[field("kind")]);
    let mut metadata_itself = FieldSet::default();
    metadata_itself.insert(&[field("metadata")]);
    for name in UNMANAGED_METADATA {
        unmanaged.insert(&[field("metadata"), field(name)]);
    }
    set.difference(&metadata_itself).without_below(&unmanaged)
}

/// The live value with the configuration laid over it.
fn merge(live: &Value, configuration: &Value, structure: Structure<'_>) -> Value {
    let (Some(_), Some(wanted)) = (parts(live, structure), parts(configuration, structure)) else {
        return configuration.clone();
    };
    match (live, configuration) {
        (Value::Object(fields), Value::Object(changes)) => {
            let mut merged: Map<String, Value> = fields.clone();
            for (name, change) in changes {
                let value = fields
                    .get(name)
                    .map_or_else(|| change.clone(), |live| merge(live, change, structure.field(name)));
                merged.insert(name.clone(), value);
            }
            Value::Object(merged)
        }
        (Value::Array(items), Value::Array(_)) => merge_list(items, &wanted, structure),
        _ => configuration.clone(),
    }
}

/// Items of the configuration in its order, those of the live list alone where they stood.
fn merge_list(
    items: &[Value],
    wanted: &[(PathElement, &Value, Structure<'_>)],
    structure: Structure<'_>,
) -> Value {
    let elements: Vec<_> = items.iter().map(|item| structure.element(item)).collect();
    let is_wanted = |at: usize| wanted.iter().any(|(element, ..)| elements[at].as_ref() == Some(element));
    let mut merged = Vec::new();
    let mut done = vec![false; items.len()];
    let mut at = 0;
    for (element, change, inner) in wanted {
        while at < items.len() && (done[at] || !is_wanted(at)) {
            if !done[at] {
                merged.push(items[at].clone());
                done[at] = true;
            }
            at += 1;
        }
        match elements.iter().position(|live| live.as_ref() == Some(element)) {
            Some(place) => {
                merged.push(merge(&items[place], change, *inner));
                done[place] = true;
            }
            None => merged.push((*change).clone()),
        }
    }
    merged.extend((at..items.len()).filter(|at| !done[*at] && !is_wanted(*at)).map(|at| items[at].clone()));
    Value::Array(merged)
}

/// Takes away the paths that nobody keeps; maps and lists that are left empty go too.
fn remove(value: &mut Value, gone: &FieldSet, kept: &FieldSet, structure: Structure<'_>) {
    for (element, below) in &gone.children {
        let kept_below = kept.children.get(element);
        let whole = below.member && kept_below.is_none();
        let inner = match element {
            PathElement::Field(name) => structure.field(name),
            _ => structure.item(),
        };
        let empty = FieldSet::default();
        let mut prune = |part: &mut Value| {
            remove(part, below, kept_below.unwrap_or(&empty), inner);
            whole || kept_below.is_none() && is_empty(part)
        };
        match (element, &mut *value) {
            (PathElement::Field(name), Value::Object(fields)) => {
                let empties = fields.get_mut(name).is_some_and(&mut prune);
                if empties {
                    fields.remove(name);
                }
            }
            (element, Value::Array(items)) => {
                let place = items.iter().position(|item| structure.element(item).as_ref() == Some(element));
                if let Some(place) = place
                    && prune(&mut items[place])
                {
                    items.remove(place);
                }
            }
            _ => {}
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
