//! All entries, group by group, played in as many threads as the machine has cores.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::entry::Entry;
use super::known::KnownFailures;
use super::normalize::Normalizer;
use super::passed::Passed;
use super::run::{Mismatch, run};
use super::scope::why_out_of_scope;

/// The list of what passed once.
const PASSED: &str = "passed.txt";

/// The files of one group.
#[derive(Clone, Debug)]
pub struct Group {
    /// `transcripts/get`, `defaults`.
    pub name: String,
    /// Its entries.
    pub entries: Vec<Entry>,
}

/// How an entry fared.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It said what the real thing said.
    Passed,
    /// It did not.
    Failed(Vec<Mismatch>),
    /// What it needs is not built yet.
    OutOfScope(String),
}

/// All groups and how they are compared.
pub struct Suite {
    /// The groups.
    pub groups: Vec<Group>,
    /// What is known to fail.
    pub known: KnownFailures,
    /// What passed once.
    pub passed: Passed,
    normalizer: Normalizer,
}

impl Suite {
    /// Reads `tests/truth/`.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn read() -> Result<Self, String> {
        let folder = folder();
        let mut files = Vec::new();
        yaml_files(&folder, &mut files)?;
        files.sort();
        let mut texts = Vec::new();
        for file in files {
            let relative = file.strip_prefix(&folder).unwrap_or(&file).with_extension("");
            let name = relative.to_string_lossy().into_owned();
            let text =
                std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            texts.push((name, text));
        }
        let mut suite = Self::of_texts(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))?;
        let passed = folder.join(PASSED);
        let text =
            std::fs::read_to_string(&passed).map_err(|error| format!("{}: {error}", passed.display()))?;
        suite.passed = Passed::read(&text);
        Ok(suite)
    }

    /// Writes what passes now onto the list of what passed once. Nothing is ever taken off it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn record(&mut self, verdicts: &[(String, Verdict)]) -> Result<(), String> {
        self.passed = self.passed.with(verdicts);
        let file = folder().join(PASSED);
        std::fs::write(&file, self.passed.to_text()).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// The suite of these files, each by its name without folder and ending.
    ///
    /// # Errors
    /// If one cannot be read as what it should be.
    pub fn of_texts<'a>(texts: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let (mut groups, mut known, mut normalizer) = (Vec::new(), KnownFailures::default(), None);
        let mut names = BTreeSet::new();
        for (name, text) in texts {
            let in_file = |error: String| format!("{name}.yaml: {error}");
            match name {
                "normalize" => normalizer = Some(Normalizer::read(text).map_err(in_file)?),
                "known_failures" => known = KnownFailures::read(text).map_err(in_file)?,
                _ => {
                    let group = Group { name: name.to_owned(), entries: Entry::read(text).map_err(in_file)? };
                    if let Some(twice) =
                        group.entries.iter().find(|entry| !names.insert(full_name(&group, entry)))
                    {
                        return Err(in_file(format!("two entries are called {}", twice.name)));
                    }
                    groups.push(group);
                }
            }
        }
        let normalizer = normalizer.ok_or("there is no normalize.yaml")?;
        Ok(Self { groups, known, passed: Passed::default(), normalizer })
    }

    /// Plays the entries whose full name has all words of `filter`; answers them in the suite's order.
    #[must_use]
    pub fn play(&self, filter: &[String]) -> Vec<(String, Verdict)> {
        let wanted: Vec<(&Group, &Entry)> = self
            .groups
            .iter()
            .flat_map(|group| group.entries.iter().map(move |entry| (group, entry)))
            .filter(|(group, entry)| {
                let name = full_name(group, entry);
                filter.iter().all(|word| name.contains(word.as_str()))
            })
            .collect();
        let names = wanted.iter().map(|(group, entry)| full_name(group, entry));
        if cfg!(target_arch = "wasm32") {
            return names.zip(wanted.iter().map(|(group, entry)| self.play_one(group, entry))).collect();
        }
        let next = AtomicUsize::new(0);
        let verdicts: Vec<Mutex<Option<Verdict>>> = wanted.iter().map(|_| Mutex::new(None)).collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some((group, entry)) = wanted.get(index) else { return };
                        let verdict = self.play_one(group, entry);
                        if let Ok(mut slot) = verdicts[index].lock() {
                            *slot = Some(verdict);
                        }
                    }
                });
            }
        });
        let names = wanted.iter().map(|(group, entry)| full_name(group, entry));
        let verdicts =
            verdicts.into_iter().map(|slot| slot.into_inner().ok().flatten().unwrap_or_else(not_played));
        names.zip(verdicts).collect()
    }

    fn play_one(&self, group: &Group, entry: &Entry) -> Verdict {
        let family = group.name.split('/').next().unwrap_or_default();
        if let Some(why) = why_out_of_scope(family, entry) {
            return Verdict::OutOfScope(why);
        }
        let played = catch_unwind(AssertUnwindSafe(|| run(family, entry, &self.normalizer)));
        match played {
            Ok(mismatches) if mismatches.is_empty() => Verdict::Passed,
            Ok(mismatches) => Verdict::Failed(mismatches),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().cloned();
                let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                let difference = text.unwrap_or_default();
                Verdict::Failed(vec![Mismatch { at: "panic".to_owned(), difference }])
            }
        }
    }
}

fn not_played() -> Verdict {
    let difference = "it was never played".to_owned();
    Verdict::Failed(vec![Mismatch { at: "thread".to_owned(), difference }])
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("truth")
}

/// `transcripts/get/wide`.
fn full_name(group: &Group, entry: &Entry) -> String {
    format!("{}/{}", group.name, entry.name)
}

fn yaml_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let listed = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for item in listed.flatten() {
        let path = item.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "api") {
                yaml_files(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}
