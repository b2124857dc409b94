//! Runs of equal and of different elements, and how many of a run are shown.

use super::edits::Edit;

/// How many equal neighbours of a change are shown on each side.
const CONTEXT: usize = 2;

/// What a run consists of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub same: usize,
    pub removed: usize,
    pub inserted: usize,
    pub changed: usize,
}

impl Tally {
    /// How many elements differ.
    pub(super) fn differing(&self) -> usize {
        self.removed + self.inserted + self.changed
    }

    /// How many old elements it covers.
    pub(super) fn olds(&self) -> usize {
        self.same + self.removed + self.changed
    }

    /// How many new elements it covers.
    pub(super) fn news(&self) -> usize {
        self.same + self.inserted + self.changed
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.same += other.same;
        self.removed += other.removed;
        self.inserted += other.inserted;
        self.changed += other.changed;
    }

    fn count(&mut self, edit: Edit) {
        match edit {
            Edit::Same => self.same += 1,
            Edit::Removed => self.removed += 1,
            Edit::Inserted => self.inserted += 1,
            Edit::Changed => self.changed += 1,
        }
    }

    /// `2 identical fields`; `None` if there is nothing to tell.
    pub(super) fn told(&self, noun: &str) -> Option<String> {
        let counts = [
            (self.same, "identical"),
            (self.removed, "removed"),
            (self.inserted, "inserted"),
            (self.changed, "modified"),
        ];
        let total: usize = counts.iter().map(|(count, _)| count).sum();
        let parts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let noun = match noun {
            noun if total == 1 => noun.to_owned(),
            "entry" => "entries".to_owned(),
            noun => format!("{noun}s"),
        };
        match parts.as_slice() {
            [] => None,
            [one] => Some(format!("{one} {noun}")),
            [one, two] => Some(format!("{one} and {two} {noun}")),
            [first @ .., last] => Some(format!("{}, and {last} {noun}", first.join(", "))),
        }
    }
}

/// Equal and different elements in turns.
pub(super) fn runs(edits: impl Iterator<Item = Edit>) -> Vec<Tally> {
    let mut runs: Vec<Tally> = Vec::new();
    let mut was_same = None;
    for edit in edits {
        let same = edit == Edit::Same;
        if was_same != Some(same) {
            runs.push(Tally::default());
            was_same = Some(same);
        }
        if let Some(run) = runs.last_mut() {
            run.count(edit);
        }
    }
    runs
}

/// Of a run of equal elements, how many are shown at its start and how many are only counted; the others are shown at its end.
pub(super) struct Shown {
    pub before: usize,
    pub hidden: usize,
}

/// What is shown of `count` equal elements that are told `unit` a line. One line more is not worth a line that counts it.
pub(super) fn shown(count: usize, unit: usize, first: bool, last: bool) -> Shown {
    let before = if first { 0 } else { count.min(CONTEXT * unit) };
    let after = if last { 0 } else { (count - before).min(CONTEXT * unit) };
    let hidden = count - before - after;
    Shown { before, hidden: if hidden <= unit { 0 } else { hidden } }
}
