//! The entries that passed once: none of them may fail, wait or vanish again. The list only grows.

use std::collections::{BTreeMap, BTreeSet};

use super::suite::Verdict;

/// Full names of entries.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    names: BTreeSet<String>,
}

impl Passed {
    /// Reads the list: a full name a line.
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self { names: text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect() }
    }

    /// The list with what passes now.
    #[must_use]
    pub fn with(&self, verdicts: &[(String, Verdict)]) -> Self {
        let mut names = self.names.clone();
        names.extend(self.unrecorded(verdicts));
        Self { names }
    }

    /// As it stands in the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.names.iter().fold(String::new(), |text, name| text + name + "\n")
    }

    /// Entries on the list that do not pass, each with what became of it; if `whole`, also those that no verdict names.
    #[must_use]
    pub fn fallen(&self, verdicts: &[(String, Verdict)], whole: bool) -> Vec<String> {
        let verdicts: BTreeMap<&str, &Verdict> =
            verdicts.iter().map(|(name, verdict)| (name.as_str(), verdict)).collect();
        let became = |name: &String| match verdicts.get(name.as_str()) {
            Some(Verdict::Passed) => None,
            Some(Verdict::Failed(_)) => Some(format!("{name}: fails")),
            Some(Verdict::OutOfScope(why)) => Some(format!("{name}: waits for {why}")),
            None => whole.then(|| format!("{name}: there is no such entry")),
        };
        self.names.iter().filter_map(became).collect()
    }

    /// Entries that pass and are not on the list.
    #[must_use]
    pub fn unrecorded(&self, verdicts: &[(String, Verdict)]) -> Vec<String> {
        let passed = verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Passed));
        passed.map(|(name, _)| name).filter(|name| !self.names.contains(*name)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passed_may_not_fail_wait_or_vanish() {
        let passed = Passed::read("a/fails\na/gone\na/passes\na/waits\n");
        let verdicts = [
            ("a/fails".to_owned(), Verdict::Failed(Vec::new())),
            ("a/new".to_owned(), Verdict::Passed),
            ("a/passes".to_owned(), Verdict::Passed),
            ("a/waits".to_owned(), Verdict::OutOfScope("jobs".to_owned())),
        ];
        let fallen = ["a/fails: fails", "a/gone: there is no such entry", "a/waits: waits for jobs"];
        assert_eq!(passed.fallen(&verdicts, true), fallen);
        assert_eq!(passed.unrecorded(&verdicts), ["a/new"]);
        assert_eq!(passed.with(&verdicts).to_text(), "a/fails\na/gone\na/new\na/passes\na/waits\n");
    }
}
