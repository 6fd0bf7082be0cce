//! A compound file as it is read: parts that follow each other, streams opened one by one.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;

use crate::content::ContentRef;

/// What there was of a stream that ended early.
#[derive(Debug)]
pub struct Short {
    /// Bytes that there were.
    pub got: u64,
    /// Bytes that there should have been.
    pub size: u64,
    /// Why.
    pub error: io::Error,
}

/// Bytes that follow each other.
pub(super) enum Part<'s> {
    Bytes(io::Cursor<Vec<u8>>),
    Zeros(u64),
    /// A stream that is not open yet.
    Stream(&'s ContentRef),
    Open(Stream<'s>),
}

pub(super) struct Stream<'s> {
    bytes: Box<dyn Read + Send + 's>,
    got: u64,
    size: u64,
}

/// Reads a file. `short` decides about streams that end early.
pub(super) struct Reader<'s, F> {
    pub(super) parts: VecDeque<Part<'s>>,
    pub(super) at: u64,
    /// The bytes of the sector that is left out.
    pub(super) lock: Range<u64>,
    pub(super) short: F,
}

impl<F: FnMut(Short) -> io::Result<()>> Reader<'_, F> {
    /// Reads from the parts, at least a byte but at their end.
    fn part(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = self.parts.front_mut() {
            let read = match part {
                Part::Bytes(bytes) => bytes.read(buffer)?,
                Part::Zeros(left) => zeros(buffer, left),
                Part::Stream(content) => {
                    let (opened, size) = (content.open(), content.size());
                    *part = match opened {
                        Ok(bytes) => Part::Open(Stream {
                            bytes,
                            got: 0,
                            size,
                        }),
                        Err(error) => {
                            let got = 0;
                            (self.short)(Short { got, size, error })?;
                            Part::Zeros(size)
                        }
                    };
                    continue;
                }
                Part::Open(stream) => match stream.read(buffer) {
                    Ok(read) => read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => {
                        let (got, size) = (stream.got, stream.size);
                        (self.short)(Short { got, size, error })?;
                        *part = Part::Zeros(size.saturating_sub(got));
                        continue;
                    }
                },
            };
            if read > 0 {
                return Ok(read);
            }
            self.parts.pop_front();
        }
        Ok(0)
    }
}

impl Read for Stream<'_> {
    /// As far as the size goes; an error where there is less.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.size.saturating_sub(self.got);
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = self
            .bytes
            .read(buffer.get_mut(..most).unwrap_or_default())?;
        if read == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.got = self.got.saturating_add(read as u64);
        Ok(read)
    }
}

fn zeros(buffer: &mut [u8], left: &mut u64) -> usize {
    let most = usize::try_from(*left).map_or(buffer.len(), |left| left.min(buffer.len()));
    buffer.get_mut(..most).unwrap_or_default().fill(0);
    *left = left.saturating_sub(most as u64);
    most
}

impl<F: FnMut(Short) -> io::Result<()>> Read for Reader<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = if self.lock.contains(&self.at) {
            let mut left = self.lock.end.saturating_sub(self.at);
            zeros(buffer, &mut left)
        } else {
            // No read goes beyond the beginning of the sector.
            let before = self.lock.start.checked_sub(self.at);
            let most = before.and_then(|left| usize::try_from(left).ok());
            let most = most.unwrap_or(usize::MAX).min(buffer.len());
            self.part(buffer.get_mut(..most).unwrap_or_default())?
        };
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}
