//! Starting other programs, from the root of the repository, with an environment as the user's own shell has it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// What cargo and rustup set for the program they run, and a cargo below us must not inherit: it would rebuild for it, or load
/// another toolchain's libraries.
const INHERITED: &[&str] = &["CARGO", "LD_LIBRARY_PATH", "RUST_RECURSION_COUNT"];

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// A path below the root of the repository.
pub fn path(below: &str) -> PathBuf {
    root().join(below)
}

/// A command in the root of the repository that finds the tools of `node_modules` first, with these words.
pub fn command(words: &[&str]) -> Command {
    let (program, arguments) = words.split_first().expect("a command has a program");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    for name in INHERITED {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    let mut search = vec![path("node_modules/.bin"), cargo_home().join("bin")];
    search.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    if let Ok(search) = std::env::join_paths(search) {
        command.env("PATH", search);
    }
    command
}

/// Where `cargo install` puts programs.
fn cargo_home() -> PathBuf {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo"))
}

/// Runs a command with its output on the terminal.
pub fn execute(command: &mut Command) -> Result {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` failed ({status})", describe(command))),
        Err(error) => Err(format!("`{}` did not start: {error}", describe(command))),
    }
}

/// Runs a command silently; says the end of its output if it fails. The whole output goes to `target/setup.log`.
pub fn run_quietly(command: &mut Command) -> Result {
    let output =
        command.output().map_err(|error| format!("`{}` did not start: {error}", describe(command)))?;
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    append_to_log(&format!("$ {}\n{text}\n", describe(command)));
    if output.status.success() {
        return Ok(());
    }
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let tail = lines[lines.len().saturating_sub(5)..].join("\n    ");
    Err(format!("`{}` failed ({}):\n    {tail}", describe(command), output.status))
}

/// Whether a command succeeds; its output is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// What a command prints, or nothing if it fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Runs a command, passing each line of its standard output on to the terminal and to `on_line`; says whether it succeeded.
pub fn run_reading(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<bool> {
    let failed = |error: std::io::Error, command: &Command| format!("`{}`: {error}", describe(command));
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| failed(error, command))?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n').map_while(std::result::Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            println!("{line}");
            on_line(&line);
        }
    }
    let status = child.wait().map_err(|error| failed(error, command))?;
    Ok(status.success())
}

/// A command as one would type it.
pub fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn append_to_log(text: &str) {
    let log = path("target/setup.log");
    // The log is a convenience: a set-up must not fail for want of it.
    if let Ok(mut file) = fs::OpenOptions::new().create(true).append(true).open(log) {
        let _ = file.write_all(text.as_bytes());
    }
}
