//! What a command works with: its process, the API server, who it is and where.

use std::sync::Arc;

use apiserver::{ApiServer, Caller, DeleteOptions, Part, PatchKind, WriteOptions};
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shell::{Host, Io, Wait};

use crate::failure::{Failure, Result, client};
use crate::flags::Flags;
use crate::kubeconfig::Kubeconfig;
use crate::tasks::Task;

/// How a step of a command ends if it does not fail.
#[derive(Debug)]
pub enum Flow {
    /// The command is done.
    Done,
    /// It is done, with this exit status.
    Exit(i32),
    /// It goes on once one of these holds.
    Block(Box<Task>, Wait),
}

/// The result of a step.
pub type Outcome = Result<Flow>;

/// Who asks, and where: kept while a command blocks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Client {
    /// The identity of requests.
    pub caller: Caller,
    /// The namespace of the context or of `-n`.
    pub namespace: String,
    /// Whether `-n` said so: then files must agree.
    pub namespace_given: bool,
    /// The command's words after `kubectl`.
    pub command: String,
    /// What the server warned of already: it is said once.
    pub warned: Vec<String>,
}

/// What a command works with.
pub struct Session<'a, 'io> {
    /// The process.
    pub io: &'a mut Io<'io>,
    /// The cluster.
    pub api: &'a mut ApiServer,
    /// The network of the computer that it runs on.
    pub host: &'a mut dyn Host,
    /// Who asks.
    pub client: Client,
    /// What standard input held, if the command reads it.
    pub stdin: String,
}

impl Client {
    /// The identity and place that kubeconfig and flags give.
    ///
    /// # Errors
    /// If the kubeconfig cannot be used.
    pub fn new(io: &mut Io<'_>, flags: &Flags, command: &str) -> Result<Self> {
        refuse(flags, UNSUPPORTED)?;
        check_timeout(flags.text("request-timeout"))?;
        let config = Kubeconfig::load(io, flags.text("kubeconfig"), true)?;
        let of_context = config.resolve(flags.text("context"), flags.text("cluster"), flags.text("user"))?;
        let namespace_given = !flags.text("namespace").is_empty();
        let namespace = if namespace_given {
            flags.text("namespace").to_owned()
        } else {
            of_context.unwrap_or_else(|| "default".to_owned())
        };
        let mut caller = match flags.text("as") {
            "" => Caller::admin(),
            user => {
                let groups: Vec<&str> = flags.list("as-group").iter().map(String::as_str).collect();
                Caller::new(user, &groups, "kubectl")
            }
        };
        let manager = if flags.knows("field-manager") { flags.text("field-manager") } else { "" };
        if !manager.is_empty() {
            caller = caller.with_manager(manager);
        } else if let Some((_, manager)) = MANAGERS.iter().find(|(name, _)| *name == command) {
            caller = caller.with_manager(manager);
        }
        Ok(Self { caller, namespace, namespace_given, command: command.to_owned(), warned: Vec::new() })
    }
}

/// Requests are answered at once here; what no client could read as a time is refused all the same.
fn check_timeout(text: &str) -> Result<()> {
    if text.parse::<i64>().is_ok() || crate::durations::parse_duration(text).is_ok() {
        return Ok(());
    }
    Err(client(
        "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)",
    ))
}

/// Global flags that would change where requests go or as whom, beyond what a kubeconfig here can say.
const UNSUPPORTED: &[&str] = &[
    "server",
    "token",
    "username",
    "password",
    "client-certificate",
    "client-key",
    "as-uid",
    "warnings-as-errors",
];

/// Field managers of commands that have no flag for it or leave it empty.
const MANAGERS: &[(&str, &str)] = &[
    ("create", "kubectl-create"),
    ("edit", "kubectl-edit"),
    ("patch", "kubectl-patch"),
    ("rollout undo", "kubectl"),
    ("cordon", "kubectl-cordon"),
    ("uncordon", "kubectl-cordon"),
    ("drain", "kubectl-drain"),
];

impl Session<'_, '_> {
    /// Writes a line to standard output.
    pub fn line(&mut self, text: &str) {
        self.io.out(&format!("{text}\n"));
    }

    /// Writes a line to standard error.
    pub fn error_line(&mut self, text: &str) {
        self.io.err(&format!("{text}\n"));
    }

    /// Writes a warning as the server's are shown.
    pub fn warn(&mut self, text: &str) {
        self.io.err(&format!("Warning: {text}\n"));
    }

    /// Shows what the server warned of when it answered the last write.
    pub fn show_warnings(&mut self) {
        for text in self.api.take_warnings() {
            self.warn_once(&text);
        }
    }

    /// Writes a warning of the server, unless it has been said.
    pub fn warn_once(&mut self, text: &str) {
        if !self.client.warned.iter().any(|said| said == text) {
            self.warn(text);
            self.client.warned.push(text.to_owned());
        }
    }

    /// Changes an object by a patch.
    ///
    /// # Errors
    /// What the server says.
    pub fn patch(
        &mut self,
        kind: Kind,
        (namespace, name, subresource): (&str, &str, &str),
        patch_kind: PatchKind,
        patch: &Value,
        options: &WriteOptions,
    ) -> model::status::Result<Arc<Object>> {
        let caller = self.client.caller.clone();
        let patched = self.api.patch(&caller, kind, namespace, name, subresource, patch_kind, patch, options);
        self.show_warnings();
        patched
    }

    /// Changes a part of an object by a patch.
    ///
    /// # Errors
    /// What the server says.
    pub fn patch_part(
        &mut self,
        kind: Kind,
        (namespace, name, subresource): (&str, &str, &str),
        patch_kind: PatchKind,
        patch: &Value,
        options: &WriteOptions,
    ) -> model::status::Result<Part> {
        let caller = self.client.caller.clone();
        let patched =
            self.api.patch_part(&caller, kind, namespace, name, subresource, patch_kind, patch, options);
        self.show_warnings();
        patched
    }

    /// Deletes an object; answers what is left of it if it goes later.
    ///
    /// # Errors
    /// What the server says.
    pub fn delete(
        &mut self,
        kind: Kind,
        (namespace, name): (&str, &str),
        options: &DeleteOptions,
    ) -> model::status::Result<Option<Arc<Object>>> {
        let left = self.api.delete(&self.client.caller, kind, namespace, name, options);
        self.show_warnings();
        left
    }

    /// The namespace of a list: none for `-A`.
    #[must_use]
    pub fn list_namespace(&self, flags: &Flags) -> String {
        if flags.knows("all-namespaces") && flags.on("all-namespaces") {
            String::new()
        } else {
            self.client.namespace.clone()
        }
    }
}

/// `--dry-run`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum DryRun {
    /// Do it.
    #[default]
    No,
    /// Do not ask the server to do anything.
    Client,
    /// Let the server do all but store it.
    Server,
}

impl DryRun {
    /// From the flag.
    ///
    /// # Errors
    /// If it says something else.
    pub fn of(flags: &Flags) -> Result<Self> {
        match if flags.knows("dry-run") { flags.text("dry-run") } else { "none" } {
            "none" | "false" => Ok(Self::No),
            "client" | "unchanged" | "true" => Ok(Self::Client),
            "server" => Ok(Self::Server),
            other => {
                let text = "Must be \"none\", \"server\", or \"client\".";
                Err(client(format!("Invalid dry-run value ({other}). {text}")))
            }
        }
    }

    /// What is said after a message.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::No => "",
            Self::Client => " (dry run)",
            Self::Server => " (server dry run)",
        }
    }

    /// The options of a request.
    #[must_use]
    pub fn write_options(self) -> WriteOptions {
        WriteOptions { dry_run: self != Self::No }
    }
}

/// Refuses a flag that is known but does nothing here, rather than to ignore it.
///
/// # Errors
/// If it was given.
pub fn refuse(flags: &Flags, names: &[&str]) -> Result<()> {
    match names.iter().find(|name| flags.given(name)) {
        Some(name) => Err(Failure::Client(format!("--{name} is not supported in this cluster yet"))),
        None => Ok(()),
    }
}
