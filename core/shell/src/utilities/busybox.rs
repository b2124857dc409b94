//! How BusyBox's applets complain: where GNU's utilities say what is missing, they show how they are used.

use crate::io::Io;

/// How applets are used, where that differs from GNU's.
const USAGE: [(&str, &str); 34] = [
    ("awk", "[OPTIONS] [AWK_PROGRAM] [FILE]..."),
    ("basename", "FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE..."),
    ("cat", "[-nbvteA] [FILE]..."),
    ("chmod", "[-Rcvf] MODE[,MODE]... FILE..."),
    ("chown", "[-RhLHPcvf]... USER[:[GRP]] FILE..."),
    ("cp", "[-arPLHpfinlsTu] SOURCE DEST"),
    ("cut", "[OPTIONS] [FILE]..."),
    ("date", "[OPTIONS] [+FMT] [[-s] TIME]"),
    ("diff", "[-abBdiNqrTstw] [-L LABEL] [-S FILE] [-U LINES] FILE1 FILE2"),
    ("dirname", "FILENAME"),
    ("find", "[-HL] [PATH]... [OPTIONS] [ACTIONS]"),
    ("grep", "[-HhnlLoqvsrRiwFEz] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]..."),
    ("head", "[OPTIONS] [FILE]..."),
    ("kill", "[-l] [-SIG] PID..."),
    ("ln", "[-sfnbtv] [-S SUF] TARGET... LINK|DIR"),
    ("ls", "[-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]..."),
    ("mkdir", "[-m MODE] [-p] DIRECTORY..."),
    ("mv", "[-finT] SOURCE DEST"),
    ("ping", "[OPTIONS] HOST"),
    ("ps", "[-o COL1,COL2=HEADER] [-T]"),
    ("rm", "[-irf] FILE..."),
    ("rmdir", "[-p] DIRECTORY..."),
    ("sed", "[-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]..."),
    ("seq", "[-w] [-s SEP] [FIRST [INC]] LAST"),
    ("sleep", "[N]..."),
    ("sort", "[-nrugMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] [-t CHAR] [FILE]..."),
    ("stat", "[-ltf] [-c FMT] FILE..."),
    ("tail", "[OPTIONS] [FILE]..."),
    ("tar", "c|x|t [-ZzJjahmvokO] [-f TARFILE] [-C DIR] [FILE]..."),
    ("timeout", "[-s SIG] [-k KILL_SECS] SECS PROG ARGS"),
    ("touch", "[-cham] [-d DATE] [-t DATE] [-r FILE] FILE..."),
    ("tr", "[-cds] STRING1 [STRING2]"),
    ("wc", "[-cmlwL] [FILE]..."),
    (
        "wget",
        "[-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR] [--post-data STR] [-P DIR] [-U AGENT] URL...",
    ),
];

/// Shows how an applet is used, behind what is wrong unless something is merely missing.
pub(super) fn misused(io: &mut Io<'_>, name: &str, message: Option<&str>, otherwise: &str) {
    let usage = USAGE.iter().find(|(known, _)| *known == name).map_or(otherwise, |(_, usage)| usage);
    let message = message.filter(|message| !message.starts_with("missing ") && !message.is_empty());
    let message = message.map(|message| format!("{name}: {}\n", plainly_quoted(message))).unwrap_or_default();
    let version = &io.context().build.version;
    let text = format!("{message}BusyBox v{version} multi-call binary.\n\nUsage: {name} {usage}\n");
    io.err(&text);
}

/// Says what GNU's utility says in `text`, as the applet does.
pub(super) fn complain(io: &mut Io<'_>, text: &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let Some((name, message)) = first.split_once(": ") else {
        let name =
            first.strip_prefix("Usage: ").and_then(|usage| usage.split(' ').next()).unwrap_or_default();
        return misused(io, name, None, "");
    };
    if let Some((_, message)) = REWORDED.iter().find(|(gnu, _)| message == *gnu) {
        io.err(&format!("{name}: {message}\n"));
    } else if name == "sed" && message.contains("unterminated `") {
        io.err("sed: unmatched '/'\n");
    } else if name == "Usage" || rest.contains("Try '") {
        let message = Some(message).filter(|_| name != "Usage");
        let name = if name == "Usage" { message_name(first) } else { name };
        misused(io, name, message, "");
    } else {
        io.err(&format!("{name}: {}\n", plainly_quoted(message)));
    }
}

fn message_name(usage: &str) -> &str {
    usage.trim_start_matches("Usage: ").split(' ').next().unwrap_or_default()
}

/// Complaints that the applets word in their own way.
const REWORDED: [(&str, &str); 1] = [(
    "you must specify a list of bytes, characters, or fields",
    "expected a list of bytes, characters, or fields",
)];

/// BusyBox quotes with apostrophes.
fn plainly_quoted(message: &str) -> String {
    message.replace(['‘', '’'], "'")
}
