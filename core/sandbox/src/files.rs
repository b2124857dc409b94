//! The learner's files, from outside: by the shell's own utilities, so that owners, modes and full disks are as they would be.

use shell::ContextId;

use crate::world::World;

impl World {
    /// Writes a file of a context; folders above it are made.
    pub fn write_file(&mut self, context: ContextId, path: &str, text: &str) {
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let script = format!("mkdir -p {} && printf %s {} > {}", quote(folder), quote(text), quote(path));
        self.run_script(context, &script);
    }

    /// Removes a file of a context.
    pub fn remove_file(&mut self, context: ContextId, path: &str) {
        self.run_script(context, &format!("rm -f {}", quote(path)));
    }

    /// The plain files directly in the learner's home with their texts, by name, without hidden ones. Looks at a copy of the world.
    #[must_use]
    pub fn home_files(&self, context: ContextId) -> Vec<(String, String)> {
        let mut copy = self.clone();
        let names = copy.run_script(context, "for f in *; do test -f \"$f\" && echo \"$f\"; done");
        let names = String::from_utf8_lossy(&names.stdout).into_owned();
        names
            .lines()
            .map(|name| {
                let text = copy.run_script(context, &format!("cat {}", quote(name)));
                (name.to_owned(), String::from_utf8_lossy(&text.stdout).into_owned())
            })
            .collect()
    }
}

/// A text as one word of the shell.
#[must_use]
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
