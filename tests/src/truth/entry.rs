//! The recorded entries as they stand in `tests/truth/`.

use regex_lite::Regex;
use serde::Deserialize;
use serde_json::Value;

/// One command and what it said.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Step {
    /// A shell script.
    pub run: String,
    /// What it printed.
    #[serde(default)]
    pub stdout: String,
    /// What it complained.
    #[serde(default)]
    pub stderr: String,
    /// Its exit status.
    #[serde(default)]
    pub exit: Option<i32>,
    /// Seconds that passed after it.
    #[serde(default)]
    pub sleep: Option<f64>,
    /// A script that only waits.
    #[serde(default)]
    pub settle: Option<String>,
    /// It has to run, but is not compared.
    #[serde(default)]
    pub unstable: bool,
    /// Its text was not kept: only the exit status is compared.
    #[serde(default)]
    pub text_not_kept: bool,
    /// Of an `explain`: lines that must appear.
    #[serde(default)]
    pub structure: Vec<String>,
}

/// What `kubectl create -f` said.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Created {
    /// What it printed.
    #[serde(default)]
    pub stdout: String,
    /// What it complained.
    #[serde(default)]
    pub stderr: String,
    /// Its exit status.
    #[serde(default)]
    pub exit: i32,
}

/// A node of an entry's world.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NodeSpec {
    /// Its name.
    pub name: String,
    /// Labels besides the usual ones.
    #[serde(default)]
    pub labels: Value,
    /// Taints, as in the spec.
    #[serde(default)]
    pub taints: Value,
    /// Capacity, where it is not the usual one.
    #[serde(default)]
    pub capacity: Value,
    /// Whether it is cordoned.
    #[serde(default)]
    pub unschedulable: bool,
}

/// One entry.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// Unique in its file.
    pub name: String,
    /// What it shows.
    #[serde(default)]
    pub note: String,
    /// Its namespace.
    pub ns: String,
    /// How many nodes its world has.
    #[serde(default)]
    pub nodes: Option<usize>,
    /// Exactly these nodes.
    #[serde(default)]
    pub node_specs: Vec<NodeSpec>,
    /// What is special of its world.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Commands in order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Commands in order, of `rbac`.
    #[serde(default)]
    pub checks: Vec<Step>,
    /// Commands in order, of `invalid`; one script, of `proxy` and `dns`.
    #[serde(default)]
    pub commands: Commands,
    /// A manifest that is applied first.
    #[serde(default)]
    pub setup: Option<String>,
    /// The manifest that it is about.
    #[serde(default)]
    pub manifest: Option<String>,
    /// What creating it said.
    #[serde(default)]
    pub created: Option<Created>,
    /// What a server-side dry run made of it.
    #[serde(default)]
    pub dry_run: Option<Vec<Value>>,
    /// What stood there after it was created.
    #[serde(default)]
    pub live: Option<Vec<Value>>,
    /// What the dry run complained.
    #[serde(default)]
    pub dry_run_stderr: String,
}

/// `commands` of an entry: a list of steps, or one script.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Commands {
    /// Each with what it said.
    Steps(Vec<Step>),
    /// Only run.
    Script(String),
}

impl Default for Commands {
    fn default() -> Self {
        Self::Steps(Vec::new())
    }
}

impl Entry {
    /// The entries of a file's text.
    ///
    /// # Errors
    /// If it cannot be read as such.
    pub fn read(text: &str) -> Result<Vec<Self>, String> {
        serde_yaml::from_str(&quote_exponents(text)).map_err(|error| error.to_string())
    }

    /// Its commands with what they said.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        let commands = match &self.commands {
            Commands::Steps(steps) => steps.as_slice(),
            Commands::Script(_) => &[],
        };
        self.steps.iter().chain(&self.checks).chain(commands)
    }

    /// All of its text that says what it uses.
    #[must_use]
    pub fn inputs(&self) -> String {
        let mut text = String::new();
        for part in self.setup.iter().chain(&self.manifest) {
            text.push_str(part);
            text.push('\n');
        }
        if let Commands::Script(script) = &self.commands {
            text.push_str(script);
            text.push('\n');
        }
        for step in self.all_steps() {
            text.push_str(&step.run);
            text.push('\n');
            if let Some(settle) = &step.settle {
                text.push_str(settle);
                text.push('\n');
            }
        }
        text
    }
}

/// The recordings are YAML 1.1, where a plain `100e-3` is text; the reader takes it for a number.
fn quote_exponents(text: &str) -> String {
    Regex::new(r"(?m)^( +[\w./-]+: )(\d+e-?\d+)$")
        .map(|plain| plain.replace_all(text, "$1'$2'").into_owned())
        .unwrap_or_else(|_| text.to_owned())
}
