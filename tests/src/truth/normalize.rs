//! How recorded text is compared: what differs from run to run is masked on both sides.

use regex_lite::Regex;
use serde::Deserialize;

/// What `normalize.yaml` does not mask, and differs from run to run all the same.
const MORE_RULES: [(&str, &str); 4] = [
    // Go prints pointers as addresses.
    (r"\(0x[0-9a-f]+\)", "(0x<address>)"),
    // The random end of a generated name whose prefix does not end in a dash.
    (r"_[bcdfghjklmnpqrstvwxz2456789]{5}\b", "_<rand>"),
    // The controller manager went by a shorter name where it was recorded.
    (r"\bkcm\b", "kube-controller-manager"),
    // A token in base64, as a Secret's data hold it: `ey` again in base64.
    (r"ZXlK[A-Za-z0-9+/=]+", "<token>"),
];

#[derive(Deserialize)]
struct RuleText {
    #[serde(rename = "match")]
    pattern: String,
    to: String,
}

#[derive(Deserialize)]
struct RulesText {
    rules: Vec<RuleText>,
    unordered_when: Vec<String>,
}

/// The rules of `normalize.yaml`.
pub struct Normalizer {
    rules: Vec<(Regex, String)>,
    unordered_when: Vec<Regex>,
    gaps: Regex,
}

impl Normalizer {
    /// Reads the rules.
    ///
    /// # Errors
    /// If the text or a pattern cannot be read.
    pub fn read(text: &str) -> Result<Self, String> {
        let rules: RulesText = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let regex = |pattern: &str| Regex::new(pattern).map_err(|error| format!("{pattern}: {error}"));
        // `$1 s` would name no group `1 s`, but `$1<rv>` has to be told apart from a group named `1<rv>`.
        let group = Regex::new(r"\$(\d)").map_err(|error| error.to_string())?;
        let to = |text: &str| group.replace_all(text, "$${${1}}").into_owned();
        Ok(Self {
            rules: rules
                .rules
                .iter()
                .map(|rule| (rule.pattern.as_str(), rule.to.as_str()))
                .chain(MORE_RULES)
                .map(|(pattern, mask)| Ok((regex(pattern)?, to(mask))))
                .collect::<Result<_, String>>()?,
            unordered_when: rules
                .unordered_when
                .iter()
                .map(|pattern| regex(pattern))
                .collect::<Result<_, _>>()?,
            gaps: regex(r"(\S) {2,}")?,
        })
    }

    /// Both texts masked, ready to be compared.
    #[must_use]
    pub fn pair(&self, expected: &str, got: &str) -> (String, String) {
        let plain = trim_lines(expected);
        let masked = self.mask(&plain);
        if masked == plain {
            return (self.sort(&masked), self.sort(&self.mask(&trim_lines(got))));
        }
        (self.sort(&self.fold(&masked)), self.sort(&self.fold(&self.mask(&trim_lines(got)))))
    }

    fn mask(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (pattern, to) in &self.rules {
            text = pattern.replace_all(&text, to.as_str()).into_owned();
        }
        text
    }

    /// Column widths depend on what was masked.
    fn fold(&self, text: &str) -> String {
        self.gaps.replace_all(text, "$1  ").into_owned()
    }

    /// Neighbouring lines with random parts have no order of their own.
    fn sort(&self, text: &str) -> String {
        let random = |line: &&str| self.unordered_when.iter().any(|pattern| pattern.is_match(line));
        let lines: Vec<&str> = text.split('\n').collect();
        let mut sorted: Vec<&str> = Vec::with_capacity(lines.len());
        let mut index = 0;
        while index < lines.len() {
            let run = lines[index..].iter().take_while(|line| random(line)).count();
            let mut neighbours = lines[index..index + run.max(1)].to_vec();
            neighbours.sort_unstable();
            sorted.extend(neighbours);
            index += run.max(1);
        }
        sorted.join("\n")
    }
}

/// Upstream's differences of values have blanks of two sorts, by chance.
fn trim_lines(text: &str) -> String {
    let text = text.replace('\u{a0}', " ");
    text.split('\n').map(str::trim_end).collect::<Vec<_>>().join("\n")
}
