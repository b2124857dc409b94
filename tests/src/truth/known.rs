//! Known failures: entries in scope that do not pass yet, each with its reason. The list only shrinks.

use std::collections::BTreeMap;
use std::path::Path;

/// Entries by their full name, with the reason why they fail.
#[derive(Clone, Debug, Default)]
pub struct KnownFailures {
    reasons: BTreeMap<String, String>,
}

impl KnownFailures {
    /// Reads the list: a YAML map from an entry's full name to a reason.
    ///
    /// # Errors
    /// If it cannot be read as such.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let reasons: Option<BTreeMap<String, String>> =
            serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { reasons: reasons.unwrap_or_default() })
    }

    /// Why the entry is known to fail.
    #[must_use]
    pub fn reason(&self, entry: &str) -> Option<&str> {
        self.reasons.get(entry).map(String::as_str)
    }

    /// All entries on the list.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.reasons.keys().map(String::as_str)
    }
}
