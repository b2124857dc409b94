//! What the app asks and wants an answer to.

use engine::Duration;
use protocol::{Reply, Request, Update};

use super::{Sandbox, editor};
use crate::Output;
use crate::files::quote;

/// No request moves time further at once.
const ADVANCE_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

impl Sandbox {
    pub(super) fn answer(&mut self, request: Request, updates: &mut Vec<Update>) -> Result<Reply, String> {
        match request {
            Request::Exec { line } => {
                self.checkpoint(&line);
                Ok(reply(&self.world.run_script(self.learner, &line)))
            }
            Request::Apply { yaml } => {
                self.checkpoint("kubectl apply -f -");
                let script = format!("printf %s {} | kubectl apply -f -", quote(&yaml));
                Ok(reply(&self.world.run_script(self.learner, &script)))
            }
            Request::Get { kind, namespace, name } => self.get(&kind, namespace.as_deref(), name.as_deref()),
            Request::Advance { seconds } => {
                let until = self.world.now() + Duration::from_secs_f64(seconds).min(ADVANCE_MAX);
                self.world.run_until(until);
                Ok(Reply::Done)
            }
            Request::Snapshot => Ok(Reply::Bytes(self.snapshot())),
            Request::Restore { bytes } => {
                let sizes = self.terminal_sizes();
                let mut restored = Self::restore(&bytes).map_err(|error| error.to_string())?;
                std::mem::swap(self, &mut restored);
                self.sizes =
                    sizes.iter().map(|(number, columns, rows)| (*number, (*columns, *rows))).collect();
                self.take_terminals_back(self.terminals.clone());
                self.show_undone("restore", updates);
                updates.extend(self.whole());
                Ok(Reply::Done)
            }
            Request::Check { text } => Ok(Reply::Diagnostics(editor::check(&text))),
            Request::Complete { text, line, column } => {
                Ok(Reply::Completions(editor::complete(&text, line, column)))
            }
            Request::Hover { text, line, column } => Ok(Reply::Hover(editor::hover(&text, line, column))),
        }
    }

    /// Looks at a copy of the world: to look changes nothing.
    fn get(&self, kind: &str, namespace: Option<&str>, name: Option<&str>) -> Result<Reply, String> {
        let place = namespace.map(|namespace| format!("-n {} ", quote(namespace))).unwrap_or_default();
        let name = name.map(quote).unwrap_or_default();
        let line = format!("kubectl {place}get {} {name} -o json", quote(kind));
        let output = self.world.clone().run_script(self.learner, &line);
        if output.exit == 0 {
            Ok(Reply::Json(String::from_utf8_lossy(&output.stdout).into_owned()))
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned())
        }
    }
}

fn reply(output: &Output) -> Reply {
    Reply::Output {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        exit: output.exit,
    }
}
