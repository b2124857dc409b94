//! From the bytes that a terminal sends to keys.

/// A key of the line editor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    Character(char),
    Enter,
    Tab,
    Backspace,
    Delete,
    /// Ctrl-D.
    EndOrDelete,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    WordLeft,
    WordRight,
    Interrupt,
    KillToStart,
    KillToEnd,
    KillWord,
    Yank,
    Swap,
    Clear,
    Search,
    Nothing,
}

/// The sequences after an escape, and their keys.
const SEQUENCES: [(&[u8], Key); 26] = [
    (b"[A", Key::Up),
    (b"[B", Key::Down),
    (b"[C", Key::Right),
    (b"[D", Key::Left),
    (b"[H", Key::Home),
    (b"[F", Key::End),
    (b"OA", Key::Up),
    (b"OB", Key::Down),
    (b"OC", Key::Right),
    (b"OD", Key::Left),
    (b"OH", Key::Home),
    (b"OF", Key::End),
    (b"[1~", Key::Home),
    (b"[3~", Key::Delete),
    (b"[4~", Key::End),
    (b"[7~", Key::Home),
    (b"[8~", Key::End),
    (b"[1;5C", Key::WordRight),
    (b"[1;5D", Key::WordLeft),
    (b"[1;3C", Key::WordRight),
    (b"[1;3D", Key::WordLeft),
    (b"[200~", Key::Nothing),
    (b"[201~", Key::Nothing),
    (b"b", Key::WordLeft),
    (b"f", Key::WordRight),
    (b"\x7f", Key::KillWord),
];

/// The first key and how many bytes it takes; nothing if more bytes are needed.
#[must_use]
pub fn next_key(bytes: &[u8]) -> Option<(Key, usize)> {
    let first = *bytes.first()?;
    let control = match first {
        b'\r' | b'\n' => Key::Enter,
        b'\t' => Key::Tab,
        8 | 127 => Key::Backspace,
        1 => Key::Home,
        2 => Key::Left,
        3 => Key::Interrupt,
        4 => Key::EndOrDelete,
        5 => Key::End,
        6 => Key::Right,
        11 => Key::KillToEnd,
        12 => Key::Clear,
        14 => Key::Down,
        16 => Key::Up,
        18 => Key::Search,
        20 => Key::Swap,
        21 => Key::KillToStart,
        23 => Key::KillWord,
        25 => Key::Yank,
        27 => return escape(&bytes[1..]),
        0..=31 => Key::Nothing,
        _ => return character(bytes),
    };
    Some((control, 1))
}

fn character(bytes: &[u8]) -> Option<(Key, usize)> {
    let length = match bytes[0] {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => 1,
    };
    let encoded = bytes.get(..length)?;
    let key = std::str::from_utf8(encoded)
        .ok()
        .and_then(|text| text.chars().next())
        .map_or(Key::Nothing, Key::Character);
    Some((key, length))
}

fn escape(rest: &[u8]) -> Option<(Key, usize)> {
    if let Some((sequence, key)) = SEQUENCES.iter().find(|(sequence, _)| rest.starts_with(sequence)) {
        return Some((*key, 1 + sequence.len()));
    }
    if SEQUENCES.iter().any(|(sequence, _)| sequence.starts_with(rest)) {
        return None;
    }
    // An unknown sequence ends with a letter or a tilde.
    let length = match rest.first() {
        Some(b'[' | b'O') => {
            rest.iter().skip(1).position(|byte| (0x40..=0x7E).contains(byte)).map(|at| at + 2)?
        }
        _ => 1,
    };
    Some((Key::Nothing, 1 + length))
}
