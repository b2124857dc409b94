//! The learner's files, from outside: by the shell's own utilities, so that owners, modes and full disks are as they would be.

use shell::ContextId;

use crate::script::Limits;
use crate::world::World;

impl World {
    /// Writes a file of a context; folders above it are made.
    pub fn write_file(&mut self, context: ContextId, path: &str, text: &str) {
        let folder =
            path.rsplit_once('/').map_or(".", |(folder, _)| if folder.is_empty() { "/" } else { folder });
        let script = format!("mkdir -p {} && printf %s {} > {}", quote(folder), quote(text), quote(path));
        self.run_script(context, &script);
    }

    /// Removes a file of a context.
    pub fn remove_file(&mut self, context: ContextId, path: &str) {
        self.run_script(context, &format!("rm -f {}", quote(path)));
    }

    /// The plain files directly in the learner's home with their texts, by name, without hidden ones. To be asked of a copy of the
    /// world: the looking takes time in it.
    pub(crate) fn home_files(&mut self, context: ContextId) -> Vec<(String, String)> {
        let mut read = |script: &str| {
            let output = self.run_script_within(context, script, Limits::LOOK);
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let names = read("for f in *; do test -f \"$f\" && echo \"$f\"; done");
        names.lines().map(|name| (name.to_owned(), read(&format!("cat {}", quote(name))))).collect()
    }
}

/// A text as one word of the shell.
#[must_use]
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
