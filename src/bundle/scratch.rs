//! Where prepared entries wait for their turn: in memory as long as there is some left for them,
//! then in unnamed files; and which blobs have had it.
//!
//! *Invariant*: all spools of a scratch together hold at most [`limits::SCRATCH_MEMORY`] bytes in
//! memory, and a block for each; beside them, 4 MiB are kept for those to come.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::digest::Sha256Hash;
use crate::limits;

/// Bytes of a block.
pub(super) const BLOCK: usize = 64 << 10;

/// Blocks kept for the next spools: 4 MiB.
const SPARE: usize = 64;

/// The memory and the folder that spools share.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    taken: AtomicU64,
    /// Room of blocks that are written out, with anything in it.
    spare: Mutex<Vec<Vec<u8>>>,
    /// Blobs that are in the bundle already: they need not be made ready again.
    placed: Mutex<HashSet<Sha256Hash>>,
}

impl Scratch {
    /// A scratch whose files go to `folder`; they have no name and vanish with their spool.
    #[must_use]
    pub fn new(folder: &Path) -> Arc<Self> {
        Arc::new(Self {
            folder: folder.to_owned(),
            taken: AtomicU64::new(0),
            spare: Mutex::default(),
            placed: Mutex::default(),
        })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes memory, unless it would be too much.
    fn take(&self, bytes: u64) -> bool {
        let more = |taken: u64| {
            let sum = taken.saturating_add(bytes);
            (sum <= limits::SCRATCH_MEMORY).then_some(sum)
        };
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for a block, with anything in it.
    pub(super) fn room(&self) -> Vec<u8> {
        let spare = self.spare().pop();
        spare.unwrap_or_else(|| Vec::with_capacity(BLOCK))
    }

    /// Takes back room that is not needed any more.
    pub(super) fn keep(&self, blocks: impl IntoIterator<Item = Vec<u8>>) {
        let mut spare = self.spare();
        let free = SPARE.saturating_sub(spare.len());
        let whole = |block: &Vec<u8>| block.capacity() == BLOCK;
        spare.extend(blocks.into_iter().filter(whole).take(free));
    }

    fn placed(&self) -> MutexGuard<'_, HashSet<Sha256Hash>> {
        self.placed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a blob is in the bundle already.
    pub(super) fn has(&self, blob: &Sha256Hash) -> bool {
        self.placed().contains(blob)
    }

    /// Notes that a blob is in the bundle now.
    pub(super) fn place(&self, blob: Sha256Hash) {
        self.placed().insert(blob);
    }
}

/// Bytes that are written once and copied out once.
#[derive(Debug)]
pub(super) struct Spool {
    scratch: Arc<Scratch>,
    /// Bytes that it may keep in memory.
    most: u64,
    taken: u64,
    blocks: Vec<Vec<u8>>,
    /// What comes after the blocks, once there was no memory for it.
    rest: Option<File>,
}

impl Spool {
    /// An empty spool that keeps at most `most` bytes in memory.
    pub(super) fn new(scratch: &Arc<Scratch>, most: u64) -> Self {
        Self {
            scratch: Arc::clone(scratch),
            most,
            taken: 0,
            blocks: Vec::new(),
            rest: None,
        }
    }

    /// Appends bytes that need not be copied; leaves a vector with room for a block, and anything
    /// in it.
    pub(super) fn push(&mut self, block: &mut Vec<u8>) -> io::Result<()> {
        let size = block.len() as u64;
        if self.rest.is_none() && self.take(size) {
            self.blocks
                .push(std::mem::replace(block, self.scratch.room()));
            return Ok(());
        }
        self.file()?.write_all(block)
    }

    fn take(&mut self, bytes: u64) -> bool {
        let sum = self.taken.saturating_add(bytes);
        let taken = sum <= self.most && self.scratch.take(bytes);
        if taken {
            self.taken = sum;
        }
        taken
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.rest.take() {
            Some(file) => file,
            None => tempfile::tempfile_in(&self.scratch.folder)?,
        };
        Ok(self.rest.insert(file))
    }

    /// All of it, to be read from the start.
    pub(super) fn into_reader(mut self) -> io::Result<impl Read> {
        let blocks = io::Cursor::new(self.blocks.concat());
        let rest = self.rest.take();
        let rest = rest.map(|mut file| file.seek(SeekFrom::Start(0)).map(|_| BufReader::new(file)));
        Ok(match rest.transpose()? {
            Some(rest) => Box::new(blocks.chain(rest)) as Box<dyn Read>,
            None => Box::new(blocks),
        })
    }

    /// Writes all of it.
    pub(super) fn copy_to(mut self, out: &mut impl Write) -> io::Result<()> {
        for block in &self.blocks {
            out.write_all(block)?;
        }
        if let Some(mut file) = self.rest.take() {
            file.seek(SeekFrom::Start(0))?;
            io::copy(&mut file, out)?;
        }
        Ok(())
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = match self.blocks.last() {
            Some(last) if self.rest.is_none() => BLOCK.saturating_sub(last.len()),
            _ => 0,
        };
        let now = bytes.get(..room).unwrap_or(bytes);
        if now.is_empty() {
            let block = bytes.get(..BLOCK).unwrap_or(bytes);
            if self.rest.is_none() && self.take(block.len() as u64) {
                let mut first = self.scratch.room();
                first.clear();
                first.extend_from_slice(block);
                self.blocks.push(first);
                return Ok(block.len());
            }
            return self.file()?.write(bytes);
        }
        if self.take(now.len() as u64) {
            if let Some(last) = self.blocks.last_mut() {
                last.extend_from_slice(now);
            }
            return Ok(now.len());
        }
        self.file()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.scratch.give_back(self.taken);
        self.scratch.keep(self.blocks.drain(..));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spooled(most: u64, pieces: &[usize]) -> (Arc<Scratch>, Spool, Vec<u8>) {
        let scratch = Scratch::new(&std::env::temp_dir());
        let mut spool = Spool::new(&scratch, most);
        let mut all = Vec::new();
        for (n, size) in pieces.iter().enumerate() {
            let piece: Vec<u8> = (0..*size).map(|at| (at * 7 + n).to_le_bytes()[0]).collect();
            all.extend_from_slice(&piece);
            if n.is_multiple_of(3) {
                spool.push(&mut piece.clone()).unwrap();
            } else {
                spool.write_all(&piece).unwrap();
            }
        }
        (scratch, spool, all)
    }

    #[test]
    fn what_is_written_comes_out_wherever_it_waited() {
        let pieces = [10, 100_000, BLOCK, 5, 0, 70_000, BLOCK, 1, 1, 200_000];
        for most in [0, 1, 100, 64 << 10, 150_000, 1 << 30] {
            let (scratch, spool, all) = spooled(most, &pieces);
            assert_eq!(spool.rest.is_none(), most > all.len() as u64, "{most}");
            assert!(spool.taken <= most);
            assert_eq!(scratch.taken.load(Ordering::Relaxed), spool.taken);
            let mut out = Vec::new();
            spool.copy_to(&mut out).unwrap();
            assert_eq!(out, all, "{most}");
            let (_, again, _) = spooled(most, &pieces);
            let mut read = Vec::new();
            again.into_reader().unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, all, "{most}");
            assert_eq!(scratch.taken.load(Ordering::Relaxed), 0, "given back");
        }
    }

    #[test]
    fn all_spools_together_keep_to_the_limit() {
        let scratch = Scratch::new(&std::env::temp_dir());
        let mut spools: Vec<_> = (0..3).map(|_| Spool::new(&scratch, u64::MAX)).collect();
        let block = vec![7; BLOCK];
        let blocks = limits::SCRATCH_MEMORY / 2 / BLOCK as u64 + 1;
        for spool in &mut spools {
            for _ in 0..blocks {
                spool.push(&mut block.clone()).unwrap();
            }
        }
        assert!(scratch.taken.load(Ordering::Relaxed) <= limits::SCRATCH_MEMORY);
        assert!(spools[2].rest.is_some());
        for spool in spools {
            let mut out = Vec::new();
            spool.copy_to(&mut out).unwrap();
            assert_eq!(out.len() as u64, blocks * BLOCK as u64);
        }
    }
}
