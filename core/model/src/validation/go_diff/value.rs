//! One value in Go's notation, as far as the detail goes.

use std::str::FromStr;

use super::super::go;
use super::super::go_value::GoValue;
use super::layout::{Item, Mark, Text};
use super::report::Style;
use super::strings;
use crate::quantity::{Format, Quantity};

/// The value, without unset fields. Of a list or structure at detail 0 nothing is shown but that it is there.
pub(super) fn value(value: &GoValue, style: Style) -> Text {
    match value {
        GoValue::Nil => Text::Line("nil".to_owned()),
        GoValue::Scalar(text) => Text::Line(text.clone()),
        GoValue::Text(text) => strings::string(text, style),
        GoValue::Pointer(inner) => match described(inner).filter(|_| style.described) {
            Some(text) => Text::Wrap("s".to_owned(), Box::new(strings::string(&text, style)), ""),
            None => Text::Wrap("&".to_owned(), Box::new(self::value(inner, style)), ""),
        },
        GoValue::Quantity(text) => self::value(&quantity(text), style),
        GoValue::Struct(name, fields) => {
            let set = fields.iter().filter(|(_, it)| !it.is_zero());
            style.typed(name, list(set.map(|(key, it)| (key.as_str(), it)), style, style.in_fields()))
        }
        GoValue::Map(name, entries) => {
            let mut entries: Vec<_> = entries.iter().map(|(key, it)| (key.as_str(), it)).collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            style.typed(name, list(entries.into_iter(), style, style.in_elements()))
        }
        GoValue::List(name, items) => {
            style.typed(name, list(items.iter().map(|it| ("", it)), style, style.in_elements()))
        }
    }
}

fn list<'a>(parts: impl Iterator<Item = (&'a str, &'a GoValue)>, style: Style, inner: Style) -> Vec<Item> {
    let mut items = Vec::new();
    for (key, part) in parts {
        if items.len() == style.most_values() {
            items.push(Item::rest(Mark::Mixed, None));
            break;
        }
        items.push(Item::new(Mark::Mixed, key, value(part, inner)));
    }
    items
}

/// What a quantity is inside.
fn quantity(text: &str) -> GoValue {
    let (value, scale) = go::amount(text);
    let format = match Quantity::from_str(text).map(|quantity| quantity.format()) {
        Ok(Format::BinarySi) => "BinarySI",
        Ok(Format::DecimalExponent) => "DecimalExponent",
        Ok(Format::DecimalSi) | Err(_) => "DecimalSI",
    };
    // The text is kept where reading shows at once that it is canonical: in a number of Ki or Mi, if it is not divisible by 8.
    let kept = format != "BinarySI" || !digits(text).is_multiple_of(8);
    let amount = vec![
        ("value".to_owned(), GoValue::Scalar(value.to_string())),
        ("scale".to_owned(), GoValue::Scalar(scale.to_string())),
    ];
    let fields = vec![
        ("i".to_owned(), GoValue::Struct("resource.int64Amount".to_owned(), amount)),
        ("s".to_owned(), GoValue::Text(if kept { text.to_owned() } else { String::new() })),
        ("Format".to_owned(), GoValue::Text(format.to_owned())),
    ];
    GoValue::Struct("resource.Quantity".to_owned(), fields)
}

fn digits(text: &str) -> u64 {
    text.trim_end_matches(|character: char| !character.is_ascii_digit()).parse().unwrap_or(0)
}

/// What a type that describes itself says, where a pointer to it is told.
fn described(value: &GoValue) -> Option<String> {
    match value {
        GoValue::Quantity(text) => Some(text.clone()),
        GoValue::Struct(name, fields) if name == "v1.LabelSelector" => Some(label_selector(fields)),
        _ => None,
    }
}

fn label_selector(fields: &[(String, GoValue)]) -> String {
    let mut labels = String::new();
    let mut expressions = String::new();
    for (_, part) in fields {
        match part {
            GoValue::Map(_, entries) => {
                for (key, value) in entries {
                    labels.push_str(&format!("{}: {},", key.trim_matches('"'), bare(value)));
                }
            }
            GoValue::List(_, requirements) => {
                expressions.extend(requirements.iter().map(|it| format!("{},", requirement(it))));
            }
            _ => {}
        }
    }
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},\
         MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )
}

fn requirement(requirement: &GoValue) -> String {
    let GoValue::Struct(_, fields) = requirement else { return String::new() };
    let fields: String = fields.iter().map(|(key, value)| format!("{key}:{},", bare(value))).collect();
    format!("LabelSelectorRequirement{{{fields}}}")
}

/// A text without quotes, several in brackets.
fn bare(value: &GoValue) -> String {
    match value {
        GoValue::Text(text) => text.clone(),
        GoValue::List(_, items) => format!("[{}]", items.iter().map(bare).collect::<Vec<_>>().join(" ")),
        _ => "[]".to_owned(),
    }
}
