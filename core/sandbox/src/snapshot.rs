//! A world as bytes, and back: what is saved in the browser, sent as a link, compared by hash.

use std::fmt;

use crate::world::World;

/// What every snapshot begins with.
const MAGIC: &[u8; 8] = b"PODARIUM";
/// The format. It grows when older snapshots can no longer be read.
const FORMAT: u8 = 3;

/// Why bytes are no snapshot.
#[derive(Debug)]
pub enum SnapshotError {
    /// They are something else.
    NotASnapshot,
    /// They were written by another version.
    OtherFormat(u8),
    /// They are damaged.
    Damaged(String),
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASnapshot => f.write_str("this is not a saved world"),
            Self::OtherFormat(format) => {
                write!(f, "this world was saved in format {format}; this version reads format {FORMAT}")
            }
            Self::Damaged(why) => write!(f, "the saved world is damaged: {why}"),
        }
    }
}

impl std::error::Error for SnapshotError {}

impl World {
    /// The world as bytes. Equal worlds give equal bytes.
    ///
    /// # Panics
    /// Never: all of a world can be written.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(FORMAT);
        model::shared::writing(|| postcard::to_extend(self, bytes)).expect("a world is plain data")
    }

    /// The world that the bytes hold.
    ///
    /// # Errors
    /// If they hold none, or one of another format.
    pub fn restore(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(SnapshotError::NotASnapshot)?;
        let (format, rest) = rest.split_first().ok_or(SnapshotError::NotASnapshot)?;
        if *format != FORMAT {
            return Err(SnapshotError::OtherFormat(*format));
        }
        model::shared::reading(|| postcard::from_bytes(rest))
            .map_err(|error| SnapshotError::Damaged(error.to_string()))
    }
}
