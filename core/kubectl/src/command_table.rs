//! The commands and their flags, as the real program lists them: parsed once from a table, read by parsing, help and completion.

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlagKind {
    /// Nothing, or `=true`.
    Bool,
    /// Any text.
    Text,
    /// A whole number.
    Int,
    /// A span as Go writes it.
    Duration,
    /// Texts, also several with commas between.
    Slice,
    /// Texts, one each time.
    Array,
}

/// One flag.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// The one-letter form.
    pub short: Option<char>,
    /// The long form.
    pub name: &'static str,
    /// What it takes.
    pub kind: FlagKind,
    /// Its value if it is not given.
    pub default: &'static str,
    /// Its value if it is given without one.
    pub bare: Option<&'static str>,
}

/// One command.
#[derive(Clone, Debug, Default)]
pub struct CommandSpec {
    /// Its words after `kubectl`: `create deployment`.
    pub path: &'static str,
    /// Other last words by which it goes.
    pub aliases: Vec<&'static str>,
    /// Its lines of usage.
    pub usage: Vec<&'static str>,
    /// Its own flags.
    pub flags: Vec<Flag>,
}

/// All commands.
#[derive(Debug)]
pub struct CommandTable {
    /// In the table's order.
    pub commands: Vec<CommandSpec>,
    /// The flags that every command has.
    pub global_flags: Vec<Flag>,
}

const SOURCE: &str = include_str!("../data/commands.txt");
/// The name under which the table lists the flags of every command.
const GLOBAL: &str = "(global)";

impl CommandTable {
    /// Reads the table.
    #[must_use]
    pub fn load() -> Self {
        let mut commands: Vec<CommandSpec> = Vec::new();
        for line in SOURCE.lines() {
            if let Some(path) = line.strip_prefix("kubectl ") {
                commands.push(CommandSpec { path, ..CommandSpec::default() });
                continue;
            }
            let Some(command) = commands.last_mut() else { continue };
            if let Some(usage) = line.strip_prefix("usage ") {
                command.usage.push(usage);
            } else if let Some(names) = line.strip_prefix("aliases ") {
                command.aliases = names.split(", ").collect();
            } else if let Some(flag) = line.strip_prefix("  ").and_then(|line| parse_flag(command.path, line))
            {
                command.flags.push(flag);
            }
        }
        let global = commands.iter().position(|command| command.path == GLOBAL);
        let global_flags = global.map(|index| commands.remove(index).flags).unwrap_or_default();
        Self { commands, global_flags }
    }

    /// The command whose words after `kubectl` are these.
    #[must_use]
    pub fn command(&self, path: &str) -> Option<&CommandSpec> {
        self.commands.iter().find(|command| command.path == path)
    }

    /// The subcommand of `parent` (empty: of kubectl itself) that `word` names.
    #[must_use]
    pub fn subcommand(&self, parent: &str, word: &str) -> Option<&CommandSpec> {
        self.subcommands(parent)
            .find(|command| last_word(command.path) == word || command.aliases.contains(&word))
    }

    /// The commands right below `parent`.
    pub fn subcommands<'a, 'b>(
        &'a self,
        parent: &'b str,
    ) -> impl Iterator<Item = &'a CommandSpec> + use<'a, 'b> {
        self.commands.iter().filter(move |command| match command.path.rsplit_once(' ') {
            Some((above, _)) => above == parent,
            None => parent.is_empty(),
        })
    }

    /// A flag of a command, its own or a global one.
    #[must_use]
    pub fn flag<'a>(&'a self, command: &'a CommandSpec, name: &str) -> Option<&'a Flag> {
        command.flags.iter().chain(&self.global_flags).find(|flag| flag.name == name)
    }

    /// The flag of a command that has this letter.
    #[must_use]
    pub fn short_flag<'a>(&'a self, command: &'a CommandSpec, letter: char) -> Option<&'a Flag> {
        command.flags.iter().chain(&self.global_flags).find(|flag| flag.short == Some(letter))
    }
}

fn last_word(path: &str) -> &str {
    path.rsplit(' ').next().unwrap_or(path)
}

fn parse_flag(command: &str, line: &'static str) -> Option<Flag> {
    let mut words = line.splitn(4, ' ');
    let short = words.next()?.chars().next().filter(|letter| *letter != '-');
    let name = words.next()?;
    let kind = match words.next()? {
        "bool" => FlagKind::Bool,
        "int" => FlagKind::Int,
        "duration" => FlagKind::Duration,
        "slice" => FlagKind::Slice,
        "array" => FlagKind::Array,
        _ => FlagKind::Text,
    };
    Some(Flag {
        short,
        name,
        kind,
        default: words.next().unwrap_or_default(),
        bare: bare_value(command, name, kind),
    })
}

/// What a flag without a value means, where that is allowed.
fn bare_value(command: &str, name: &str, kind: FlagKind) -> Option<&'static str> {
    match (command, name) {
        (_, "dry-run") => Some("unchanged"),
        ("delete" | "apply" | "replace" | "create" | "run", "cascade") => Some("background"),
        (_, "validate") => Some("strict"),
        ("config view", "merge") => Some("true"),
        _ if kind == FlagKind::Bool => Some("true"),
        _ => None,
    }
}
