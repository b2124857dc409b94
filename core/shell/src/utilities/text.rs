//! The text utilities: grep, sed, awk, sort and their like, on the streams of a virtual process.
//!
//! Each utility is plain data that a `step` moves: it takes what its input has, writes what it can, and waits otherwise, so
//! that `kubectl get --watch | awk ... | uniq` flows while lines come in. What they print, and how they fail, follows GNU
//! coreutils, grep, sed and diffutils and mawk as Debian ships them.

mod awk;
mod bytes;
mod column;
mod comm;
mod cut;
mod diff;
mod dump;
mod feed;
mod grep;
mod head;
mod join;
mod lines;
mod options;
mod paste;
pub(super) mod regex;
mod sed;
mod sort;
mod tail;
mod tee;
mod tr;
mod uniq;
mod wc;
mod wrap;

use serde::{Deserialize, Serialize};

use crate::program::{Io, Step};
use options::Failure;

/// Lists the utilities: a state and the names that start it.
macro_rules! utilities {
    ($($variant:ident($state:ty): $($name:literal)|+;)+) => {
        /// The state of a running text utility.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the names are those of the tools")]
        pub enum TextUtility {
            $($variant(Box<$state>),)+
            /// The command line was wrong.
            Failed(Failure),
        }

        impl TextUtility {
            /// The names of all text utilities.
            pub const NAMES: &'static [&'static str] = &[$($($name),+),+];

            /// Starts the utility `name`; `args[0]` is how it was called. None if there is no such utility.
            #[must_use]
            pub fn start(name: &str, args: &[String]) -> Option<Self> {
                let args = args.get(1..).unwrap_or_default();
                Some(match name {
                    $($($name)|+ => <$state>::parse(name, args).map_or_else(Self::Failed, |state| Self::$variant(Box::new(state))),)+
                    _ => return None,
                })
            }

            /// Runs until it ends or blocks.
            pub fn step(&mut self, io: &mut Io<'_>) -> Step {
                match self {
                    $(Self::$variant(state) => state.step(io),)+
                    Self::Failed(failure) => failure.step(io),
                }
            }
        }
    };
}

utilities! {
    Awk(awk::Awk): "awk" | "gawk" | "mawk";
    Column(column::Column): "column";
    Comm(comm::Comm): "comm";
    Cmp(diff::cmp::Cmp): "cmp";
    Cut(cut::Cut): "cut";
    Diff(diff::Diff): "diff";
    Dump(dump::Dump): "od" | "xxd" | "hexdump";
    Fold(wrap::Wrap): "fold" | "expand" | "unexpand";
    Grep(grep::Grep): "grep" | "egrep" | "fgrep";
    Head(head::Head): "head";
    Join(join::Join): "join";
    Lines(lines::Lines): "rev" | "tac" | "nl" | "shuf";
    Paste(paste::Paste): "paste";
    Sed(sed::Sed): "sed";
    Sort(sort::Sort): "sort";
    Strings(bytes::Bytes): "strings" | "yes";
    Tail(tail::Tail): "tail";
    Tee(tee::Tee): "tee";
    Tr(tr::Tr): "tr";
    Uniq(uniq::Uniq): "uniq";
    Wc(wc::Wc): "wc";
}
