//! Known failures: entries in scope that do not pass yet, each with its reason. The list only shrinks.

use std::collections::BTreeMap;

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
    pub fn read(text: &str) -> Result<Self, String> {
        let reasons: Option<BTreeMap<String, String>> =
            serde_yaml::from_str(text).map_err(|error| error.to_string())?;
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
