//! The built-in utilities: one enum of their states and one table of their names.

pub mod archive;
mod busybox;
mod cat;
mod change;
pub mod conditions;
mod copy;
mod curl;
mod dates;
pub mod digest;
pub mod echo;
mod editor;
mod expr;
mod find;
mod http;
mod interfaces;
pub mod kill;
mod list;
mod make;
mod mounts;
mod network;
mod options;
mod paths;
pub mod printf;
mod run;
mod seq;
mod sleep;
mod space;
mod system;
mod tar;
pub mod text;
mod top;
mod users;
mod wget;

use serde::{Deserialize, Serialize};

use crate::interpreter::Shell;
use crate::io::Io;
use crate::program::Step;
use text::TextUtility;

/// A utility that ends with its first step.
pub type Immediate = fn(&mut Io<'_>, &[String]) -> i32;

/// Utilities that never block.
const IMMEDIATE: [(&str, Immediate); 53] = [
    ("[", conditions::run),
    ("basename", paths::basename),
    ("chgrp", change::chown),
    ("chmod", change::chmod),
    ("chown", change::chown),
    ("clear", system::clear),
    ("cp", copy::cp),
    ("date", dates::date),
    ("df", space::df),
    ("dirname", paths::dirname),
    ("du", space::du),
    ("echo", echo::run),
    ("expr", expr::run),
    ("false", |_, _| 1),
    ("free", system::free),
    ("getent", network::getent),
    ("hostname", system::hostname),
    ("id", users::id),
    ("ip", interfaces::ip),
    ("kill", kill::run),
    ("ln", make::ln),
    ("ls", list::run),
    ("mkdir", make::mkdir),
    ("mktemp", make::mktemp),
    ("mount", mounts::mount),
    ("mv", copy::mv),
    ("nproc", system::nproc),
    ("nslookup", network::nslookup),
    ("pgrep", system::pgrep),
    ("pidof", system::pidof),
    ("pkill", system::pgrep),
    ("printenv", system::printenv),
    ("printf", printf::run),
    ("ps", system::ps),
    ("pwd", system::pwd),
    ("readlink", paths::readlink),
    ("realpath", paths::realpath),
    ("reset", system::clear),
    ("rm", copy::rm),
    ("rmdir", copy::rmdir),
    ("seq", seq::run),
    ("stat", paths::stat),
    ("sync", |_, _| 0),
    ("test", conditions::run),
    ("touch", make::touch),
    ("true", |_, _| 0),
    ("tty", system::tty),
    ("umount", mounts::umount),
    ("uname", system::uname),
    ("unlink", copy::unlink),
    ("uptime", system::uptime),
    ("which", paths::which),
    ("whoami", users::whoami),
];

/// A running utility.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Utility {
    /// One that never blocks, by its name.
    Immediate(String),
    /// A shell.
    Shell(Box<Shell>),
    /// A text utility.
    Text(TextUtility),
    /// `cat`.
    Cat(cat::Cat),
    /// `sleep`.
    Sleep(sleep::Sleep),
    /// `timeout`.
    Timeout(run::Timeout),
    /// `xargs`.
    Xargs(run::Xargs),
    /// `watch`.
    Watch(run::Watch),
    /// `curl`.
    Curl(Box<curl::Curl>),
    /// `wget`.
    Wget(Box<wget::Wget>),
    /// `dd`.
    Dd(space::Dd),
    /// `base64`, `md5sum`, `sha1sum`, `sha256sum`.
    Whole(space::Whole),
    /// `find`.
    Find(find::Find),
    /// `ping`.
    Ping(network::Ping),
    /// `nc`.
    Nc(network::Nc),
    /// `top`.
    Top(top::Top),
    /// `tar`.
    Tar(tar::Tar),
    /// `vi`, `vim`, `nano`.
    Editor(editor::Editor),
    /// `env`.
    Env,
    /// `nohup`, `nice`, `stdbuf`.
    Plain,
}

/// Makes the state of a utility.
type Start = fn() -> Utility;

/// Utilities that may block, with their states.
const BLOCKING: [(&str, Start); 25] = [
    ("base64", || Utility::Whole(space::Whole::default())),
    ("cat", || Utility::Cat(cat::Cat::default())),
    ("curl", || Utility::Curl(Box::default())),
    ("dd", || Utility::Dd(space::Dd::default())),
    ("env", || Utility::Env),
    ("find", || Utility::Find(find::Find::default())),
    ("md5sum", || Utility::Whole(space::Whole::default())),
    ("nano", || Utility::Editor(editor::Editor::default())),
    ("nc", || Utility::Nc(network::Nc::default())),
    ("nice", || Utility::Plain),
    ("nohup", || Utility::Plain),
    ("ping", || Utility::Ping(network::Ping::default())),
    ("sha1sum", || Utility::Whole(space::Whole::default())),
    ("sha256sum", || Utility::Whole(space::Whole::default())),
    ("sleep", || Utility::Sleep(sleep::Sleep::default())),
    ("stdbuf", || Utility::Plain),
    ("tar", || Utility::Tar(tar::Tar::default())),
    ("timeout", || Utility::Timeout(run::Timeout::default())),
    ("top", || Utility::Top(top::Top::default())),
    ("vi", || Utility::Editor(editor::Editor::default())),
    ("view", || Utility::Editor(editor::Editor::default())),
    ("vim", || Utility::Editor(editor::Editor::default())),
    ("watch", || Utility::Watch(run::Watch::default())),
    ("wget", || Utility::Wget(Box::default())),
    ("xargs", || Utility::Xargs(run::Xargs::default())),
];

/// The shells.
const SHELLS: [&str; 4] = ["ash", "bash", "dash", "sh"];

/// The names of all utilities, for the folders of an image.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let blocking = BLOCKING.iter().map(|(name, _)| *name);
    let mut names: Vec<&str> =
        IMMEDIATE.iter().map(|(name, _)| *name).chain(blocking).chain(SHELLS).collect();
    names.extend(TextUtility::NAMES);
    names.sort_unstable();
    names
}

impl Utility {
    /// Starts the utility `name`; `args[0]` is how it was called.
    #[must_use]
    pub fn start(name: &str, args: &[String]) -> Option<Self> {
        if IMMEDIATE.iter().any(|(known, _)| *known == name) {
            return Some(Self::Immediate(name.to_owned()));
        }
        if let Some((_, start)) = BLOCKING.iter().find(|(known, _)| *known == name) {
            return Some(start());
        }
        if SHELLS.contains(&name) {
            return Some(Self::Shell(Box::new(Shell::new(args))));
        }
        TextUtility::start(name, args).map(Self::Text)
    }

    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        match self {
            Self::Immediate(name) => match IMMEDIATE.iter().find(|(known, _)| known == name) {
                Some((_, run)) => {
                    let args = io.args().to_vec();
                    Step::Exit(run(io, &args))
                }
                None => Step::Exit(127),
            },
            Self::Shell(shell) => shell.step(io),
            Self::Cat(cat) => cat.step(io),
            Self::Sleep(sleep) => sleep.step(io),
            Self::Timeout(timeout) => timeout.step(io),
            Self::Xargs(xargs) => xargs.step(io),
            Self::Watch(watch) => watch.step(io),
            Self::Curl(curl) => curl.step(io),
            Self::Wget(wget) => wget.step(io),
            Self::Dd(dd) => dd.step(io),
            Self::Whole(whole) => whole.step(io),
            Self::Find(find) => find.step(io),
            Self::Ping(ping) => ping.step(io),
            Self::Nc(nc) => nc.step(io),
            Self::Top(top) => top.step(io),
            Self::Tar(tar) => tar.step(io),
            Self::Editor(editor) => editor.step(io),
            Self::Env => run::env(io),
            Self::Plain => run::plain(io),
            Self::Text(utility) => utility.step(io),
        }
    }
}
