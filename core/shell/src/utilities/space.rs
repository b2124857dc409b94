//! Utilities about bytes: `du`, `df`, `dd`, `base64`, `md5sum`, `sha256sum`.

use base64::Engine as _;

use super::digest;
use super::list::{blocks_of, human};
use super::options::{Spec, is_busybox, name_of};
use crate::io::{Io, Mode};
use crate::program::{Lines, Read, STDIN, STDOUT, Step, Wait};
use serde::{Deserialize, Serialize};

const DU: Spec = Spec {
    long: &[
        ("summarize", 's'),
        ("human-readable", 'h'),
        ("all", 'a'),
        ("bytes", 'b'),
        ("max-depth", 'd'),
        ("total", 'c'),
    ],
    ..Spec::new("shabkd:cm", "[OPTION]... [FILE]...")
};

/// `du`.
pub fn du(io: &mut Io<'_>, args: &[String]) -> i32 {
    let parsed = match DU.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let paths = if parsed.operands.is_empty() { vec![".".to_owned()] } else { parsed.operands.clone() };
    let depth_max = match parsed.value('d').and_then(|text| text.parse().ok()) {
        Some(depth) => depth,
        None if parsed.has('s') => 0,
        None => usize::MAX,
    };
    let show = |size: u64| match () {
        () if parsed.has('h') => human(size),
        () if parsed.has('b') => size.to_string(),
        () if parsed.has('m') => size.div_ceil(1 << 20).to_string(),
        () => size.div_ceil(1024).to_string(),
    };
    let (mut status, mut total) = (0, 0);
    for path in &paths {
        if let Err(errno) = io.lstat(path) {
            let what = if is_busybox(io) { path.clone() } else { format!("cannot access '{path}'") };
            io.err(&format!("{}: {what}: {errno}\n", name_of(args)));
            status = 1;
            continue;
        }
        let mut lines = Vec::new();
        total += sum(io, path, 0, parsed.has('b'), parsed.has('a'), depth_max, &mut lines);
        let text: String = lines.iter().map(|(size, path)| format!("{}\t{path}\n", show(*size))).collect();
        io.out(&text);
    }
    if parsed.has('c') {
        io.out(&format!("{}\ttotal\n", show(total)));
    }
    status
}

fn sum(
    io: &Io<'_>,
    path: &str,
    depth: usize,
    bytes: bool,
    all: bool,
    depth_max: usize,
    lines: &mut Vec<(u64, String)>,
) -> u64 {
    let Ok(metadata) = io.lstat(path) else { return 0 };
    let mut size = if bytes { metadata.size } else { blocks_of(&metadata) * 1024 };
    if metadata.is_folder() {
        for name in io.read_folder(path).unwrap_or_default() {
            if path == "/" && matches!(name.as_str(), "proc" | "dev" | "sys") {
                continue;
            }
            let below = format!("{}/{name}", path.trim_end_matches('/'));
            size += sum(io, &below, depth + 1, bytes, all, depth_max, lines);
        }
    }
    if depth <= depth_max && (metadata.is_folder() || all || depth == 0) {
        lines.push((size, path.to_owned()));
    }
    size
}

/// What a disk without a limit of its own has.
const DISK: u64 = 40 << 30;
/// What images and the system take of it.
const DISK_USED: u64 = 6_317 << 20;

/// `df`.
pub fn df(io: &mut Io<'_>, args: &[String]) -> i32 {
    const DF: Spec = Spec { long: &[("human-readable", 'h')], ..Spec::new("hkmTP", "[OPTION]... [FILE]...") };
    let parsed = match DF.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut chosen = Vec::new();
    for path in &parsed.operands {
        match io.canonical(path) {
            Ok(path) => chosen.push(path),
            Err(errno) => {
                io.err(&format!("{}: {path}: {errno}\n", name_of(args)));
                return 1;
            }
        }
    }
    let mounts = io.context().mounts.clone();
    let holds =
        |mount: &str, path: &str| mount == "/" || path == mount || path.starts_with(&format!("{mount}/"));
    let best = |path: &str| {
        mounts
            .iter()
            .filter(|mount| holds(&mount.path, path))
            .map(|mount| mount.path.len())
            .max()
            .unwrap_or(0)
    };
    let show = |bytes: u64| if parsed.has('h') { human(bytes) } else { (bytes / 1024).to_string() };
    let unit = if parsed.has('h') { "Size" } else { "1K-blocks" };
    let mut text = format!(
        "Filesystem     {unit:>9} {:>9} {:>9} Use% Mounted on\n",
        "Used",
        if parsed.has('h') { "Avail" } else { "Available" }
    );
    for mount in &mounts {
        let wanted = chosen.is_empty()
            || chosen.iter().any(|path| holds(&mount.path, path) && best(path) == mount.path.len());
        if !wanted {
            continue;
        }
        let (used, limit) =
            io.kernel.storage.tree(mount.tree).map_or((0, None), |tree| (tree.used(), tree.limit()));
        let total = limit.unwrap_or(DISK);
        let (device, _) = io.kernel.device_of(mount);
        let used = if device == "tmpfs" { used } else { used + DISK_USED };
        let percent = (used * 100).div_ceil(total.max(1));
        text.push_str(&format!(
            "{device:<14} {:>9} {:>9} {:>9} {percent:>3}% {}\n",
            show(total),
            show(used),
            show(total.saturating_sub(used)),
            mount.path
        ));
    }
    io.out(&text);
    0
}

fn bytes_of(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let factor = match &text[digits..] {
        "" | "c" => 1,
        "b" => 512,
        "k" | "K" | "KiB" => 1 << 10,
        "kB" | "KB" => 1_000,
        "M" | "m" | "MiB" => 1 << 20,
        "MB" => 1_000_000,
        "G" | "g" | "GiB" => 1 << 30,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// A running `dd`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Dd {
    started: bool,
    input: u32,
    output: u32,
    size: u64,
    count: Option<u64>,
    blocks: u64,
    partial: u64,
    bytes: u64,
    quiet: bool,
}

impl Dd {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !self.started {
            self.started = true;
            if let Err(status) = self.start(io) {
                return Step::Exit(status);
            }
        }
        while self.count.is_none_or(|count| self.blocks + self.partial < count) {
            match io.read(self.input, self.size as usize) {
                Read::Data(bytes) => {
                    if let Err(errno) = io.try_write(self.output, &bytes) {
                        io.err(&format!("dd: error writing 'standard output': {errno}\n"));
                        self.report(io);
                        return Step::Exit(1);
                    }
                    self.bytes += bytes.len() as u64;
                    if bytes.len() as u64 == self.size {
                        self.blocks += 1;
                    } else {
                        self.partial += 1;
                    }
                    if self.blocks.is_multiple_of(64) {
                        return Step::Continue;
                    }
                }
                Read::Empty => return Step::Wait(Wait::readable(self.input)),
                Read::End => break,
            }
        }
        self.report(io);
        Step::Exit(0)
    }

    fn start(&mut self, io: &mut Io<'_>) -> Result<(), i32> {
        (self.input, self.output, self.size) = (STDIN, STDOUT, 512);
        let mut skip = 0;
        for arg in io.args().to_vec().iter().skip(1) {
            let (name, value) = arg.split_once('=').unwrap_or((arg, ""));
            let number = || bytes_of(value);
            let wrong = |io: &mut Io<'_>| {
                io.err(&format!("dd: invalid number: ‘{value}’\n"));
                1
            };
            match name {
                "if" => {
                    self.input = io.open(value, Mode::Read).map_err(|errno| {
                        io.err(&format!("dd: failed to open '{value}': {errno}\n"));
                        1
                    })?;
                }
                "of" => {
                    self.output = io.open(value, Mode::Write).map_err(|errno| {
                        io.err(&format!("dd: failed to open '{value}': {errno}\n"));
                        1
                    })?;
                }
                "bs" | "ibs" | "obs" => {
                    self.size = number().filter(|size| *size > 0).ok_or_else(|| wrong(io))?;
                }
                "count" => self.count = Some(number().ok_or_else(|| wrong(io))?),
                "skip" => skip = number().ok_or_else(|| wrong(io))?,
                "status" => self.quiet = value == "none",
                "conv" | "oflag" | "iflag" | "seek" => {}
                _ => {
                    io.err(&format!(
                        "dd: unrecognized operand ‘{arg}’\nTry 'dd --help' for more information.\n"
                    ));
                    return Err(1);
                }
            }
        }
        for _ in 0..skip {
            let _ = io.read(self.input, self.size as usize);
        }
        Ok(())
    }

    fn report(&self, io: &mut Io<'_>) {
        if self.quiet {
            return;
        }
        let records = format!("{}+{}", self.blocks, self.partial);
        let size = human(self.bytes);
        let text = match self.bytes {
            bytes if is_busybox(io) => format!("{bytes} bytes ({size}B) copied, 0.000000 seconds, 0B/s"),
            1 => "1 byte copied, 0.000000 s, 0 B/s".to_owned(),
            bytes => format!("{bytes} bytes copied, 0.000000 s, 0 B/s"),
        };
        io.err(&format!("{records} records in\n{records} records out\n{text}\n"));
    }
}

/// A running `base64`, `md5sum`, `sha1sum` or `sha256sum`: it needs its whole input.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Whole {
    input: Lines,
}

const BASE64: Spec =
    Spec { long: &[("decode", 'd'), ("wrap", 'w')], ..Spec::new("dDw:i", "[OPTION]... [FILE]") };
const SUM: Spec = Spec { long: &[("check", 'c')], ..Spec::new("cbt", "[OPTION]... [FILE]...") };

impl Whole {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let args = io.args().to_vec();
        let name = name_of(&args);
        let encodes = name == "base64";
        let parsed = match if encodes { &BASE64 } else { &SUM }.parse(io, &args) {
            Ok(parsed) => parsed,
            Err(status) => return Step::Exit(status),
        };
        let paths = if parsed.operands.is_empty() { vec!["-".to_owned()] } else { parsed.operands.clone() };
        let mut status = 0;
        for path in &paths {
            let bytes = if path == "-" {
                match self.input.rest(io, STDIN) {
                    Some(bytes) => bytes,
                    None => return Step::Wait(Wait::readable(STDIN)),
                }
            } else {
                match io.read_file(path) {
                    Ok(bytes) => bytes,
                    Err(errno) => {
                        let what = if is_busybox(io) { format!("can't open '{path}'") } else { path.clone() };
                        io.err(&format!("{name}: {what}: {errno}\n"));
                        status = 1;
                        continue;
                    }
                }
            };
            if !encodes {
                let sum = digest::hex(&name, &bytes);
                io.out(&format!("{sum}  {path}\n"));
            } else if parsed.has('d') || parsed.has('D') {
                status |= decode(io, &bytes);
            } else {
                encode(io, &bytes, parsed.value('w').and_then(|text| text.parse().ok()).unwrap_or(76));
            }
        }
        Step::Exit(status)
    }
}

fn encode(io: &mut Io<'_>, bytes: &[u8], width: usize) {
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    if width == 0 {
        io.out(&text);
        return;
    }
    let lines: String =
        text.as_bytes().chunks(width).map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect();
    io.out(&lines);
}

fn decode(io: &mut Io<'_>, bytes: &[u8]) -> i32 {
    let kept: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    match base64::engine::general_purpose::STANDARD.decode(&kept) {
        Ok(bytes) => {
            let _ = io.write(STDOUT, &bytes);
            0
        }
        Err(_) => {
            // What is right before the wrong part is still printed.
            let valid = kept
                .iter()
                .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
                .count();
            let start = &kept[..valid / 4 * 4];
            if let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(start) {
                let _ = io.write(STDOUT, &bytes);
            }
            let text = if is_busybox(io) { "truncated input" } else { "invalid input" };
            io.err(&format!("base64: {text}\n"));
            1
        }
    }
}
