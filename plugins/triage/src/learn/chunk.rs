//! Labelled examples as bytes: bags of buckets, no words. What lies between two slices of training.

use crate::features::{BLOCKS, Bag, as_u32};

/// A labelled ticket as it is learnt from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Place of its label in the list of labels.
    pub label: u32,
    /// Digest of who asked; bounds what one customer can do.
    pub requester: u32,
    /// When it came to be, in minutes since 1970.
    pub minute: u32,
    /// Its features.
    pub bag: Bag,
}

/// Appends a sample.
pub fn write(out: &mut Vec<u8>, sample: &Sample) {
    for n in [sample.label, sample.requester, sample.minute] {
        varint(out, n);
    }
    for block in &sample.bag.blocks {
        varint(out, as_u32(block.len()));
        let mut before = 0;
        for (bucket, count) in block {
            // Most features occur once: that costs one bit.
            varint(out, ((bucket - before) << 1) | u32::from(*count > 1));
            if *count > 1 {
                varint(out, u32::from(*count));
            }
            before = *bucket;
        }
    }
}

/// Reads the next sample; none at the end, or where the bytes make no sense.
#[must_use]
pub fn read(bytes: &[u8], at: &mut usize) -> Option<Sample> {
    let label = unvarint(bytes, at)?;
    let requester = unvarint(bytes, at)?;
    let minute = unvarint(bytes, at)?;
    let mut bag = Bag::default();
    for block in bag.blocks.iter_mut().take(BLOCKS) {
        let n = unvarint(bytes, at)? as usize;
        // No more than the bytes can hold, whatever the count claims.
        block.reserve(n.min(bytes.len().saturating_sub(*at)));
        let mut bucket = 0_u32;
        for _ in 0..n {
            let code = unvarint(bytes, at)?;
            bucket = bucket.checked_add(code >> 1)?;
            let count = if code & 1 == 1 { u16::try_from(unvarint(bytes, at)?).ok()? } else { 1 };
            block.push((bucket, count));
        }
    }
    Some(Sample { label, requester, minute, bag })
}

/// Every sample of some bytes.
pub fn samples(bytes: &[u8]) -> impl Iterator<Item = Sample> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || read(bytes, &mut at))
}

/// Seven bits a byte, lowest first.
pub(crate) fn varint(out: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push((n & 0x7f) as u8);
}

pub(crate) fn unvarint(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut n = 0_u32;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        n |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Words;

    #[test]
    fn a_sample_comes_back_as_it_went_in() {
        let bag = Bag::of(&Words::of("Where is my parcel? My parcel is late"), 17);
        let one = Sample { label: 300, requester: u32::MAX, minute: 29_000_000, bag };
        let two = Sample { label: 0, requester: 0, minute: 0, bag: Bag::default() };
        let mut bytes = Vec::new();
        write(&mut bytes, &one);
        write(&mut bytes, &two);
        assert_eq!(samples(&bytes).collect::<Vec<_>>(), [one, two]);
    }

    #[test]
    fn bytes_cut_short_or_made_up_end_the_reading() {
        let bag = Bag::of(&Words::of("Where is my parcel?"), 17);
        let mut bytes = Vec::new();
        write(&mut bytes, &Sample { label: 1, requester: 2, minute: 3, bag });
        assert_eq!(samples(&bytes[..bytes.len() - 1]).count(), 0);
        assert_eq!(samples(&[0xff; 100]).count(), 0);
        assert_eq!(samples(&[]).count(), 0);
    }
}
