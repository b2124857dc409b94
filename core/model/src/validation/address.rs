//! IP addresses and ranges.

use std::net::{IpAddr, Ipv6Addr};

use super::error::ErrorList;
use super::path::Path;

const IP_RULE: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const CIDR_RULE: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// An address in the range, as written.
    pub address: IpAddr,
    /// How many leading bits the range's addresses have in common.
    pub bits: u8,
}

impl Cidr {
    /// Reads `10.0.0.0/24`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        if bits.is_empty() || !bits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let bits: u8 = bits.parse().ok().filter(|bits| *bits <= most)?;
        Some(Self { address, bits })
    }

    /// Whether the address lies in the range.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.bits);
                u64::from(u32::from(network)) >> shift == u64::from(u32::from(address)) >> shift
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.bits);
                let part = |it: Ipv6Addr| u128::from(it).checked_shr(shift).unwrap_or(0);
                part(network) == part(address)
            }
            _ => false,
        }
    }
}

/// The text must be an IP address.
pub fn ip(text: &str, path: &Path<'_>, errors: &mut ErrorList) {
    if text.parse::<IpAddr>().is_err() {
        errors.invalid(path, text, IP_RULE);
    }
}

/// The text must be a range of addresses.
pub fn cidr(text: &str, path: &Path<'_>, errors: &mut ErrorList) -> Option<Cidr> {
    let cidr = Cidr::parse(text);
    if cidr.is_none() {
        errors.invalid(path, text, CIDR_RULE);
    }
    cidr
}

/// An endpoint's address may be none that only its own machine or link knows.
pub fn endpoint_ip(text: &str, path: &Path<'_>, errors: &mut ErrorList) {
    let Ok(address) = text.parse::<IpAddr>() else {
        errors.invalid(path, text, IP_RULE);
        return;
    };
    if address.is_unspecified() {
        errors.invalid(path, text, format!("may not be unspecified ({text})"));
    }
    if address.is_loopback() {
        errors.invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    if is_link_local(address) {
        errors.invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if is_link_local_multicast(address) {
        errors.invalid(path, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.segments()[0] & 0xffc0 == 0xfe80,
    }
}

fn is_link_local_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
        IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
    }
}
