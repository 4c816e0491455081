//! `random`: chance that begins at the run's seed, so that a replay throws the same dice. Not for secrets.

use crate::bindings::kulanz::plugin::random;
use crate::state::State;

/// Most bytes of one answer, as the contract says.
const BYTES_MAX: u32 = 4096;

/// SplitMix64 (Steele, Lea and Flood 2014): small, quick, good enough for what a plugin decides by chance.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Begins at `seed`.
    pub(crate) const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn bytes(&mut self, length: u32) -> Vec<u8> {
        let length = length.min(BYTES_MAX) as usize;
        let mut out = Vec::with_capacity(length + 8);
        while out.len() < length {
            out.extend_from_slice(&self.next().to_le_bytes());
        }
        out.truncate(length);
        out
    }
}

impl random::Host for State {
    fn next_u64(&mut self) -> wasmtime::Result<u64> {
        self.meter.call()?;
        Ok(self.chance.next())
    }

    fn bytes(&mut self, length: u32) -> wasmtime::Result<Vec<u8>> {
        self.meter.call()?;
        Ok(self.chance.bytes(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_is_the_published_one() {
        assert_eq!(Chance::from_seed(0).next(), 0xE220_A839_7B1D_CDAF);
    }

    #[test]
    fn equal_seeds_throw_equal_dice_and_no_answer_is_too_long() {
        assert_eq!(Chance::from_seed(5).bytes(11), Chance::from_seed(5).bytes(11));
        assert_ne!(Chance::from_seed(5).bytes(11), Chance::from_seed(6).bytes(11));
        assert_eq!(Chance::from_seed(5).bytes(u32::MAX).len(), 4096);
    }
}
