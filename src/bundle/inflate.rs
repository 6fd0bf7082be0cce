//! Entries as streams of their inflated bytes, with every cap of the format enforced while they
//! flow.
//!
//! *Spec*: RFC 1951; `formats/bundle.md`, section 9, step 14.
//!
//! *Invariants*: gives exactly `size` bytes or an error; a deflate stream ends exactly at `csize`;
//! never inflates past
//! `size`; the last bytes come only after the SHA-256 of all has been found right.

use std::io::{self, Read};

use flate2::{Decompress, FlushDecompress, Status};
use sha2::{Digest, Sha256};

use super::digest::Sha256Hash;
use super::zip_header::Method;

const CHUNK: usize = 64 << 10;

/// The inflated bytes of an entry.
pub struct Inflate<R> {
    input: R,
    engine: Option<Decompress>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    csize: u64,
    size: u64,
    given: u64,
    hasher: Option<(Sha256, Sha256Hash)>,
}

fn corrupt(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<R: Read> Inflate<R> {
    /// The entry whose `csize` stored bytes `input` gives, `size` bytes inflated; checks `sha256`
    /// at the end if given.
    pub fn new(
        input: R,
        method: Method,
        csize: u64,
        size: u64,
        sha256: Option<Sha256Hash>,
    ) -> Self {
        let deflated = method == Method::Deflate;
        Self {
            input,
            engine: deflated.then(|| Decompress::new(false)),
            buffer: if deflated { vec![0; CHUNK] } else { Vec::new() },
            start: 0,
            end: 0,
            ended: !deflated,
            csize,
            size,
            given: 0,
            hasher: sha256.map(|expected| (Sha256::new(), expected)),
        }
    }

    /// One step of inflation; `Ok(0)` when more input is needed.
    fn step(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(engine) = &mut self.engine else {
            return self.input.read(out);
        };
        loop {
            if self.start == self.end {
                self.start = 0;
                self.end = self.input.read(&mut self.buffer)?;
            }
            let input = self.buffer.get(self.start..self.end).unwrap_or_default();
            let (before_in, before_out) = (engine.total_in(), engine.total_out());
            let status = engine
                .decompress(input, out, FlushDecompress::None)
                .map_err(|error| corrupt(&format!("not a deflate stream: {error}")))?;
            let used = usize::try_from(engine.total_in().saturating_sub(before_in));
            let made = usize::try_from(engine.total_out().saturating_sub(before_out));
            let (Ok(used), Ok(made)) = (used, made) else {
                return Err(corrupt("not a deflate stream"));
            };
            let starved = input.is_empty();
            self.start = self.start.saturating_add(used);
            if status == Status::StreamEnd {
                self.ended = true;
                if engine.total_in() != self.csize {
                    return Err(corrupt("bytes after the end of the deflate stream"));
                }
                return Ok(made);
            }
            if made > 0 {
                return Ok(made);
            }
            if starved && used == 0 {
                return Err(corrupt("the deflate stream has no end"));
            }
        }
    }

    /// After the last byte: the stream must end here.
    fn finish(&mut self) -> io::Result<()> {
        let mut extra = [0];
        if !self.ended && self.step(&mut extra)? > 0 {
            return Err(corrupt("inflates to more than its size"));
        }
        if !self.ended {
            return Err(corrupt("the deflate stream has no end"));
        }
        if let Some((hasher, expected)) = self.hasher.take()
            && Sha256Hash::finish(hasher) != expected
        {
            return Err(corrupt("the bytes do not have the SHA-256 of the index"));
        }
        Ok(())
    }
}

impl<R: Read> Read for Inflate<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.size.saturating_sub(self.given);
        if left == 0 {
            // An entry of no bytes has its stream checked on the first read.
            if self.given == 0 && self.size == 0 && (!self.ended || self.hasher.is_some()) {
                self.finish()?;
            }
            return Ok(0);
        }
        let wanted = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let Some(out) = buffer.get_mut(..wanted).filter(|b| !b.is_empty()) else {
            return Ok(0);
        };
        if self.ended && self.engine.is_some() {
            return Err(corrupt("inflates to less than its size"));
        }
        let got = self.step(out)?;
        if got == 0 {
            return Err(corrupt("inflates to less than its size"));
        }
        self.given = self.given.saturating_add(got as u64);
        if let (Some((hasher, _)), Some(bytes)) = (&mut self.hasher, out.get(..got)) {
            hasher.update(bytes);
        }
        if self.given == self.size {
            self.finish()?;
        }
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn run(stored: &[u8], method: Method, size: usize, of: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        let hash = Some(Sha256Hash::of(of));
        let (csize, size) = (stored.len() as u64, size as u64);
        Inflate::new(stored, method, csize, size, hash).read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn gives_exactly_the_bytes_or_an_error() {
        for length in [0usize, 1, 5, 65_536, 65_537, 400_000] {
            let bytes: Vec<u8> = (0..length)
                .map(|n| u8::try_from(n / 7 % 251).unwrap())
                .collect();
            let stored = deflate(&bytes);
            let ok = run(&stored, Method::Deflate, length, &bytes).unwrap();
            assert_eq!(ok, bytes, "{length}");
            assert_eq!(run(&bytes, Method::Store, length, &bytes).unwrap(), bytes);
            assert!(run(&stored, Method::Deflate, length + 1, &bytes).is_err());
            if length > 0 {
                assert!(run(&stored, Method::Deflate, length - 1, &bytes).is_err());
                assert!(run(&bytes, Method::Store, length, b"other").is_err());
            }
            assert!(run(&stored, Method::Deflate, length, b"other").is_err());
            let mut longer = stored.clone();
            longer.push(0);
            assert!(
                run(&longer, Method::Deflate, length, &bytes).is_err(),
                "{length}"
            );
            let shorter = &stored[..stored.len() - 1];
            assert!(
                run(shorter, Method::Deflate, length, &bytes).is_err(),
                "{length}"
            );
        }
    }
}
