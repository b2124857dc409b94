//! An entry played again, and what came out differently.

use engine::Duration;
use sandbox::{Limits, Output, World};
use serde_json::Value;
use shell::ContextId;

use super::compare::{difference, text};
use super::entry::{Commands, Entry, Step};
use super::normalize::Normalizer;
use super::world;

/// A command took time where it was recorded, if only to start.
const COMMAND: Duration = Duration::from_millis(100);
/// No recorded script took longer, or said more.
const LIMITS: Limits = Limits { span: Duration::from_secs(1800), bytes: 16 << 20 };
/// The folder that stays for the whole entry.
const FOLDER: &str = "/tmp/entry";

/// What came out differently.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// Which command, and which of its outputs.
    pub at: String,
    /// How it differs.
    pub difference: String,
}

struct Player<'a> {
    world: World,
    learner: ContextId,
    normalizer: &'a Normalizer,
    mismatches: Vec<Mismatch>,
}

/// Plays an entry of a group; what differs from the recording comes back, or why it could not be played at all.
#[must_use]
pub fn run(group: &str, entry: &Entry, normalizer: &Normalizer) -> Vec<Mismatch> {
    let (world, learner) = match world::build(group, entry) {
        Ok(built) => built,
        Err(why) => return vec![Mismatch { at: "world".to_owned(), difference: why }],
    };
    let mut player = Player { world, learner, normalizer, mismatches: Vec::new() };
    player.world.run_script(player.learner, &format!("mkdir -p {FOLDER}"));
    if let Some(setup) = &entry.setup {
        player.write("setup.yaml", setup);
        player.script("kubectl apply -f setup.yaml");
    }
    if let Some(manifest) = &entry.manifest {
        player.write("m.yaml", manifest);
        player.manifest(entry);
    }
    if let Commands::Script(script) = &entry.commands {
        player.script(script);
    }
    for step in entry.all_steps() {
        player.step(step);
    }
    player.mismatches
}

impl Player<'_> {
    fn script(&mut self, script: &str) -> Output {
        let mut output = Output::default();
        output.exit =
            self.world.run_script_in(self.learner, script, FOLDER, LIMITS, &mut |complaint, bytes| {
                let all = if complaint { &mut output.stderr } else { &mut output.stdout };
                all.extend_from_slice(bytes);
            });
        output
    }

    fn write(&mut self, name: &str, content: &str) {
        let quoted = content.replace('\'', r"'\''");
        self.script(&format!("printf %s '{quoted}' > {name}"));
    }

    fn step(&mut self, step: &Step) {
        let output = self.script(&step.run);
        if !step.unstable {
            self.compare_step(step, &output);
        }
        let asleep = Duration::from_secs_f64(step.sleep.unwrap_or(0.0));
        let until = self.world.now() + COMMAND + asleep;
        self.world.run_until(until);
        if let Some(settle) = &step.settle {
            self.script(settle);
            self.world.run_until(self.world.now() + COMMAND);
        }
    }

    fn compare_step(&mut self, step: &Step, output: &Output) {
        let (stdout, stderr) = (lossy(&output.stdout), lossy(&output.stderr));
        let at = first_line(&step.run);
        if let Some(exit) = step.exit
            && exit != output.exit
        {
            let difference = format!("exit {exit} expected, got {}\n{stderr}", output.exit);
            self.mismatches.push(Mismatch { at: format!("{at} (exit)"), difference });
        }
        for line in &step.structure {
            if !stdout.lines().any(|other| other.trim() == line.trim()) {
                let difference = format!("-{line}\n");
                self.mismatches.push(Mismatch { at: format!("{at} (structure)"), difference });
            }
        }
        if step.text_not_kept || !step.structure.is_empty() {
            return;
        }
        self.compare(&format!("{at} (stdout)"), &step.stdout, &stdout);
        self.compare(&format!("{at} (stderr)"), &step.stderr, &stderr);
    }

    fn compare(&mut self, at: &str, expected: &str, got: &str) {
        if let Some(difference) = difference(self.normalizer, expected, got) {
            self.mismatches.push(Mismatch { at: at.to_owned(), difference });
        }
    }

    /// Of `defaults` and `invalid`: what a dry run makes of the manifest, what creating it says, what then stands there.
    fn manifest(&mut self, entry: &Entry) {
        if let Some(expected) = &entry.dry_run {
            let output = self.script("kubectl create --dry-run=server -o json -f m.yaml");
            self.compare("dry run", &text(expected), &text(&objects(&output.stdout)));
            self.compare("dry run (stderr)", &entry.dry_run_stderr, &lossy(&output.stderr));
        }
        if let Some(created) = &entry.created {
            let output = self.script("kubectl create -f m.yaml");
            self.compare("create (stdout)", &created.stdout, &lossy(&output.stdout));
            self.compare("create (stderr)", &created.stderr, &lossy(&output.stderr));
            if created.exit != output.exit {
                let difference = format!("exit {} expected, got {}", created.exit, output.exit);
                self.mismatches.push(Mismatch { at: "create (exit)".to_owned(), difference });
            }
        }
        if let Some(expected) = &entry.live {
            let output = self.script("sleep 1; kubectl get -o json -f m.yaml");
            self.compare("live", &text(expected), &text(&objects(&output.stdout)));
        }
    }
}

/// The objects that kubectl printed: one, the items of a list, or several one after the other.
fn objects(stdout: &[u8]) -> Vec<Value> {
    let values = serde_json::Deserializer::from_slice(stdout).into_iter::<Value>().map_while(Result::ok);
    values
        .flat_map(|mut value| match value.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) if value["kind"] == "List" => items,
            _ => vec![value],
        })
        .collect()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn first_line(script: &str) -> String {
    let line = script.lines().next().unwrap_or_default();
    if line.chars().count() > 100 {
        format!("{}...", line.chars().take(100).collect::<String>())
    } else {
        line.to_owned()
    }
}
