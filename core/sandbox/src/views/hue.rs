//! Stable hues: one name, one hue, in every world.

/// A hue from 0 to 359 for a name.
pub(crate) fn hue_of(name: &str) -> u16 {
    let hash =
        name.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // The golden angle sets even names that hash alike apart.
    u16::try_from(u64::from(hash) * 137 % 360).unwrap_or(0)
}
