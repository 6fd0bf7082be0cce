//! Deflate in a hurry: one probe for each position, and the fixed codes.
//!
//! *Spec*: RFC 1951.
//!
//! *Shape*: every piece is a block of its own (`BTYPE` 01), whose matches stay within it; an empty
//! last block ends the stream.
//!
//! *Invariant*: the same pieces give the same bytes, on every machine.

/// Bytes of a piece at most: as far as a slot of the table can point.
pub(super) const PIECE: usize = 64 << 10;
/// How far back a match may lie.
const WINDOW: usize = 32 << 10;
/// The longest match.
const LONGEST: usize = 258;
/// Places that are remembered, by a hash of four bytes.
const SLOTS: usize = 1 << SLOT_BITS;
const SLOT_BITS: u32 = 13;
/// Bits that may wait when a literal of 9 is added.
const FULL: u32 = 48;

/// Bits to write, the first one lowest.
#[derive(Debug, Clone, Copy, Default)]
struct Code {
    bits: u32,
    length: u32,
}

impl Code {
    /// What a block begins with: its type, and whether it is the last (3.2.3).
    const BLOCK: Self = Self::plain(0b010, 3);
    const LAST_BLOCK: Self = Self::plain(0b011, 3);

    const fn plain(bits: u32, length: u32) -> Self {
        Self { bits, length }
    }

    /// A Huffman code, which goes out from its highest bit on (3.1.1).
    const fn huffman(code: u32, length: u32) -> Self {
        Self::plain(code.reverse_bits() >> (32 - length), length)
    }

    /// The fixed code of a literal, the end of a block (256), or a length (3.2.6).
    const fn symbol(value: u32) -> Self {
        match value {
            0..144 => Self::huffman(0x30 + value, 8),
            144..256 => Self::huffman(0x190 + value - 144, 9),
            256..280 => Self::huffman(value - 256, 7),
            _ => Self::huffman(0xC0 + value - 280, 8),
        }
    }

    /// With more bits after it.
    const fn then(self, more: Self) -> Self {
        Self::plain(
            self.bits | (more.bits << self.length),
            self.length + more.length,
        )
    }

    /// A length, less 3 (3.2.5).
    const fn length(less: u32) -> Self {
        match less {
            0..8 => Self::symbol(257 + less),
            255 => Self::symbol(285),
            _ => {
                let extra = less.ilog2() - 2;
                let symbol = Self::symbol(257 + 4 * extra + (less >> extra));
                symbol.then(Self::plain(less & ((1 << extra) - 1), extra))
            }
        }
    }
}

/// Bits on their way into bytes.
struct Bits<'a> {
    /// Room for all that will come.
    room: &'a mut [u8],
    at: usize,
    waiting: u64,
    count: u32,
}

impl Bits<'_> {
    #[inline(always)]
    fn add(&mut self, code: Code) {
        self.waiting |= u64::from(code.bits) << self.count;
        self.count += code.length;
    }

    /// Leaves fewer than 8 bits waiting.
    #[inline(always)]
    fn spill(&mut self) {
        let room = self.room.get_mut(self.at..);
        if let Some(room) = room.and_then(|room| room.first_chunk_mut()) {
            *room = self.waiting.to_le_bytes();
        }
        self.at += (self.count / 8) as usize;
        self.waiting >>= self.count & !7;
        self.count &= 7;
    }
}

/// A deflate stream on its way.
#[derive(Debug)]
pub(super) struct Deflater {
    literals: [Code; 256],
    /// Of lengths, less 3.
    lengths: [Code; 256],
    distances: [Code; 30],
    /// Where four bytes of this hash were met last in the piece.
    met: Box<[u16; SLOTS]>,
    /// Bits that are no whole byte yet.
    rest: Code,
    /// What came of a piece, and room for more.
    room: Vec<u8>,
}

impl Deflater {
    pub(super) fn new() -> Self {
        Self {
            literals: table(Code::symbol),
            lengths: table(Code::length),
            distances: table(|code| Code::huffman(code, 5)),
            met: Box::new([0; SLOTS]),
            rest: Code::default(),
            room: Vec::new(),
        }
    }

    /// Deflates the next piece, of at most [`PIECE`] bytes; gives what comes of it.
    pub(super) fn piece(&mut self, bytes: &[u8]) -> &[u8] {
        self.met.fill(0);
        // A literal has 9 bits at most, and what ends is written eight bytes at a time.
        let most = bytes.len() + bytes.len() / 8 + 16;
        if self.room.len() < most {
            self.room.resize(most, 0);
        }
        let mut bits = Bits {
            room: &mut self.room,
            at: 0,
            waiting: self.rest.bits.into(),
            count: self.rest.length,
        };
        let literal = |byte: u8| self.literals.get(usize::from(byte)).copied();
        bits.add(Code::BLOCK);
        let mut at = 0;
        while let Some(here) = sixteen(bytes, at) {
            if let Some((length, distance)) = find(&mut self.met, bytes, at, here) {
                bits.spill();
                let code = self.lengths.get(length.wrapping_sub(3));
                bits.add(code.copied().unwrap_or_default());
                // Below 4 there are no more bits (3.2.5).
                let more = (distance | 2).ilog2() - 1;
                let code = self.distances.get((2 * more + (distance >> more)) as usize);
                let rest = Code::plain(distance & ((1 << more) - 1), more);
                bits.add(code.copied().unwrap_or_default().then(rest));
                at += length;
            } else {
                if bits.count > FULL {
                    bits.spill();
                }
                let [byte, ..] = here.to_le_bytes();
                bits.add(literal(byte).unwrap_or_default());
                at += 1;
            }
        }
        for byte in bytes.get(at..).unwrap_or_default() {
            bits.spill();
            bits.add(literal(*byte).unwrap_or_default());
        }
        bits.spill();
        bits.add(Code::symbol(256));
        bits.spill();
        let [waiting, ..] = bits.waiting.to_le_bytes();
        self.rest = Code::plain(waiting.into(), bits.count);
        let end = bits.at;
        self.room.get(..end).unwrap_or_default()
    }

    /// Ends the stream, with what comes then; another may follow.
    pub(super) fn end(&mut self) -> &[u8] {
        let rest = std::mem::take(&mut self.rest);
        let last = rest.then(Code::LAST_BLOCK).then(Code::symbol(256));
        let bytes = last.bits.to_le_bytes();
        self.room.clear();
        self.room.extend_from_slice(&bytes);
        let size = last.length.div_ceil(8) as usize;
        self.room.get(..size).unwrap_or_default()
    }
}

fn table<const N: usize>(code: impl Fn(u32) -> Code) -> [Code; N] {
    let mut values = 0..;
    [(); N].map(|()| code(values.next().unwrap_or_default()))
}

/// The match at a position, where `here` stands: its length, and its distance less 1. The first
/// byte is never matched.
#[inline(always)]
fn find(met: &mut [u16; SLOTS], bytes: &[u8], at: usize, here: u128) -> Option<(usize, u32)> {
    let [a, b, c, d, ..] = here.to_le_bytes();
    let hash = u32::from_le_bytes([a, b, c, d]).wrapping_mul(0x9E37_79B1) >> (32 - SLOT_BITS);
    let slot = met.get_mut(hash as usize)?;
    let before = usize::from(std::mem::replace(slot, u16::try_from(at).ok()?));
    let differ = here ^ sixteen(bytes, before)?;
    let distance = at.wrapping_sub(before);
    if differ.trailing_zeros() < 32 || before == 0 || distance > WINDOW {
        return None;
    }
    // Few matches are longer than what is compared at once.
    let mut length = (differ.trailing_zeros() / 8) as usize;
    if differ == 0 {
        length += common(bytes.get(at + 16..)?, bytes.get(before + 16..)?);
    }
    let distance = u32::try_from(distance.wrapping_sub(1)).ok()?;
    Some((length.min(LONGEST), distance))
}

#[inline(always)]
fn sixteen(bytes: &[u8], at: usize) -> Option<u128> {
    let sixteen = bytes.get(at..)?.first_chunk()?;
    Some(u128::from_le_bytes(*sixteen))
}

/// How many bytes two texts have in common from their start, as far as a match can use them.
#[inline(always)]
fn common(a: &[u8], b: &[u8]) -> usize {
    let a = a.get(..LONGEST).unwrap_or(a);
    let mut same = 0;
    while let Some((a, b)) = sixteen(a, same).zip(sixteen(b, same)) {
        let differ = a ^ b;
        if differ != 0 {
            return same + (differ.trailing_zeros() / 8) as usize;
        }
        same += 16;
    }
    let rest = a.iter().zip(b).skip(same);
    same + rest.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Read;

    fn deflated(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut deflater, mut out) = (Deflater::new(), Vec::new());
        // What went before in the same deflater leaves no trace.
        deflater.piece(b"before before, and before that");
        deflater.end();
        for piece in pieces {
            out.extend_from_slice(deflater.piece(piece));
        }
        out.extend_from_slice(deflater.end());
        out
    }

    /// Inflated by zlib, which must have come to the end of the stream with the last byte.
    fn inflated(bytes: &[u8]) -> Vec<u8> {
        let mut decoder = flate2::bufread::DeflateDecoder::new(bytes);
        let mut out = Vec::new();
        decoder.read_to_end(&mut out).unwrap();
        assert_eq!(decoder.total_in(), bytes.len() as u64);
        out
    }

    #[test]
    fn known_streams() {
        // As zlib writes them with fixed codes, but for the empty last block.
        assert_eq!(deflated(&[]), [0x03, 0x00]);
        assert_eq!(deflated(&[b"a"]), [0x4a, 0x04, 0x0c, 0x00]);
    }

    #[test]
    fn every_length_and_distance_comes_back() {
        for length in 4..=300 {
            let run = [b"<".as_slice(), &vec![b'x'; length], b">"].concat();
            assert_eq!(inflated(&deflated(&[&run])), run, "{length}");
        }
        let noise: Vec<u8> = (0..40_000_u64)
            .map(|n| blake3::hash(&n.to_le_bytes()).as_bytes()[0])
            .collect();
        for distance in (8..200).chain([32_767, 32_768, 32_769]) {
            let bytes = [&noise[..distance], &noise[1..30]].concat();
            let out = deflated(&[&bytes]);
            assert_eq!(inflated(&out), bytes, "{distance}");
        }
    }

    #[test]
    fn text_shrinks_and_noise_fits() {
        let text = "the same words again and again, ".repeat(2_000);
        assert!(deflated(&[text.as_bytes()]).len() < text.len() / 20);
        let noise: Vec<u8> = (0..2_048_u64)
            .flat_map(|n| *blake3::hash(&n.to_le_bytes()).as_bytes())
            .collect();
        assert_eq!(noise.len(), PIECE);
        assert_eq!(inflated(&deflated(&[&noise, &noise])), noise.repeat(2));
        let worst = vec![0xC8; 3];
        assert_eq!(inflated(&deflated(&[&worst])), worst);
    }

    proptest! {
        #[test]
        fn zlib_reads_it(
            pieces in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..600),
                    prop::collection::vec(0_u8..3, 0..3_000),
                    prop::collection::vec("[a-e ]{1,5}", 0..400)
                        .prop_map(|words| words.concat().into_bytes()),
                ],
                0..4,
            ),
        ) {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(inflated(&deflated(&pieces)), pieces.concat());
        }
    }
}
