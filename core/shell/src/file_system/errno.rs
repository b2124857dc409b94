//! Errors of files and processes, worded as the C library words them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a call failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the text of each says what it is")]
pub enum Errno {
    NotPermitted,
    NoEntry,
    NoProcess,
    BadFile,
    Permission,
    Busy,
    Exists,
    CrossDevice,
    NotFolder,
    IsFolder,
    Invalid,
    NoSpace,
    ReadOnly,
    BrokenPipe,
    NotEmpty,
    Loop,
    NoExec,
    NoDevice,
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotPermitted => "Operation not permitted",
            Self::NoEntry => "No such file or directory",
            Self::NoProcess => "No such process",
            Self::BadFile => "Bad file descriptor",
            Self::Permission => "Permission denied",
            Self::Busy => "Device or resource busy",
            Self::Exists => "File exists",
            Self::CrossDevice => "Invalid cross-device link",
            Self::NotFolder => "Not a directory",
            Self::IsFolder => "Is a directory",
            Self::Invalid => "Invalid argument",
            Self::NoSpace => "No space left on device",
            Self::ReadOnly => "Read-only file system",
            Self::BrokenPipe => "Broken pipe",
            Self::NotEmpty => "Directory not empty",
            Self::Loop => "Too many levels of symbolic links",
            Self::NoExec => "Exec format error",
            Self::NoDevice => "No such device or address",
        })
    }
}
