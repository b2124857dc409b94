//! Reading the schema file (its format: `xtask/src/generate_schema.rs`, which writes it).

use std::collections::BTreeMap;

use super::{Field, ListKind, PatchStrategy, Schema, Shape, Type, TypeId};

/// The file is generated and committed; a line that it does not understand would be a bug, and is skipped.
pub(super) fn load(text: &'static str) -> Schema {
    let mut schema = Schema { types: Vec::new(), by_kind: BTreeMap::new(), by_name: BTreeMap::new() };
    for line in text.lines() {
        match line.strip_prefix('@') {
            Some(header) => open_type(&mut schema, header),
            None => {
                if let Some(open) = schema.types.last_mut() {
                    open.fields.extend(field(line));
                }
            }
        }
    }
    for open in &mut schema.types {
        open.fields.sort_by_key(|field| field.name);
    }
    schema
}

fn open_type(schema: &mut Schema, header: &'static str) {
    let mut words = header.split(' ');
    let name = words.next().unwrap_or_default();
    let id = TypeId(u16::try_from(schema.types.len()).unwrap_or(u16::MAX));
    let mut atomic = false;
    for word in words {
        let mut parts = word.split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("atomic"), None, _) => atomic = true,
            (Some(group), Some(version), Some(kind)) => {
                schema.by_kind.insert((group, version, kind), id);
            }
            _ => {}
        }
    }
    schema.by_name.insert(name, id);
    schema.types.push(Type { name, fields: Vec::new(), atomic });
}

fn field(line: &'static str) -> Option<Field> {
    let mut words = line.split(' ');
    let mut field = Field {
        name: words.next()?,
        shape: shape(words.next()?)?,
        required: false,
        default: None,
        list: ListKind::Atomic,
        atomic_map: false,
        merge_key: None,
        strategy: PatchStrategy::default(),
        values: Vec::new(),
    };
    for word in words {
        let (flag, rest) = word.split_once(':').unwrap_or((word, ""));
        match flag {
            "!" => field.required = true,
            "LS" => field.list = ListKind::Set,
            "LM" => field.list = ListKind::Map(rest.split(',').collect()),
            "A" => field.atomic_map = true,
            "K" => field.merge_key = Some(rest),
            "P" => {
                for strategy in rest.split(',') {
                    field.strategy.merge |= strategy == "merge";
                    field.strategy.replace |= strategy == "replace";
                    field.strategy.retain_keys |= strategy == "retainKeys";
                }
            }
            "E" => field.values = rest.split(',').collect(),
            _ => field.default = word.strip_prefix('=').or(field.default),
        }
    }
    Some(field)
}

fn shape(word: &str) -> Option<Shape> {
    if let Some(item) = word.strip_prefix("[]") {
        return Some(Shape::List(Box::new(shape(item)?)));
    }
    if let Some(item) = word.strip_prefix("{}") {
        return Some(Shape::Map(Box::new(shape(item)?)));
    }
    if let Some(id) = word.strip_prefix('#') {
        return id.parse().ok().map(|id| Shape::Struct(TypeId(id)));
    }
    Some(match word {
        "s" => Shape::String,
        "y" => Shape::Bytes,
        "b" => Shape::Boolean,
        "i" => Shape::Int32,
        "l" => Shape::Int64,
        "d" => Shape::Double,
        "t" => Shape::Time,
        "u" => Shape::MicroTime,
        "q" => Shape::Quantity,
        "x" => Shape::IntOrString,
        "*" => Shape::Any,
        _ => return None,
    })
}
