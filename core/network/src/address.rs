//! IPv4 ranges.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A range of addresses: `10.244.1.0/24`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Cidr {
    base: Ipv4Addr,
    prefix: u8,
}

/// The text is no range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadCidr;

impl Cidr {
    /// The range of this many leading bits; `None` if there are more than 32.
    #[must_use]
    pub fn new(address: Ipv4Addr, prefix: u8) -> Option<Self> {
        let mask = mask(prefix)?;
        Some(Self { base: Ipv4Addr::from_bits(address.to_bits() & mask), prefix })
    }

    /// Whether the address is within.
    #[must_use]
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        mask(self.prefix).is_some_and(|mask| address.to_bits() & mask == self.base.to_bits())
    }

    /// How many addresses the range has.
    #[must_use]
    pub fn size(&self) -> u64 {
        1 << (32 - u32::from(self.prefix))
    }

    /// The address at this place in the range: 0 is the network's own.
    #[must_use]
    pub fn at(&self, index: u64) -> Option<Ipv4Addr> {
        let offset = u32::try_from(index).ok()?;
        (index < self.size()).then(|| Ipv4Addr::from_bits(self.base.to_bits() + offset))
    }
}

fn mask(prefix: u8) -> Option<u32> {
    match prefix {
        0 => Some(0),
        1..=32 => Some(u32::MAX << (32 - u32::from(prefix))),
        _ => None,
    }
}

impl FromStr for Cidr {
    type Err = BadCidr;

    fn from_str(text: &str) -> Result<Self, BadCidr> {
        let (address, prefix) = text.split_once('/').ok_or(BadCidr)?;
        let address = address.parse().map_err(|_| BadCidr)?;
        Self::new(address, prefix.parse().map_err(|_| BadCidr)?).ok_or(BadCidr)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}
