//! Packing RTF for `PidTagRtfCompressed`.
//!
//! *Spec*: MS-OXRTFCP 2.3.
//!
//! *Invariants*: the same RTF gives the same bytes; [`super::decompress`] gives it back without
//! findings.

use crate::mapi::crc::crc;

use super::lzfu::{HEADER, LZFU, MELA, PRELOAD, RING};

/// Longest match that a reference can name.
const LONGEST: usize = 17;
/// Candidates tried per position; more would pack hardly better.
const TRIES: usize = 32;
/// Slots of the table of three-byte beginnings.
const SLOTS: usize = 1 << 12;

/// Packs RTF as `LZFu`. Sizes above 4 GiB do not fit the header and are written as the largest
/// there is.
#[must_use]
pub fn compress(rtf: &[u8]) -> Vec<u8> {
    let mut packer = Packer::new(rtf);
    packer.run();
    with_header(&packer.out, rtf.len(), LZFU, crc(&packer.out))
}

/// Wraps RTF as it is (`MELA`).
#[must_use]
pub fn store(rtf: &[u8]) -> Vec<u8> {
    with_header(rtf, rtf.len(), MELA, 0)
}

fn with_header(contents: &[u8], raw_size: usize, kind: u32, crc: u32) -> Vec<u8> {
    let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let mut out = Vec::with_capacity(HEADER + contents.len());
    out.extend(size(contents.len() + HEADER - 4));
    out.extend(size(raw_size));
    out.extend(kind.to_le_bytes());
    out.extend(crc.to_le_bytes());
    out.extend(contents);
    out
}

/// Greedy matching over chains of positions that begin with the same three bytes.
struct Packer {
    /// The preloaded ring, then the RTF: position `p` here is `p % RING` there.
    data: Vec<u8>,
    /// Latest position of each beginning.
    heads: Vec<Option<usize>>,
    /// The position before with the same beginning, per position.
    before: Vec<Option<usize>>,
    out: Vec<u8>,
    control: u8,
    held: u32,
    tokens: Vec<u8>,
}

impl Packer {
    fn new(rtf: &[u8]) -> Self {
        let mut data = Vec::with_capacity(PRELOAD.len() + rtf.len());
        data.extend_from_slice(PRELOAD);
        data.extend_from_slice(rtf);
        Self {
            before: vec![None; data.len()],
            data,
            heads: vec![None; SLOTS],
            out: Vec::new(),
            control: 0,
            held: 0,
            tokens: Vec::new(),
        }
    }

    fn run(&mut self) {
        for position in 0..PRELOAD.len() {
            self.remember(position);
        }
        let mut at = PRELOAD.len();
        while let Some(&literal) = self.data.get(at) {
            let (from, length) = self.longest(at);
            let taken = if length >= 3 {
                self.reference(from, length - 2);
                length
            } else {
                self.token(&[literal], 0);
                1
            };
            for position in at..at + taken {
                self.remember(position);
            }
            at += taken;
        }
        // The end mark: a reference to the place about to be written.
        self.reference(at, 0);
        if self.held > 0 {
            self.flush();
        }
    }

    fn slot(&self, at: usize) -> Option<usize> {
        let [a, b, c] = *self.data.get(at..at + 3)? else {
            return None;
        };
        let key = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        Some((key.wrapping_mul(0x9E37_79B1) >> 12) % SLOTS)
    }

    fn remember(&mut self, at: usize) {
        let Some(slot) = self.slot(at) else { return };
        let head = self.heads.get_mut(slot);
        if let (Some(head), Some(before)) = (head, self.before.get_mut(at)) {
            *before = head.replace(at);
        }
    }

    /// The longest match before `at`: where it begins and how long it is; length 0 for none.
    fn longest(&self, at: usize) -> (usize, usize) {
        let ahead = self.data.get(at..).unwrap_or_default();
        let mut best = (at, 0);
        let mut candidate = self.slot(at).and_then(|slot| *self.heads.get(slot)?);
        for _ in 0..TRIES {
            // A distance of RING would name the place about to be written, which is the end mark.
            let Some(from) = candidate.filter(|from| at - from < RING) else {
                break;
            };
            let behind = self.data.get(from..).unwrap_or_default();
            let pairs = behind.iter().zip(ahead).take(LONGEST);
            let length = pairs.take_while(|(a, b)| a == b).count();
            if length > best.1 {
                best = (from, length);
            }
            if length == LONGEST {
                break;
            }
            candidate = self.before.get(from).copied().flatten();
        }
        best
    }

    fn reference(&mut self, from: usize, length: usize) {
        let packed = (from % RING) << 4 | length & 0xF;
        let packed = u16::try_from(packed).unwrap_or_default();
        self.token(&packed.to_be_bytes(), 1);
    }

    fn token(&mut self, bytes: &[u8], bit: u8) {
        self.control |= bit << self.held;
        self.tokens.extend_from_slice(bytes);
        self.held += 1;
        if self.held == 8 {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.out.push(self.control);
        self.out.append(&mut self.tokens);
        (self.control, self.held) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::decompress;
    use super::*;

    #[track_caller]
    fn round_trip(rtf: &[u8]) -> usize {
        let packed = compress(rtf);
        let (back, findings) = decompress(&packed).unwrap();
        assert!(back == rtf, "{} bytes in, {} back", rtf.len(), back.len());
        assert!(findings.is_empty(), "{findings:?}");
        let (back, findings) = decompress(&store(rtf)).unwrap();
        assert!(back == rtf && findings.is_empty(), "{findings:?}");
        packed.len()
    }

    #[test]
    fn what_is_packed_unpacks() {
        round_trip(b"");
        round_trip(b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
        let long = b"{\\par one two three \\'e9}".repeat(5_000);
        let packed = round_trip(&long);
        assert!(packed < long.len() / 5, "{packed}");
    }

    proptest! {
        #[test]
        fn any_bytes_round_trip(bytes in proptest::collection::vec(0u8..4, 0..6_000)) {
            round_trip(&bytes);
        }

        #[test]
        fn noise_round_trips(bytes: Vec<u8>) {
            round_trip(&bytes);
        }
    }
}
