//! Commands whose kinds this cluster does not serve: they check their arguments as the real ones do, and end as those do at a server
//! that does not know the kinds.

use model::{Reason, Status};
use shell::Io;

use crate::command_table::CommandTable;
use crate::failure::{Failure, client, together, usage};
use crate::flags::Flags;
use crate::session::{Flow, Outcome, Session};
use crate::{files, resources};

/// What a server says of a path that it does not serve.
fn no_such_resource() -> Failure {
    Status::new(Reason::NotFound, "the server could not find the requested resource").into()
}

/// Runs `autoscale`.
pub fn autoscale(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let (min, max) = (flags.int("min"), flags.int("max"));
    if !flags.given("max") {
        return Err(client("required flag(s) \"max\" not set"));
    }
    if max < 1 {
        return Err(client(format!("--max=MAXPODS is required and must be at least 1, max: {max}")));
    }
    if max < min {
        return Err(client(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {max}, min: {min}"
        )));
    }
    together(resources::find(session, flags, &flags.args, true)?.failures)?;
    Err(no_such_resource())
}

/// Runs `certificate approve` and `certificate deny`.
pub fn certificate(_: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if flags.args.is_empty() && !resources::names_files(flags) {
        return Err(client("one or more CSRs must be specified as <name> or -f <filename>"));
    }
    Err(client("the server doesn't have a resource type \"certificatesigningrequests\""))
}

/// Runs `set subject` and `auth reconcile`.
pub fn bindings(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if resources::names_files(flags) {
        files::load_strictly(session, flags)?;
    } else if flags.args.is_empty() {
        return Err(client(resources::NOTHING_NAMED));
    } else {
        resources::select(&flags.args)?;
    }
    Err(no_such_resource())
}

/// Runs `debug`.
pub fn debug(_: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if flags.text("image").is_empty() && flags.text("copy-to").is_empty() {
        return Err(client("you must specify --image when not using --copy-to."));
    }
    if !flags.text("target").is_empty() && !flags.text("copy-to").is_empty() {
        return Err(client("--target is incompatible with --copy-to. Use --share-processes instead."));
    }
    Err(client("ephemeral containers and copies of pods to look into are not supported in this cluster yet"))
}

/// The shells that there are scripts for.
const SHELLS: [&str; 4] = ["bash", "fish", "powershell", "zsh"];

/// Runs `completion`: the shell here completes by itself, so that the script has nothing to do but to be sourced.
pub fn completion(io: &mut Io<'_>, _: &CommandTable, flags: &Flags) -> Outcome {
    match flags.args.as_slice() {
        [] => Err(usage("completion", "Shell not specified.")),
        [shell] if SHELLS.contains(&shell.as_str()) => {
            io.out("# The shell of this cluster's terminal completes kubectl, and aliases of it, without a script.\n");
            if shell == "bash" {
                io.out("__start_kubectl() { :; }\n");
            }
            Ok(Flow::Done)
        }
        [shell] => Err(usage("completion", format!("Unsupported shell type {shell:?}."))),
        _ => Err(usage("completion", "Too many arguments. Expected only the shell type.")),
    }
}
