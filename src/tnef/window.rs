//! A forward cursor over a run of an input, a window of which is in memory.

use std::io;

use crate::file_bytes::Extent;

/// Bytes read at a time.
const WINDOW: usize = 64 << 10;

/// A cursor at some byte of a run.
#[derive(Debug)]
pub(super) struct Window {
    extent: Extent,
    at: u64,
    held: Vec<u8>,
    /// Where in the run `held` begins.
    from: u64,
}

impl Window {
    pub(super) fn new(extent: &Extent) -> Self {
        let end = extent.bytes.len().saturating_sub(extent.offset);
        Self {
            extent: Extent {
                len: extent.len.min(end),
                ..extent.clone()
            },
            at: 0,
            held: Vec::new(),
            from: 0,
        }
    }

    pub(super) fn position(&self) -> u64 {
        self.at
    }

    /// Where in the input the next byte is.
    pub(super) fn offset(&self) -> u64 {
        self.extent.offset.saturating_add(self.at)
    }

    pub(super) fn left(&self) -> u64 {
        self.extent.len.saturating_sub(self.at)
    }

    /// Passes over bytes, as far as there are any.
    pub(super) fn skip(&mut self, len: u64) {
        self.at = self.at.saturating_add(len).min(self.extent.len);
    }

    /// The next bytes as a run of their own, as far as there are any.
    pub(super) fn run(&mut self, len: u64) -> Extent {
        let run = Extent {
            bytes: self.extent.bytes.clone(),
            offset: self.offset(),
            len: len.min(self.left()),
        };
        self.skip(run.len);
        run
    }

    /// The next bytes; `None`, and none is passed over, when there are not as many.
    pub(super) fn take(&mut self, len: usize) -> io::Result<Option<&[u8]>> {
        if len as u64 > self.left() {
            return Ok(None);
        }
        let within = self.at.checked_sub(self.from).map(usize::try_from);
        let begin = within.and_then(Result::ok);
        let held = begin.filter(|begin| begin.saturating_add(len) <= self.held.len());
        let begin = match held {
            Some(begin) => begin,
            None => {
                let most = usize::try_from(self.left()).unwrap_or(usize::MAX);
                let wanted = len.max(WINDOW).min(most);
                self.held = self.extent.bytes.read_exact_at(self.offset(), wanted)?;
                self.from = self.at;
                0
            }
        };
        self.skip(len as u64);
        Ok(self.held.get(begin..begin.saturating_add(len)))
    }

    pub(super) fn array<const N: usize>(&mut self) -> io::Result<Option<[u8; N]>> {
        Ok(self.take(N)?.and_then(|bytes| bytes.try_into().ok()))
    }

    pub(super) fn u16(&mut self) -> io::Result<Option<u16>> {
        Ok(self.array()?.map(u16::from_le_bytes))
    }

    pub(super) fn u32(&mut self) -> io::Result<Option<u32>> {
        Ok(self.array()?.map(u32::from_le_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_bytes::FileBytes;

    #[test]
    fn windows_move_on() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let extent = Extent {
            bytes: FileBytes::in_memory(bytes.clone()),
            offset: 10,
            len: 199_000,
        };
        let mut window = Window::new(&extent);
        let mut read = Vec::new();
        for len in [1, 70_000, 3, 60_000, 5_000].into_iter().cycle() {
            let Some(part) = window.take(len).unwrap() else {
                break;
            };
            read.extend_from_slice(part);
        }
        assert_eq!(read, bytes[10..10 + read.len()]);
        assert!(window.left() < 70_000);
        let run = window.run(u64::MAX);
        assert_eq!(run.offset + run.len, 199_010);
        assert_eq!((window.left(), window.u16().unwrap()), (0, None));
    }
}
