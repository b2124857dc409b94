//! `kubectl kustomize`: prints what a kustomization makes. The cluster is not asked.

use model::manifest;
use shell::Io;

use crate::command_table::CommandTable;
use crate::failure::{Result, client};
use crate::flags::Flags;
use crate::kustomize;
use crate::session::{Flow, Outcome, refuse};
use crate::text::go_error;

/// Runs the command.
///
/// # Errors
/// What is wrong with the kustomization.
pub fn run(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    refuse(
        flags,
        &[
            "as-current-user",
            "enable-alpha-plugins",
            "enable-helm",
            "env",
            "helm-api-versions",
            "helm-command",
            "helm-debug",
            "helm-kube-version",
            "mount",
            "network",
            "network-name",
        ],
    )?;
    if flags.args.len() > 1 {
        return Err(client("specify one path to kustomization.yaml"));
    }
    let text = text(io, flags.args.first().map_or(".", String::as_str))?;
    match flags.text("output") {
        "" => io.out(&text),
        path => io
            .write_file(path, text.as_bytes())
            .map_err(|error| client(format!("open {path}: {}", go_error(error))))?,
    }
    Ok(Flow::Done)
}

/// What the kustomization of a folder makes, as one text; what is to be said of it is said.
///
/// # Errors
/// What is wrong with it.
pub fn text(io: &mut Io<'_>, folder: &str) -> Result<String> {
    let built = kustomize::build(io, folder)?;
    for warning in &built.warnings {
        io.err(&format!("{warning}\n"));
    }
    let texts: Vec<String> = built.objects.iter().map(manifest::to_yaml).collect();
    Ok(texts.join("---\n"))
}
