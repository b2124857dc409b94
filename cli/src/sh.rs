//! `podarium sh`: a shell in a fresh cluster. Time is virtual: `sleep 30` takes no real time.

use std::io::{IsTerminal, Read, Write};

use lexopt::prelude::*;
use sandbox::{ClusterSettings, ContextId, Limits, NodeSource, World};

#[derive(Default)]
struct Options {
    settings: ClusterSettings,
    echo: bool,
    script: Option<String>,
}

/// Runs it; answers the last command's status.
pub fn run(parser: lexopt::Parser) -> Result<u8, String> {
    let options = parse(parser)?;
    let mut world = World::boot_settled(&options.settings).map_err(|status| status.message)?;
    let learner = world.add_learner();
    let status = match options.script {
        Some(script) if options.echo => echo(&mut world, learner, &script),
        Some(script) => play(&mut world, learner, &script),
        None => crate::terminal::interact(&mut world, learner)?,
    };
    Ok(u8::try_from(status & 0xFF).unwrap_or(1))
}

fn parse(mut parser: lexopt::Parser) -> Result<Options, String> {
    let mut options = Options::default();
    let text = |error: lexopt::Error| error.to_string();
    while let Some(argument) = parser.next().map_err(text)? {
        match argument {
            Long("nodes") => {
                let workers = parser.value().map_err(text)?.parse().map_err(text)?;
                options.settings.nodes = NodeSource::Workers(workers);
            }
            Long("nodes-from") => {
                let path = parser.value().map_err(text)?;
                options.settings.nodes = crate::nodes::read(path.as_ref())?;
            }
            Long("seed") => options.settings.seed = parser.value().map_err(text)?.parse().map_err(text)?,
            Long("echo") => options.echo = true,
            Short('c') => options.script = Some(parser.value().map_err(text)?.string().map_err(text)?),
            Value(path) if path == "-" => options.script = Some(read_stdin()?),
            Value(path) => {
                let script = std::fs::read_to_string(&path);
                options.script =
                    Some(script.map_err(|error| format!("{}: {error}", path.to_string_lossy()))?);
            }
            other => return Err(other.unexpected().to_string()),
        }
    }
    if options.script.is_none() && !std::io::stdin().is_terminal() {
        options.script = Some(read_stdin()?);
    }
    Ok(options)
}

fn read_stdin() -> Result<String, String> {
    let mut script = String::new();
    std::io::stdin().read_to_string(&mut script).map_err(|error| error.to_string())?;
    Ok(script)
}

fn play(world: &mut World, learner: ContextId, script: &str) -> i32 {
    world.run_script_in(learner, script, sandbox::HOME, Limits::NONE, &mut print)
}

/// Each command behind a prompt, as it would be typed, then what it prints; all in one shell, so that variables live on.
fn echo(world: &mut World, learner: ContextId, script: &str) -> i32 {
    let echoed: String = sandbox::commands(script)
        .iter()
        .map(|command| format!("printf '%s\\n' {}\n{command}\n", sandbox::quote(&format!("$ {command}"))))
        .collect();
    play(world, learner, &echoed)
}

fn print(complaint: bool, bytes: &[u8]) {
    // A reader that went away (`| head`) is no reason to stop half-way through a script.
    let _ = if complaint { std::io::stderr().write_all(bytes) } else { std::io::stdout().write_all(bytes) };
}
