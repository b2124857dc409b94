//! The table of all groups: how many pass, fail, are known to fail, wait for what.

use std::collections::BTreeMap;
use std::fmt;

use super::known::KnownFailures;
use super::passed::Passed;
use super::suite::Verdict;

#[derive(Default)]
struct Row {
    passed: usize,
    known: usize,
    failed: usize,
    waiting: usize,
}

/// What a run of the suite showed.
pub struct Report {
    rows: BTreeMap<String, Row>,
    waits: BTreeMap<String, usize>,
    /// Entries in scope that fail and are not known to.
    pub new_failures: Vec<String>,
    /// Entries known to fail that pass: they have to be taken off the list.
    pub mended: Vec<String>,
    /// Entries on the list that are out of scope or do not exist.
    pub stale: Vec<String>,
    /// Entries that passed once and do not now, each with what became of it.
    pub fallen: Vec<String>,
    /// Entries that pass and are not on the list of those that passed.
    pub unrecorded: Vec<String>,
}

impl Report {
    /// Counts the verdicts. `whole` says that nothing was filtered out.
    #[must_use]
    pub fn new(verdicts: &[(String, Verdict)], known: &KnownFailures, passed: &Passed, whole: bool) -> Self {
        let mut report = Self {
            rows: BTreeMap::new(),
            waits: BTreeMap::new(),
            new_failures: Vec::new(),
            mended: Vec::new(),
            stale: Vec::new(),
            fallen: passed.fallen(verdicts, whole),
            unrecorded: passed.unrecorded(verdicts),
        };
        for (name, verdict) in verdicts {
            let group = name.rsplit_once('/').map_or(name.as_str(), |(group, _)| group);
            let row = report.rows.entry(group.to_owned()).or_default();
            match (verdict, known.reason(name)) {
                (Verdict::Passed, None) => row.passed += 1,
                (Verdict::Passed, Some(_)) => {
                    row.passed += 1;
                    report.mended.push(name.clone());
                }
                (Verdict::Failed(_), Some(_)) => row.known += 1,
                (Verdict::Failed(_), None) => {
                    row.failed += 1;
                    report.new_failures.push(name.clone());
                }
                (Verdict::OutOfScope(why), reason) => {
                    row.waiting += 1;
                    *report.waits.entry(why.clone()).or_default() += 1;
                    if reason.is_some() {
                        report.stale.push(name.clone());
                    }
                }
            }
        }
        if whole {
            let exists = |entry: &&str| verdicts.iter().any(|(name, _)| name == entry);
            report.stale.extend(known.entries().filter(|entry| !exists(entry)).map(str::to_owned));
        }
        report
    }

    /// Whether all is as the two lists say.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let lists = [&self.new_failures, &self.mended, &self.stale, &self.fallen, &self.unrecorded];
        lists.iter().all(|list| list.is_empty())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<34}{:>8}{:>8}{:>8}{:>9}", "group", "passed", "known", "failed", "waiting")?;
        let mut sum = Row::default();
        for (group, row) in &self.rows {
            writeln!(f, "{group:<34}{:>8}{:>8}{:>8}{:>9}", row.passed, row.known, row.failed, row.waiting)?;
            sum.passed += row.passed;
            sum.known += row.known;
            sum.failed += row.failed;
            sum.waiting += row.waiting;
        }
        writeln!(f, "{:<34}{:>8}{:>8}{:>8}{:>9}", "all", sum.passed, sum.known, sum.failed, sum.waiting)?;
        if !self.waits.is_empty() {
            writeln!(f, "\nwaiting for:")?;
            let mut waits: Vec<_> = self.waits.iter().collect();
            waits.sort_by_key(|(why, count)| (std::cmp::Reverse(**count), (*why).clone()));
            for (why, count) in waits {
                writeln!(f, "{count:>6}  {why}")?;
            }
        }
        for (title, names) in [
            ("failed and not known to", &self.new_failures),
            ("pass now: take them off tests/truth/known_failures.yaml", &self.mended),
            ("on the list of known failures, but not in scope", &self.stale),
            ("passed once and must not fall back", &self.fallen),
            (
                "pass and are not on tests/truth/passed.txt: run `cargo xtask truth --record`",
                &self.unrecorded,
            ),
        ] {
            if !names.is_empty() {
                writeln!(f, "\n{title}:")?;
                for name in names {
                    writeln!(f, "  {name}")?;
                }
            }
        }
        Ok(())
    }
}
