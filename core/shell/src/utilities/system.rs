//! Utilities about the computer and its processes.

use super::options::{Spec, is_busybox, name_of};
use super::users;
use crate::io::Io;
use crate::kernel::Pid;

/// `pwd`.
pub fn pwd(io: &mut Io<'_>, _: &[String]) -> i32 {
    let cwd = io.cwd().to_owned();
    io.out(&format!("{cwd}\n"));
    0
}

/// `hostname`.
pub fn hostname(io: &mut Io<'_>, args: &[String]) -> i32 {
    const HOSTNAME: Spec = Spec::new("fisdI", "[OPTION]... [NAME]");
    let parsed = match HOSTNAME.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let host = io.context().hostname.clone();
    if !parsed.operands.is_empty() {
        let text = if is_busybox(io) {
            "sethostname: Operation not permitted"
        } else {
            "you must be root to change the host name"
        };
        io.err(&format!("{}: {text}\n", name_of(args)));
        return 1;
    }
    let hosts = io.read_file("/etc/hosts").unwrap_or_default();
    let hosts = String::from_utf8_lossy(&hosts).into_owned();
    let line = hosts.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).find(|words| {
        words.iter().skip(1).any(|name| *name == host || name.split('.').next() == Some(host.as_str()))
    });
    let text = if parsed.has('i') || parsed.has('I') {
        line.and_then(|words| words.first().map(|word| (*word).to_owned()))
            .unwrap_or_else(|| "127.0.0.1".to_owned())
    } else if parsed.has('f') {
        line.and_then(|words| words.get(1).map(|word| (*word).to_owned())).unwrap_or(host)
    } else if parsed.has('d') {
        // What follows the first dot of the full name; a host without a domain has nothing to print.
        let full = line.and_then(|words| words.get(1).copied()).unwrap_or(&host);
        let Some((_, domain)) = full.split_once('.') else { return 0 };
        domain.to_owned()
    } else if parsed.has('s') {
        host.split('.').next().unwrap_or_default().to_owned()
    } else {
        host
    };
    io.out(&format!("{text}\n"));
    0
}

/// `uname`.
pub fn uname(io: &mut Io<'_>, args: &[String]) -> i32 {
    const UNAME: Spec = Spec { long: &[("all", 'a')], ..Spec::new("asnrvmpio", "[OPTION]...") };
    let parsed = match UNAME.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let host = io.context().hostname.clone();
    let parts = [
        ('s', "Linux"),
        ('n', &host),
        ('r', "6.1.0"),
        ('v', "#1 SMP"),
        ('m', "x86_64"),
        ('o', if is_busybox(io) { "Linux" } else { "GNU/Linux" }),
    ];
    let chosen: Vec<&str> = parts
        .iter()
        .filter(|(letter, _)| {
            parsed.has('a') || parsed.has(*letter) || (parsed.options.is_empty() && *letter == 's')
        })
        .map(|(_, text)| *text)
        .collect();
    io.out(&format!("{}\n", chosen.join(" ")));
    0
}

/// `nproc`.
pub fn nproc(io: &mut Io<'_>, _: &[String]) -> i32 {
    let cpus = io.context().cpus;
    io.out(&format!("{cpus}\n"));
    0
}

/// `printenv`.
pub fn printenv(io: &mut Io<'_>, args: &[String]) -> i32 {
    if args.len() < 2 {
        let text: String = io.environment().iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        io.out(&text);
        return 0;
    }
    let mut status = 0;
    for name in &args[1..] {
        match io.env(name).map(str::to_owned) {
            Some(value) => io.out(&format!("{value}\n")),
            None => status = 1,
        }
    }
    status
}

/// `uptime`.
pub fn uptime(io: &mut Io<'_>, _: &[String]) -> i32 {
    let (seconds, _) = io.unix_time();
    let up = io.now().as_secs() / 60;
    let time = super::dates::format_time("%H:%M:%S", seconds, 0);
    io.out(&format!(" {time} up {:2}:{:02},  1 user,  load average: 0.00, 0.00, 0.00\n", up / 60, up % 60));
    0
}

/// `free`.
pub fn free(io: &mut Io<'_>, args: &[String]) -> i32 {
    const FREE: Spec = Spec::new("bkmgh", "[options]");
    let parsed = match FREE.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let total = io.context().memory_total;
    let used = used_memory(io);
    let show = |bytes: u64| match () {
        () if parsed.has('h') => format!("{}i", super::list::human(bytes)),
        () if parsed.has('b') => bytes.to_string(),
        () if parsed.has('m') => (bytes >> 20).to_string(),
        () if parsed.has('g') => (bytes >> 30).to_string(),
        () => (bytes >> 10).to_string(),
    };
    let (total, used, rest) = (show(total), show(used), show(total.saturating_sub(used)));
    // BusyBox's columns begin one earlier.
    let gap = if is_busybox(io) { "" } else { " " };
    io.out(&format!(
        "{gap}              total        used        free      shared  buff/cache   available\n\
         Mem:    {gap}{total:>11} {used:>11} {rest:>11} {0:>11} {0:>11} {rest:>11}\nSwap:   {gap}{0:>11} {0:>11} {0:>11}\n",
        show(0)
    ));
    0
}

/// `clear`.
pub fn clear(io: &mut Io<'_>, _: &[String]) -> i32 {
    io.out("\x1b[H\x1b[2J\x1b[3J");
    0
}

/// `tty`.
pub fn tty(io: &mut Io<'_>, _: &[String]) -> i32 {
    if io.is_terminal(0) {
        io.out("/dev/pts/0\n");
        0
    } else {
        io.out("not a tty\n");
        1
    }
}

/// A process as `ps` and `top` show it.
pub(super) struct Row {
    pub(super) pid: u32,
    pub(super) parent: u32,
    pub(super) user: String,
    time: u64,
    pub(super) args: String,
    pub(super) name: String,
    pub(super) memory: u64,
    terminal: bool,
    pub(super) zombie: bool,
    /// Whether it is the one that asks.
    pub(super) own: bool,
}

/// The memory that is not free: what the system itself holds and the container's processes.
pub(super) fn used_memory(io: &Io<'_>) -> u64 {
    io.context().memory_total / 7 + io.kernel.memory_of(io.pid())
}

/// The processes that the running one sees.
pub(super) fn rows(io: &mut Io<'_>) -> Vec<Row> {
    let processes: Vec<Pid> = io.kernel.neighbours(io.pid).values().copied().collect();
    processes
        .into_iter()
        .map(|pid| {
            let uid = io.kernel.context_of(pid).uid;
            let user = users::user_name(io, uid);
            let process = io.kernel.process(pid);
            let parent = process.parent.and_then(|parent| io.kernel.processes.get(&parent));
            Row {
                pid: process.local,
                parent: parent
                    .filter(|parent| parent.context == process.context)
                    .map_or(0, |parent| parent.local),
                user,
                time: io.now.since(process.started).as_secs(),
                args: process.argv.join(" "),
                name: process.name().to_owned(),
                memory: process.memory,
                terminal: io.kernel.own_terminal(pid).is_some(),
                zombie: process.exit.is_some(),
                own: pid == io.pid,
            }
        })
        .collect()
}

/// `ps`.
pub fn ps(io: &mut Io<'_>, args: &[String]) -> i32 {
    let busybox = is_busybox(io);
    let flags = args.get(1).cloned().unwrap_or_default();
    let rows = rows(io);
    if let Some(at) = args.iter().position(|arg| arg == "-o") {
        let columns: Vec<String> =
            args.get(at + 1).map(|list| list.split(',').map(str::to_owned).collect()).unwrap_or_default();
        return chosen(io, &rows, &columns);
    }
    let mut text = String::new();
    if busybox {
        let (title, time) =
            if io.context().build.has("FEATURE_PS_TIME") { ("TIME  ", " 0:00 ") } else { ("", "") };
        text.push_str(&format!("PID   USER     {title}COMMAND\n"));
        for row in &rows {
            text.push_str(&format!("{:5} {:<8} {time}{}\n", row.pid, row.user, command(row)));
        }
    } else if flags.contains('f') && !flags.contains('u') {
        text.push_str("UID          PID    PPID  C STIME TTY          TIME CMD\n");
        for row in &rows {
            let tty = if row.terminal { "pts/0" } else { "?" };
            text.push_str(&format!(
                "{:<8} {:7} {:7}  0 00:00 {tty:<8} 00:00:00 {}\n",
                row.user,
                row.pid,
                row.parent,
                command(row)
            ));
        }
    } else if flags.contains('u') {
        text.push_str("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n");
        for row in &rows {
            let tty = if row.terminal { "pts/0" } else { "?" };
            let state = if row.zombie { "Z" } else { "S" };
            text.push_str(&format!(
                "{:<8} {:7}  0.0  0.0 {:6} {:5} {tty:<8} {state:<4} 00:00   0:00 {}\n",
                row.user,
                row.pid,
                row.memory / 1024 + 4096,
                row.memory / 1024 + 1024,
                command(row)
            ));
        }
    } else {
        text.push_str("    PID TTY          TIME CMD\n");
        let all = flags.contains(['e', 'A', 'x']);
        for row in rows.iter().filter(|row| all || row.terminal || !io.is_terminal(0)) {
            let tty = if row.terminal { "pts/0" } else { "?" };
            text.push_str(&format!("{:7} {tty:<8} 00:00:00 {}\n", row.pid, row.name));
        }
    }
    io.out(&text);
    0
}

fn command(row: &Row) -> String {
    if row.zombie { format!("[{}]", row.name) } else { row.args.clone() }
}

fn chosen(io: &mut Io<'_>, rows: &[Row], columns: &[String]) -> i32 {
    let mut table: Vec<Vec<String>> = vec![columns.iter().map(|column| title(column)).collect()];
    for row in rows {
        let cells = columns.iter().map(|column| match column.as_str() {
            "pid" => row.pid.to_string(),
            "ppid" => row.parent.to_string(),
            "user" => row.user.clone(),
            "comm" => row.name.clone(),
            "time" => format!("{}:{:02}", row.time / 60, row.time % 60),
            "stat" => if row.zombie { "Z" } else { "S" }.to_owned(),
            _ => command(row),
        });
        table.push(cells.collect());
    }
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| table.iter().map(|row| row[at].chars().count()).max().unwrap_or(0))
        .collect();
    let busybox = is_busybox(io);
    for row in table {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let width = match (columns[at].as_str(), busybox) {
                ("user", true) => 8,
                ("pid" | "ppid", true) => 5,
                _ => widths[at],
            };
            let last = at + 1 == row.len();
            match (last, matches!(columns[at].as_str(), "pid" | "ppid") && !busybox) {
                (_, true) => line.push_str(&format!("{cell:>width$}")),
                (true, _) => line.push_str(cell),
                (false, _) => line.push_str(&format!("{cell:<width$}")),
            }
            if !last {
                line.push(' ');
            }
        }
        io.out(&format!("{line}\n"));
    }
    0
}

fn title(column: &str) -> String {
    match column {
        "args" | "cmd" | "comm" => "COMMAND".to_owned(),
        other => other.to_uppercase(),
    }
}

/// `pidof NAME...`: the youngest first.
pub fn pidof(io: &mut Io<'_>, args: &[String]) -> i32 {
    let rows = rows(io);
    let named = |row: &&Row| args[1..].iter().any(|name| name.rsplit('/').next() == Some(row.name.as_str()));
    let pids: Vec<String> = rows.iter().rev().filter(named).map(|row| row.pid.to_string()).collect();
    if pids.is_empty() {
        return 1;
    }
    io.out(&format!("{}\n", pids.join(" ")));
    0
}

/// `pgrep` and `pkill`.
pub fn pgrep(io: &mut Io<'_>, args: &[String]) -> i32 {
    let kills = name_of(args) == "pkill";
    let mut signal = crate::program::Signal::Term;
    let (mut full, mut exact, mut pattern) = (false, false, None);
    for arg in &args[1..] {
        match arg.strip_prefix('-') {
            Some("f") => full = true,
            Some("x") => exact = true,
            Some(name) => match crate::program::Signal::parse(name).filter(|_| kills) {
                Some(given) => signal = given,
                None => {
                    io.err(&format!("{}: invalid option -- '{name}'\n", name_of(args)));
                    return 2;
                }
            },
            None => pattern = Some(arg.clone()),
        }
    }
    let Some(pattern) = pattern else {
        io.err(&format!("{}: no matching criteria specified\n", name_of(args)));
        return 2;
    };
    let Ok(regex) = regex_lite::Regex::new(&pattern) else { return 2 };
    let own = io.local_pid();
    let mut found = false;
    for row in rows(io) {
        let text = if full { &row.args } else { &row.name };
        let matched = if exact { *text == pattern } else { regex.is_match(text) };
        if row.pid == own || !matched {
            continue;
        }
        found = true;
        if kills {
            if let Some(pid) = io.find_process(row.pid) {
                io.kill(pid, signal);
            }
        } else {
            io.out(&format!("{}\n", row.pid));
        }
    }
    i32::from(!found)
}
