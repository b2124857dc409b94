//! A tree of places as a text: what changed is marked, with up to two equal neighbours around it, and the rest counted.

use super::compare::{Place, Shape};
use super::layout::{Item, Mark, Text};
use super::strings;
use super::tally::{Tally, runs, shown};
use super::value::value;

/// The detail at which equal values are told.
const SAME_DETAIL: u32 = 1;

/// The least detail at which differences are told.
const CHANGE_DETAIL: u32 = 3;

/// How often more detail is tried to tell two values apart, and by how much it grows.
const TRIES: u32 = 6;
const TRY_DETAIL: u32 = 2;

/// More would make no difference.
const MOST_DETAIL: u32 = 16;

/// How something is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Which side is told.
    pub mark: Mark,
    /// How much of it. Each level deeper has one less.
    pub detail: u32,
    /// Whether its type stands before its braces.
    pub types: bool,
    /// Whether types that describe themselves may.
    pub described: bool,
}

impl Style {
    /// That of the whole difference.
    pub(super) const START: Self = Self { mark: Mark::Mixed, detail: 0, types: true, described: true };

    pub(super) fn in_fields(self) -> Self {
        Self { detail: self.detail.saturating_sub(1), types: true, ..self }
    }

    /// Elements have the type that their list names.
    pub(super) fn in_elements(self) -> Self {
        Self { types: false, ..self.in_fields() }
    }

    /// How many parts of a value are shown.
    pub(super) fn most_values(self) -> usize {
        ((1 << self.detail) >> 1) << 2
    }

    /// How many differing parts are shown before the rest is counted.
    fn most_changes(self) -> usize {
        (1 << self.detail) << 1
    }

    /// Braces, and before them the type where one is told.
    pub(super) fn typed(self, name: &str, items: Vec<Item>) -> Text {
        let name = if self.types && self.mark != Mark::Same { name } else { "" };
        Text::Wrap(format!("{name}{{"), Box::new(Text::List(items)), "}")
    }

    fn telling(self, mark: Mark) -> Self {
        let detail =
            if mark == Mark::Same { SAME_DETAIL } else { self.detail.clamp(CHANGE_DETAIL, MOST_DETAIL) };
        Self { mark, detail, ..self }
    }
}

/// What a place holds, on the side that the style names or on both.
pub(super) fn difference(place: &Place<'_>, style: Style) -> Text {
    let style = style.telling(style.mark);
    if let Some(text) = strings::difference(place, style) {
        return text;
    }
    let side = if style.mark == Mark::Removed { place.old } else { place.new };
    let Some(side) = side.or(place.old) else { return Text::Line("nil".to_owned()) };
    match place.shape {
        Shape::Pointer => {
            let inner: Vec<Text> = place.parts.iter().map(|(_, part)| difference(part, style)).collect();
            Text::Wrap("&".to_owned(), Box::new(inner.into_iter().next().unwrap_or(Text::List(vec![]))), "")
        }
        _ if place.height == 0 => value(side, style),
        shape => {
            let inner = if shape == Shape::Fields { style.in_fields() } else { style.in_elements() };
            let items = if style.mark == Mark::Mixed {
                changes(place, style.most_changes(), inner)
            } else {
                one_side(place, style, inner)
            };
            style.typed(side.type_name(), items)
        }
    }
}

/// The parts of a value of which one side is told.
fn one_side(place: &Place<'_>, style: Style, inner: Style) -> Vec<Item> {
    let most = if style.mark == Mark::Same { style.most_values() } else { style.most_changes() };
    let mut items = Vec::new();
    for (key, part) in &place.parts {
        if items.len() == most {
            items.push(Item::rest(Mark::Mixed, None));
            break;
        }
        let side = if style.mark == Mark::Removed { part.old } else { part.new };
        let unset = place.shape == Shape::Fields && side.is_none_or(super::GoValue::is_zero);
        if !unset {
            items.push(Item::new(Mark::Mixed, key, difference(part, inner)));
        }
    }
    items
}

/// The parts of a value that differs, in runs of equal and of different ones.
fn changes(place: &Place<'_>, most: usize, inner: Style) -> Vec<Item> {
    let runs = runs(place.parts.iter().map(|(_, part)| part.edit()));
    let noun = place.shape.noun();
    let mut items = Vec::new();
    let mut parts = place.parts.as_slice();
    let mut told = 0;
    let mut untold = Tally::default();
    for (index, run) in runs.iter().enumerate() {
        if told >= most {
            untold.add(run);
            continue;
        }
        let (here, rest) = parts.split_at(run.same + run.differing());
        parts = rest;
        if run.differing() > 0 {
            items.extend(here.iter().flat_map(|(key, part)| changed(key, part, inner)));
            told += run.differing();
            continue;
        }
        let shown = shown(run.same, 1, index == 0, index + 1 == runs.len());
        let same = |(key, part): &(&str, Place<'_>)| {
            Item::new(Mark::Mixed, key, difference(part, Style { mark: Mark::Same, ..inner }))
        };
        items.extend(here[..shown.before].iter().map(same));
        if shown.hidden > 0 {
            let hidden = Tally { same: shown.hidden, ..Tally::default() };
            items.push(Item::rest(Mark::Mixed, hidden.told(noun)));
        }
        items.extend(here[shown.before + shown.hidden..].iter().map(same));
    }
    if let Some(note) = untold.told(noun) {
        items.push(Item::rest(Mark::Mixed, Some(note)));
    }
    items
}

/// A part that differs: by its own parts, or as it was and as it is.
fn changed(key: &str, part: &Place<'_>, style: Style) -> Vec<Item> {
    if strings::applies(part) || !part.is_chain() {
        return vec![Item::new(Mark::Mixed, key, difference(part, Style { mark: Mark::Mixed, ..style }))];
    }
    let side = |mark: Mark, present: bool, more: u32| {
        let style = Style { mark, detail: style.detail + more, described: more == 0, ..style };
        present.then(|| difference(part, style))
    };
    let sides = |more: u32| {
        (side(Mark::Removed, part.old.is_some(), more), side(Mark::Inserted, part.new.is_some(), more))
    };
    let mut pair = sides(0);
    // Both look alike if what differs is left out: then more of them is told.
    for attempt in 0..=TRIES {
        if pair.0 != pair.1 {
            break;
        }
        pair = sides(attempt * TRY_DETAIL);
    }
    let item = |mark: Mark, text: Option<Text>| text.map(|text| Item::new(mark, key, text));
    [item(Mark::Removed, pair.0), item(Mark::Inserted, pair.1)].into_iter().flatten().collect()
}
