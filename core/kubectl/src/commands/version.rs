//! `kubectl version`, `cluster-info`, `options`, `plugin list` and `top`.

use model::manifest;
use serde_json::{Value, json};
use shell::Io;

use crate::command_table::CommandTable;
use crate::failure::{Result, client};
use crate::flags::Flags;
use crate::help;
use crate::kubeconfig::Kubeconfig;
use crate::session::{Flow, Outcome, Session};

/// The version that this cluster and its client are.
pub const VERSION: &str = "v1.33.1";
const KUSTOMIZE: &str = "v5.6.0";

/// What client and server say of their build.
pub fn details() -> Value {
    json!({
        "buildDate": "2025-05-15T08:27:33Z", "compiler": "gc",
        "gitCommit": "8adc0f041b8e7ad1d30e29cc59c6ae7a15e19828", "gitTreeState": "clean", "gitVersion": VERSION,
        "goVersion": "go1.24.2", "major": "1", "minor": "33", "platform": "linux/amd64",
    })
}

/// Runs `version`.
pub fn version(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    if !flags.args.is_empty() {
        return Err(client(format!("extra arguments: [{}]", flags.args.join(" "))));
    }
    let with_server = !flags.on("client");
    if with_server {
        reachable(io, flags)?;
    }
    let mut value = json!({ "clientVersion": details(), "kustomizeVersion": KUSTOMIZE });
    if with_server {
        value["serverVersion"] = details();
    }
    match flags.text("output") {
        "" => {
            io.out(&format!("Client Version: {VERSION}\nKustomize Version: {KUSTOMIZE}\n"));
            if with_server {
                io.out(&format!("Server Version: {VERSION}\n"));
            }
        }
        "yaml" => io.out(&format!("{}\n", manifest::to_yaml(&value))),
        "json" => io.out(&format!("{}\n", manifest::to_json_indented(&value, "  "))),
        _ => return Err(client("--output must be 'yaml' or 'json'")),
    }
    Ok(Flow::Done)
}

fn reachable(io: &mut Io<'_>, flags: &Flags) -> Result<()> {
    Kubeconfig::load(io, flags.text("kubeconfig"), true)?.resolve(flags.text("context"), "", "").map(|_| ())
}

/// Runs `cluster-info`.
pub fn cluster_info(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let server = Kubeconfig::load(session.io, flags.text("kubeconfig"), true)?.server();
    let (green, yellow, end) = ("\u{1b}[0;32m", "\u{1b}[0;33m", "\u{1b}[0m");
    let text = if session.io.is_terminal(shell::STDOUT) {
        format!("{green}Kubernetes control plane{end} is running at {yellow}{server}{end}\n")
    } else {
        format!("Kubernetes control plane is running at {server}\n")
    };
    session.io.out(&text);
    session.io.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
    Ok(Flow::Done)
}

/// Runs `options`.
pub fn options(io: &mut Io<'_>, table: &CommandTable, _: &Flags) -> Outcome {
    io.out(&help::options(table));
    Ok(Flow::Done)
}

/// Runs `plugin list`.
pub fn plugins(_: &mut Io<'_>, _: &CommandTable, _: &Flags) -> Outcome {
    Err(client("unable to find any kubectl plugins in your PATH"))
}

/// Runs `top node` and `top pod`: there is no metrics server.
pub fn top(_: &mut Session<'_, '_>, _: &Flags) -> Outcome {
    Err(client("Metrics API not available"))
}
