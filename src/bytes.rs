//! Bounds-checked little-endian reads: the one place that touches raw bytes by position.
//!
//! *Invariant*: no function here panics, whatever the offset or length.

use thiserror::Error;

/// A read went past the end of the bytes at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("needs {wanted} bytes at offset {offset}, has {available}")]
pub struct Truncated {
    /// Offset of the read in the structure, in bytes.
    pub offset: usize,
    /// Bytes wanted.
    pub wanted: usize,
    /// Bytes from `offset` to the end.
    pub available: usize,
}

/// Little-endian reads by offset; `None` when any byte lies outside.
pub trait ReadAt {
    /// `len` bytes from `offset`.
    fn slice_at(&self, offset: usize, len: usize) -> Option<&[u8]>;

    /// `N` bytes from `offset`.
    fn array_at<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.slice_at(offset, N)?.try_into().ok()
    }
    /// One byte.
    fn u8_at(&self, offset: usize) -> Option<u8> {
        self.array_at(offset).map(u8::from_le_bytes)
    }
    /// Unsigned 16 bits.
    fn u16_at(&self, offset: usize) -> Option<u16> {
        self.array_at(offset).map(u16::from_le_bytes)
    }
    /// Unsigned 32 bits.
    fn u32_at(&self, offset: usize) -> Option<u32> {
        self.array_at(offset).map(u32::from_le_bytes)
    }
    /// Unsigned 64 bits.
    fn u64_at(&self, offset: usize) -> Option<u64> {
        self.array_at(offset).map(u64::from_le_bytes)
    }
}

impl ReadAt for [u8] {
    fn slice_at(&self, offset: usize, len: usize) -> Option<&[u8]> {
        self.get(offset..offset.checked_add(len)?)
    }
}

/// A forward cursor over bytes, for structures without fixed offsets.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    data: &'a [u8],
    pos: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the first byte.
    #[must_use]
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, pos: 0 }
    }

    /// Bytes read so far.
    #[must_use]
    pub fn position(&self) -> usize {
        self.pos
    }

    /// The bytes not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.data.get(self.pos..).unwrap_or_default()
    }

    /// Moves to an absolute offset; past the end is allowed and makes every read fail.
    pub fn seek(&mut self, pos: usize) {
        self.pos = pos;
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`Truncated`] when fewer are left.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Truncated> {
        let end = self.pos.checked_add(len);
        match end.and_then(|end| self.data.get(self.pos..end)) {
            Some(slice) => {
                self.pos = self.pos.saturating_add(len);
                Ok(slice)
            }
            None => Err(Truncated {
                offset: self.pos,
                wanted: len,
                available: self.rest().len(),
            }),
        }
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// [`Truncated`] when fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let at = self.pos;
        let slice = self.take(N)?;
        slice.try_into().map_err(|_| Truncated {
            offset: at,
            wanted: N,
            available: slice.len(),
        })
    }

    /// One byte.
    ///
    /// # Errors
    /// [`Truncated`] at the end.
    pub fn u8(&mut self) -> Result<u8, Truncated> {
        self.array().map(u8::from_le_bytes)
    }

    /// Unsigned 16 bits, little-endian.
    ///
    /// # Errors
    /// [`Truncated`] near the end.
    pub fn u16(&mut self) -> Result<u16, Truncated> {
        self.array().map(u16::from_le_bytes)
    }

    /// Unsigned 32 bits, little-endian.
    ///
    /// # Errors
    /// [`Truncated`] near the end.
    pub fn u32(&mut self) -> Result<u32, Truncated> {
        self.array().map(u32::from_le_bytes)
    }

    /// Signed 32 bits, little-endian.
    ///
    /// # Errors
    /// [`Truncated`] near the end.
    pub fn i32(&mut self) -> Result<i32, Truncated> {
        self.array().map(i32::from_le_bytes)
    }

    /// Unsigned 64 bits, little-endian.
    ///
    /// # Errors
    /// [`Truncated`] near the end.
    pub fn u64(&mut self) -> Result<u64, Truncated> {
        self.array().map(u64::from_le_bytes)
    }
}
