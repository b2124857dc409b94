//! Seeded randomness: one stream for each purpose, so that a draw for one never moves another.

use rand_core::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

/// What a random number is for. Each purpose draws from its own stream.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Stream {
    /// Suffixes of generated names.
    Names,
    /// Uids.
    Uids,
    /// Which of equally good nodes the scheduler takes.
    SchedulingTies,
    /// Spread of periods and delays.
    Jitter,
    /// Which endpoint a connection goes to.
    Routing,
    /// Cluster IPs and node ports.
    Allocation,
    /// What programs draw: `$RANDOM`, `shuf`.
    Programs,
    /// Names of events.
    Events,
}

const STREAMS: usize = 8;
const NAME_ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The streams of one world, all from one seed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Random {
    streams: Vec<Pcg64Mcg>,
}

impl Random {
    /// The streams of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let streams = (0..STREAMS as u64)
            .map(|stream| {
                Pcg64Mcg::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(stream))
            })
            .collect();
        Self { streams }
    }

    /// 64 random bits.
    pub fn next(&mut self, stream: Stream) -> u64 {
        self.streams[stream as usize].next_u64()
    }

    /// A number below `bound`; zero if `bound` is zero.
    pub fn below(&mut self, stream: Stream, bound: u64) -> u64 {
        ((u128::from(self.next(stream)) * u128::from(bound)) >> 64) as u64
    }

    /// A number from 0 up to, not including, 1.
    pub fn fraction(&mut self, stream: Stream) -> f64 {
        (self.next(stream) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// `length` characters of the alphabet that generated names use: no vowels and no 0, 1 or 3.
    pub fn name_suffix(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| NAME_ALPHABET[self.below(Stream::Names, NAME_ALPHABET.len() as u64) as usize] as char)
            .collect()
    }

    /// A version 4 UUID in text.
    pub fn uuid(&mut self) -> String {
        let high = self.next(Stream::Uids) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000;
        let low = self.next(Stream::Uids) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        )
    }
}
