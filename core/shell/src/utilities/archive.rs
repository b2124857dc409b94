//! Archives as `tar` writes them (POSIX ustar, with GNU's entries for long names): what `tar` and `kubectl cp` share.

use crate::file_system::Errno;
use crate::io::Io;

const BLOCK: usize = 512;
/// A name up to this length stands in an entry's own header.
const NAME_MAX: usize = 100;
/// An archive is filled up to a multiple of this.
const RECORD: usize = 20 * BLOCK;
const LONG_NAME: u8 = b'L';
const LONG_LINK: u8 = b'K';

/// What an entry is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// A file with this content.
    File(Vec<u8>),
    /// A folder.
    Folder,
    /// A symbolic link that points here.
    Symlink(String),
}

/// One entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its path; that of a folder without a slash at its end.
    pub name: String,
    /// Permission bits.
    pub mode: u32,
    /// Owner and group.
    pub owner: (u32, u32),
    /// Unix seconds of the last change.
    pub modified: i64,
    /// What it is.
    pub body: Body,
}

/// The bytes are no archive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

/// The entries of a path and of all below it; `name` is what the archive calls it. What cannot be read is told to `problem`.
pub fn collect(
    io: &mut Io<'_>,
    path: &str,
    name: &str,
    entries: &mut Vec<Entry>,
    problem: &mut dyn FnMut(&mut Io<'_>, &str, Errno),
) {
    let body = io.lstat(path).and_then(|metadata| {
        let body = match () {
            () if metadata.is_folder() => Body::Folder,
            () if metadata.is_symlink() => Body::Symlink(io.read_link(path)?),
            () if metadata.is_file() => Body::File(io.read_file(path)?),
            // Devices and pipes have no content to keep.
            () => return Ok(None),
        };
        Ok(Some((metadata, body)))
    });
    let (metadata, body) = match body {
        Ok(Some(found)) => found,
        Ok(None) => return,
        Err(error) => return problem(io, path, error),
    };
    let is_folder = body == Body::Folder;
    entries.push(Entry {
        name: name.to_owned(),
        mode: metadata.mode & 0o7777,
        owner: (metadata.uid, metadata.gid),
        modified: metadata.modified.div_euclid(1_000_000),
        body,
    });
    if is_folder {
        for child in io.read_folder(path).unwrap_or_default() {
            let below = |folder: &str| format!("{}/{child}", folder.trim_end_matches('/'));
            collect(io, &below(path), &below(name), entries, problem);
        }
    }
}

/// The bytes of an archive.
#[must_use]
pub fn write(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        let name = if entry.body == Body::Folder { format!("{}/", entry.name) } else { entry.name.clone() };
        let (kind, link, content): (u8, &str, &[u8]) = match &entry.body {
            Body::File(content) => (b'0', "", content),
            Body::Symlink(target) => (b'2', target, &[]),
            Body::Folder => (b'5', "", &[]),
        };
        for (long, mark) in [(link, LONG_LINK), (name.as_str(), LONG_NAME)] {
            if long.len() > NAME_MAX {
                let content = [long.as_bytes(), &[0]].concat();
                bytes.extend(header("././@LongLink", "", mark, content.len(), None));
                push_content(&mut bytes, &content);
            }
        }
        bytes.extend(header(&name, link, kind, content.len(), Some(entry)));
        push_content(&mut bytes, content);
    }
    bytes.resize((bytes.len() + 2 * BLOCK).next_multiple_of(RECORD), 0);
    bytes
}

fn push_content(bytes: &mut Vec<u8>, content: &[u8]) {
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
}

fn header(name: &str, link: &str, kind: u8, size: usize, entry: Option<&Entry>) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &[u8], width: usize| {
        let length = text.len().min(width);
        block[at..at + length].copy_from_slice(&text[..length]);
    };
    let octal = |number: u64, width: usize| format!("{number:0width$o}\0").into_bytes();
    let (uid, gid) = entry.map_or((0, 0), |entry| entry.owner);
    put(0, name.as_bytes(), NAME_MAX);
    put(100, &octal(entry.map_or(0o644, |entry| entry.mode).into(), 7), 8);
    put(108, &octal(uid.into(), 7), 8);
    put(116, &octal(gid.into(), 7), 8);
    put(124, &octal(size as u64, 11), 12);
    put(136, &octal(entry.map_or(0, |entry| entry.modified).unsigned_abs(), 11), 12);
    put(148, b"        ", 8);
    put(156, &[kind], 1);
    put(157, link.as_bytes(), NAME_MAX);
    put(257, b"ustar\x0000", 8);
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// The entries of an archive.
///
/// # Errors
/// If the bytes are none, or end too early.
pub fn read(bytes: &[u8]) -> Result<Vec<Entry>, Malformed> {
    let mut entries = Vec::new();
    let (mut long_name, mut long_link) = (None, None);
    let mut rest = bytes;
    while let Some(block) = rest.get(..BLOCK).filter(|block| block.iter().any(|byte| *byte != 0)) {
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        let own: u64 = block[148..156].iter().map(|byte| u64::from(*byte)).sum();
        if number(&block[148..156])? != sum - own + 8 * u64::from(b' ') {
            return Err(Malformed);
        }
        let size = usize::try_from(number(&block[124..136])?).map_err(|_| Malformed)?;
        let content = rest.get(BLOCK..BLOCK + size).ok_or(Malformed)?;
        rest = rest.get(BLOCK + size.next_multiple_of(BLOCK)..).unwrap_or_default();
        match block[156] {
            LONG_NAME => long_name = Some(text(content)),
            LONG_LINK => long_link = Some(text(content)),
            kind => {
                let name = long_name.take().unwrap_or_else(|| full_name(block));
                let link = long_link.take().unwrap_or_else(|| text(&block[157..257]));
                if let Some(body) = body(kind, link, content) {
                    entries.push(Entry {
                        name: name.trim_end_matches('/').to_owned(),
                        body,
                        ..plain(block)?
                    });
                }
            }
        }
    }
    if entries.is_empty() && rest.len() < BLOCK && !rest.is_empty() { Err(Malformed) } else { Ok(entries) }
}

fn body(kind: u8, link: String, content: &[u8]) -> Option<Body> {
    match kind {
        b'0' | 0 => Some(Body::File(content.to_vec())),
        b'2' => Some(Body::Symlink(link)),
        b'5' => Some(Body::Folder),
        _ => None,
    }
}

fn plain(block: &[u8]) -> Result<Entry, Malformed> {
    let small = |field: &[u8]| u32::try_from(number(field)?).map_err(|_| Malformed);
    Ok(Entry {
        name: String::new(),
        mode: small(&block[100..108])?,
        owner: (small(&block[108..116])?, small(&block[116..124])?),
        modified: i64::try_from(number(&block[136..148])?).map_err(|_| Malformed)?,
        body: Body::Folder,
    })
}

fn full_name(block: &[u8]) -> String {
    let (name, prefix) = (text(&block[..100]), text(&block[345..500]));
    if prefix.is_empty() || &block[257..262] != b"ustar" { name } else { format!("{prefix}/{name}") }
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn number(field: &[u8]) -> Result<u64, Malformed> {
    let text = text(field);
    let digits = text.trim();
    if digits.is_empty() { Ok(0) } else { u64::from_str_radix(digits, 8).map_err(|_| Malformed) }
}
