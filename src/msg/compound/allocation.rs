//! Which sectors follow which: FAT, DIFAT and mini FAT.
//!
//! *Spec*: MS-CFB 2.3, 2.4, 2.5.

use crate::bytes::ReadAt;
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};

use super::header::Header;
use super::runs::{RunList, Runs};
use super::{END_OF_CHAIN, FREE, MINI_SECTOR};

/// Sectors of one size and the chains that they form.
#[derive(Debug)]
pub(super) struct Sectors {
    /// Bytes of a sector.
    size: u64,
    /// Where sector 0 is in the file; of mini sectors, the stream that holds them.
    place: Place,
    next: Vec<u32>,
    /// To which chain a sector was given: its number, from 1.
    owners: Vec<u32>,
    chains: u32,
    /// Sectors that may still be given a second time.
    shared: usize,
}

#[derive(Debug)]
enum Place {
    File { bytes: FileBytes, start: u64 },
    Stream(Runs),
}

/// What is wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// It comes back to a sector that it had.
    Loop,
    /// It leads out of the file.
    Outside,
    /// It ends before the stream does.
    Short,
    /// Its sectors belong to others, too many of them.
    Overlap,
}

impl Broken {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Loop => "its sectors go in a circle",
            Self::Outside => "its sectors lead out of the file",
            Self::Short => "its sectors end before it does",
            Self::Overlap => "its sectors are those of other streams",
        }
    }
}

impl Sectors {
    /// The sectors of a file, with its FAT.
    pub(super) fn of_file(bytes: &FileBytes, header: &Header, findings: &mut Findings) -> Self {
        let size = 1_u64 << header.shift;
        let count = bytes.len().saturating_sub(size).div_ceil(size);
        // Sector numbers have 32 bits.
        let count = usize::try_from(count.min(0xFFFF_FFFA)).unwrap_or(usize::MAX);
        let mut sectors = Self {
            size,
            place: Place::File {
                bytes: bytes.clone(),
                start: size,
            },
            next: Vec::new(),
            owners: vec![0; count],
            chains: 0,
            shared: count,
        };
        sectors.read_fat(header, findings);
        sectors
    }

    /// The mini sectors in a stream, with the mini FAT that is in another.
    pub(super) fn of_stream(stream: Runs, mini_fat: &Runs) -> Self {
        let count = usize::try_from(stream.len().div_ceil(MINI_SECTOR)).unwrap_or(usize::MAX);
        let wanted = (count as u64).saturating_mul(4);
        let bytes = mini_fat.read_up_to(wanted).unwrap_or_default();
        Self {
            size: MINI_SECTOR,
            place: Place::Stream(stream),
            next: numbers(&bytes).collect(),
            owners: vec![0; count],
            chains: 0,
            shared: count,
        }
    }

    /// Reads the FAT: the sectors that the header lists, then those of the DIFAT.
    fn read_fat(&mut self, header: &Header, findings: &mut Findings) {
        let per_sector = usize::try_from(self.size / 4).unwrap_or(1);
        let wanted = self.owners.len().div_ceil(per_sector);
        let mut list: Vec<u32> = header.fat_sectors.clone();
        let mut difat = header.difat;
        let mut steps = self.owners.len();
        while list.len() < wanted && !matches!(difat, FREE | END_OF_CHAIN) && steps > 0 {
            let Some(bytes) = self.read_sector(difat) else {
                break;
            };
            let mut listed: Vec<u32> = numbers(&bytes).collect();
            difat = listed.pop().unwrap_or(END_OF_CHAIN);
            list.extend(listed);
            steps = steps.saturating_sub(1);
        }
        list.retain(|sector| *sector != FREE);
        list.truncate(wanted);
        for sector in &list {
            let bytes = self.read_sector(*sector).unwrap_or_default();
            let before = self.next.len();
            self.next.extend(numbers(&bytes));
            // A sector that is missing keeps its place.
            self.next.resize(before.saturating_add(per_sector), FREE);
        }
        self.next.truncate(self.owners.len());
        if list.len() < wanted {
            let detail = format!("{} sectors of an allocation table of {wanted}", list.len());
            findings.add(
                "msg.compound.fat",
                Effect::Noted,
                "allocation table",
                detail,
            );
        }
    }

    fn read_sector(&self, sector: u32) -> Option<Vec<u8>> {
        let (offset, len) = self.offset(sector)?;
        let Place::File { bytes, .. } = &self.place else {
            return None;
        };
        bytes.read_exact_at(offset, usize::try_from(len).ok()?).ok()
    }

    /// Where a sector is in the file, and how many bytes of it there are.
    fn offset(&self, sector: u32) -> Option<(u64, u64)> {
        let at = u64::from(sector).checked_mul(self.size)?;
        match &self.place {
            Place::File { bytes, start } => {
                let offset = at.checked_add(*start)?;
                let left = bytes.len().checked_sub(offset).filter(|left| *left > 0)?;
                Some((offset, left.min(self.size)))
            }
            Place::Stream(stream) => {
                let (offset, left) = stream.place(at)?;
                Some((offset, left.min(self.size)))
            }
        }
    }

    /// The bytes of the chain from `start`: `len` of them, or all; and what is wrong with it.
    pub(super) fn chain(&mut self, start: u32, len: Option<u64>) -> (RunList, Option<Broken>) {
        self.chains = self.chains.saturating_add(1);
        let mut runs = RunList::default();
        let mut sector = start;
        let wanted = len.unwrap_or(u64::MAX);
        while runs.len() < wanted {
            if sector == END_OF_CHAIN || (sector == FREE && len.is_none()) {
                let broken = len.map(|_| Broken::Short);
                return (runs, broken);
            }
            let index = usize::try_from(sector).unwrap_or(usize::MAX);
            let (Some((offset, have)), Some(owner)) =
                (self.offset(sector), self.owners.get_mut(index))
            else {
                return (runs, Some(Broken::Outside));
            };
            if *owner == self.chains {
                return (runs, Some(Broken::Loop));
            }
            if *owner != 0 {
                match self.shared.checked_sub(1) {
                    Some(left) => self.shared = left,
                    None => return (runs, Some(Broken::Overlap)),
                }
            }
            *owner = self.chains;
            runs.push(offset, have.min(wanted.saturating_sub(runs.len())));
            sector = self.next.get(index).copied().unwrap_or(END_OF_CHAIN);
        }
        (runs, None)
    }
}

/// Little-endian numbers back to back.
fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes
        .chunks_exact(4)
        .map(|number| number.u32_at(0).unwrap_or(FREE))
}
