//! Verification: the numbered algorithm of the specification, in its order, to the first fault.
//!
//! *Spec*: `formats/bundle.md`, section 9.
//!
//! *Invariants*: reads only through the handles given; nothing is parsed before the signature has
//! been found good, nothing is inflated before its hash has; every byte of the file is compared
//! with what the head and index regenerate; memory is bounded, whatever the file says.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::accounting::Recount;
use super::allowed_signers::AllowedSigners;
use super::contents::{Bundle, Located, PartContents};
use super::digest::Sha256Hash;
use super::entry_name::EntryName;
use super::fault::{Fault, VerifyError};
use super::handle::{Handle, Section};
use super::head::{self, BundleKind, Head, HeadError};
use super::index::{self, IndexEntry};
use super::inflate::Inflate;
use super::layout;
use super::lines::LineCheck;
use super::sequence::{self, Follows, LedgerView};
use super::sign::{Signature, SignatureError, fingerprint, key_text, parse_key_text};
use super::zip_header::{self, Method, ZipEntry};
use crate::bytes::ReadAt;
use crate::limits;

/// A value that has been verified; only [`verify()`] makes one.
#[derive(Debug)]
pub struct Verified<T>(T);

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// One part of a bundle, opened once.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// Its bytes.
    pub handle: Arc<dyn Handle>,
}

impl Source {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: path.to_string_lossy().into(),
            handle: Arc::new(File::open(path)?),
        })
    }

    /// Copies a file into an unnamed one in `staging`, which nobody else can change between
    /// verification and use.
    ///
    /// # Errors
    /// When it cannot be read or copied, or is larger than a part may be.
    pub fn stage(path: &Path, staging: &Path) -> io::Result<Self> {
        let mut from = File::open(path)?.take(limits::BUNDLE_PART_BYTES.saturating_add(1));
        let mut copy = tempfile::tempfile_in(staging)?;
        io::copy(&mut from, &mut copy)?;
        Ok(Self {
            file: path.to_string_lossy().into(),
            handle: Arc::new(copy),
        })
    }

    /// Bytes in memory under a name.
    #[must_use]
    pub fn memory(name: &str, bytes: Vec<u8>) -> Self {
        Self {
            file: name.into(),
            handle: Arc::new(bytes),
        }
    }

    /// The paths of all parts of a bundle, from the path of any of them: `NAME.2of3.abx` gives
    /// three.
    #[must_use]
    pub fn part_paths(path: &Path) -> Vec<PathBuf> {
        let split = || {
            let stem = path.file_name()?.to_str()?.strip_suffix(".abx")?;
            let (name, part) = stem.rsplit_once('.')?;
            let (number, count) = part.split_once("of")?;
            let (number, count): (u32, u32) = (number.parse().ok()?, count.parse().ok()?);
            (number >= 1 && number <= count && count <= limits::BUNDLE_PARTS && count > 1)
                .then(|| (name.to_owned(), count))
        };
        match split() {
            None => vec![path.to_owned()],
            Some((name, count)) => (1..=count)
                .map(|number| path.with_file_name(format!("{name}.{number}of{count}.abx")))
                .collect(),
        }
    }
}

/// What a bundle is held against.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// Whose signatures count.
    pub trust: &'a AllowedSigners,
    /// The pairing that it must be of; any when `None`.
    pub link: Option<&'a str>,
    /// The party that it must be from; any pinned one when `None`.
    pub from: Option<&'a str>,
    /// The party that it must be for, oneself; any when `None`.
    pub to: Option<&'a str>,
    /// What was received and sent; the sequence is not looked at when `None`.
    pub ledger: Option<&'a LedgerView>,
}

/// Verifies all parts of a bundle, in any order.
///
/// # Errors
/// The first fault in the order of the specification, with file, place and remedy.
pub fn verify(sources: &[Source], policy: &Policy<'_>) -> Result<Verified<Bundle>, VerifyError> {
    let mut opened = sources
        .iter()
        .map(|source| Part::open(source, policy))
        .collect::<Result<Vec<_>, _>>()?;
    opened.sort_by_key(|part| part.head.part);
    check_set(&opened)?;
    let Some(first) = opened.first() else {
        return Err(VerifyError {
            fault: Fault::SetIncomplete,
            file: "".into(),
            place: String::new(),
            detail: "no file was given".into(),
        });
    };
    let (head, head_hash, key) = (first.head.clone(), first.head_hash, first.key);
    first.check_pairing(policy)?;
    let follows = first.check_sequence(policy)?;
    let recount = Mutex::new(Recount::default());
    let mut parts = Vec::with_capacity(opened.len());
    for part in &opened {
        parts.push(part.check_contents(&recount)?);
    }
    let mut by_name = HashMap::new();
    for (part_number, part) in parts.iter().enumerate() {
        for (number, located) in part.entries.iter().enumerate() {
            let name = located.entry.name.clone();
            if by_name.insert(name, (part_number, number)).is_some() {
                let fault = fault_in(&part.file, Fault::IndexForm, layout::INDEX_NAME);
                return Err(fault(format!("{} is in two parts", located.entry.name)));
            }
        }
    }
    check_shards(&parts)?;
    let recount = recount.into_inner().unwrap_or_else(PoisonError::into_inner);
    recount
        .agree(&head.accounting)
        .map_err(fault_in(&first.source.file, Fault::Accounting, ""))?;
    Ok(Verified(Bundle {
        parts,
        first: head,
        head_hash,
        key,
        follows,
        by_name,
    }))
}

fn fault_in<'a>(
    file: &'a Arc<str>,
    fault: Fault,
    place: &'a str,
) -> impl FnOnce(String) -> VerifyError + 'a {
    move |detail| VerifyError {
        fault,
        file: Arc::clone(file),
        place: place.to_owned(),
        detail,
    }
}

/// Steps 10 and 11: all parts, each once, of one set.
fn check_set(parts: &[Part<'_>]) -> Result<(), VerifyError> {
    let Some(first) = parts.first() else {
        return Ok(());
    };
    let file = &first.source.file;
    if let Some(other) = parts.iter().find(|part| !part.head.same_set(&first.head)) {
        let detail = format!("is not of the same set as {file}");
        return Err(fault_in(
            &other.source.file,
            Fault::SetMixed,
            layout::HEAD_NAME,
        )(detail));
    }
    let [_, count] = first.head.part;
    let numbers: Vec<u32> = parts.iter().map(|part| part.head.part[0]).collect();
    if numbers != (1..=count).collect::<Vec<_>>() {
        let detail = format!("the bundle has {count} parts, here are {numbers:?}");
        return Err(fault_in(file, Fault::SetIncomplete, layout::HEAD_NAME)(
            detail,
        ));
    }
    let expected = head::set_hash(parts.iter().map(|part| &part.head.index.sha256));
    if expected != first.head.set {
        let detail = "`set` is not the hash of the indexes of the parts".to_owned();
        return Err(fault_in(file, Fault::SetMixed, layout::HEAD_NAME)(detail));
    }
    Ok(())
}

/// Step 17: shards of each kind count from 0 without a gap, in file order.
fn check_shards(parts: &[PartContents]) -> Result<(), VerifyError> {
    let mut next: HashMap<&str, u32> = HashMap::new();
    for part in parts {
        for located in &part.entries {
            let EntryName::Records { kind, shard } = &located.entry.name else {
                continue;
            };
            let expected = next.entry(kind).or_insert(0);
            if shard != expected {
                let place = located.entry.name.to_string();
                let detail = format!("shard {expected} of {kind} comes here");
                return Err(fault_in(&part.file, Fault::Shards, &place)(detail));
            }
            *expected = expected.saturating_add(1);
        }
    }
    Ok(())
}

/// A part whose head is authentic.
struct Part<'a> {
    source: &'a Source,
    size: u64,
    head: Head,
    head_hash: Sha256Hash,
    key: ssh_key::public::Ed25519PublicKey,
    /// The headers so far, as the directory will repeat them.
    directory: Vec<u8>,
    /// Where the index begins.
    offset: u64,
}

/// Reads the first entries, one after the other.
struct Prologue<'a> {
    source: &'a Source,
    offset: u64,
    size: u64,
    directory: Vec<u8>,
}

impl Prologue<'_> {
    fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>, VerifyError> {
        let handle = Arc::clone(&self.source.handle);
        Section::new(handle, offset, length)
            .read_all()
            .map_err(|error| fault_in(&self.source.file, Fault::Read, "")(error.to_string()))
    }

    /// The next entry, which must be `name`, stored, of at most `limit` bytes.
    fn entry(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, VerifyError> {
        let fault =
            |detail: &str| fault_in(&self.source.file, Fault::Prologue, name)(detail.to_owned());
        let length = zip_header::LOCAL_HEADER.saturating_add(name.len() as u64);
        let data = self.offset.saturating_add(length);
        if data > self.size {
            return Err(fault("the file ends before it"));
        }
        let header = self.read(self.offset, length)?;
        let size = header.u32_at(18).unwrap_or_default();
        let end = data.saturating_add(size.into());
        if u64::from(size) > limit || end > self.size {
            return Err(fault(&format!(
                "states {size} bytes, over the limit of {limit} or the file"
            )));
        }
        let bytes = self.read(data, size.into())?;
        let entry = ZipEntry {
            name,
            method: Method::Store,
            crc32: crc32fast::hash(&bytes),
            csize: size,
            size,
        };
        if entry.local_header() != header {
            return Err(fault("its header is not the one that the format gives it"));
        }
        let at = u32::try_from(self.offset).map_err(|_| fault("lies beyond 4 GiB"))?;
        self.directory.extend(entry.central_header(at));
        self.offset = end;
        Ok(bytes)
    }
}

impl<'a> Part<'a> {
    /// Steps 1 to 9: size, `mimetype`, signature, head, key.
    fn open(source: &'a Source, policy: &Policy<'_>) -> Result<Self, VerifyError> {
        let fail = |fault, place, detail: String| Err(fault_in(&source.file, fault, place)(detail));
        let size = match source.handle.size() {
            Ok(size) => size,
            Err(error) => return fail(Fault::Read, "", error.to_string()),
        };
        let mimetype_size = u32::try_from(layout::MIMETYPE.len()).unwrap_or_default();
        let first = ZipEntry {
            name: layout::MIMETYPE_NAME,
            method: Method::Store,
            crc32: crc32fast::hash(layout::MIMETYPE.as_bytes()),
            csize: mimetype_size,
            size: mimetype_size,
        };
        let mut magic = first.local_header();
        magic.extend(layout::MIMETYPE.as_bytes());
        let length = magic.len() as u64;
        if size < length || size > limits::BUNDLE_PART_BYTES {
            let detail = format!(
                "is {size} bytes; a bundle has between {length} and {}",
                limits::BUNDLE_PART_BYTES
            );
            return fail(Fault::Size, "", detail);
        }
        let mut prologue = Prologue {
            source,
            offset: length,
            size,
            directory: first.central_header(0),
        };
        if prologue.read(0, length)? != magic {
            let detail = format!(
                "does not begin with the entry `mimetype` of {}",
                layout::MIMETYPE
            );
            return fail(Fault::Mimetype, layout::MIMETYPE_NAME, detail);
        }
        let head_bytes = prologue.entry(layout::HEAD_NAME, limits::BUNDLE_HEAD_BYTES)?;
        let armoured = prologue.entry(layout::SIGNATURE_NAME, limits::BUNDLE_SIGNATURE_BYTES)?;
        let signature = match Signature::parse(&armoured) {
            Ok(signature) => signature,
            Err(error) => {
                return fail(
                    signature_fault(&error),
                    layout::SIGNATURE_NAME,
                    error.to_string(),
                );
            }
        };
        let key = *signature.key();
        if !policy.trust.knows(&key) {
            let detail = format!("is by the key {}, which is not pinned", fingerprint(&key));
            return fail(Fault::SignatureKey, layout::SIGNATURE_NAME, detail);
        }
        if let Err(error) = signature.check(&head_bytes) {
            return fail(
                Fault::SignatureValue,
                layout::SIGNATURE_NAME,
                error.to_string(),
            );
        }
        let head = match Head::parse(&head_bytes) {
            Ok(head) => head,
            Err(error @ HeadError::Format(_)) => {
                return fail(Fault::HeadFormat, layout::HEAD_NAME, error.to_string());
            }
            Err(error) => return fail(Fault::HeadForm, layout::HEAD_NAME, error.to_string()),
        };
        let created = head.created_at().unwrap_or_default();
        if let Err(detail) = policy.trust.find(&key, &head.from, created) {
            return fail(Fault::HeadKey, layout::HEAD_NAME, detail);
        }
        if let Some(next_key) = &head.next_key {
            let armoured =
                prologue.entry(layout::NEXT_SIGNATURE_NAME, limits::BUNDLE_SIGNATURE_BYTES)?;
            if let Err(detail) = check_next_key(next_key, &key, &armoured, &head_bytes) {
                return fail(Fault::Keyroll, layout::NEXT_SIGNATURE_NAME, detail);
            }
        }
        Ok(Self {
            source,
            size,
            head_hash: Sha256Hash::of(&head_bytes),
            head,
            key,
            directory: prologue.directory,
            offset: prologue.offset,
        })
    }

    /// Step 12: the pairing, the sender and the recipient.
    fn check_pairing(&self, policy: &Policy<'_>) -> Result<(), VerifyError> {
        let head = &self.head;
        let fail = |fault, detail| {
            Err(fault_in(&self.source.file, fault, layout::HEAD_NAME)(
                detail,
            ))
        };
        if let Some(link) = policy.link.filter(|link| *link != head.link) {
            return fail(
                Fault::Link,
                format!("is of pairing {}, not {link}", head.link),
            );
        }
        let own = policy.to == Some(&*head.from) && policy.from != Some(&*head.from);
        if own && head.kind != BundleKind::Archive {
            return fail(Fault::Reflection, format!("is from {} itself", head.from));
        }
        if let Some(from) = policy.from.filter(|from| *from != head.from) {
            return fail(
                Fault::From,
                format!("is from {}, not from {from}", head.from),
            );
        }
        if let Some(to) = policy.to.filter(|to| *to != head.to) {
            return fail(Fault::To, format!("is for {}, not for {to}", head.to));
        }
        Ok(())
    }

    /// Step 13: the sequence.
    fn check_sequence(&self, policy: &Policy<'_>) -> Result<Option<Follows>, VerifyError> {
        let Some(ledger) = policy.ledger else {
            return Ok(None);
        };
        match sequence::judge(&self.head, self.head_hash, ledger) {
            Ok(follows) => Ok(Some(follows)),
            Err((fault, detail)) => Err(fault_in(&self.source.file, fault, layout::HEAD_NAME)(
                detail,
            )),
        }
    }

    /// Steps 14 to 16: index, length, entries, directory.
    fn check_contents(&self, recount: &Mutex<Recount>) -> Result<PartContents, VerifyError> {
        let file = &self.source.file;
        let fail = |fault, place, detail: String| Err(fault_in(file, fault, place)(detail));
        let mut prologue = Prologue {
            source: self.source,
            offset: self.offset,
            size: self.size,
            directory: self.directory.clone(),
        };
        let index = prologue.entry(layout::INDEX_NAME, limits::BUNDLE_INDEX_BYTES)?;
        let stated = &self.head.index;
        if index.len() as u64 != stated.size || Sha256Hash::of(&index) != stated.sha256 {
            return fail(
                Fault::IndexHash,
                layout::INDEX_NAME,
                "is not the index that the head signs".into(),
            );
        }
        let entries = match index::parse(&index) {
            Ok(entries) if entries.len() as u64 == stated.entries => entries,
            Ok(entries) => {
                let detail = format!(
                    "has {} lines, the head states {}",
                    entries.len(),
                    stated.entries
                );
                return fail(Fault::IndexForm, layout::INDEX_NAME, detail);
            }
            Err(detail) => return fail(Fault::IndexForm, layout::INDEX_NAME, detail),
        };
        let mut offset = prologue.offset;
        let mut located = Vec::with_capacity(entries.len());
        let mut directory_size = prologue.directory.len() as u64;
        for entry in entries {
            let name = entry.name.to_string().len() as u64;
            let data = offset.saturating_add(zip_header::LOCAL_HEADER + name);
            offset = data.saturating_add(entry.csize.into());
            directory_size = directory_size.saturating_add(zip_header::CENTRAL_HEADER + name);
            located.push(Located {
                entry,
                offset: data,
            });
        }
        let end = offset
            .saturating_add(directory_size)
            .saturating_add(zip_header::END_RECORD);
        if end != self.size {
            return fail(
                Fault::Length,
                "",
                format!("is {} bytes, its index gives {end}", self.size),
            );
        }
        let mut checksums = vec![0u32; located.len()];
        let fault = located
            .par_iter()
            .zip(checksums.par_iter_mut())
            .find_map_first(
                |(located, crc32)| match self.check_entry(located, recount) {
                    Ok(found) => {
                        *crc32 = found;
                        None
                    }
                    Err(error) => Some(error),
                },
            );
        if let Some(error) = fault {
            return Err(error);
        }
        let mut directory = prologue.directory;
        for (located, crc32) in located.iter().zip(checksums) {
            let name = located.entry.name.to_string();
            let header = zip_header::LOCAL_HEADER + name.len() as u64;
            let at = u32::try_from(located.offset.saturating_sub(header)).unwrap_or(u32::MAX);
            directory.extend(headers(&located.entry, &name, crc32).central_header(at));
        }
        // The limits keep these far from saturation: 60,005 entries, 2 GB.
        let count = u16::try_from(located.len()).unwrap_or(u16::MAX);
        let meta = if self.head.next_key.is_some() { 5 } else { 4 };
        let size = u32::try_from(directory.len()).unwrap_or(u32::MAX);
        let at = u32::try_from(offset).unwrap_or(u32::MAX);
        directory.extend(zip_header::end_record(count.saturating_add(meta), size, at));
        if self.read(offset, directory.len() as u64)? != directory {
            let detail = "is not the one that the index gives".into();
            return fail(Fault::Directory, "zip directory", detail);
        }
        Ok(PartContents {
            file: Arc::clone(file),
            handle: Arc::clone(&self.source.handle),
            entries: located,
        })
    }

    fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>, VerifyError> {
        let handle = Arc::clone(&self.source.handle);
        Section::new(handle, offset, length)
            .read_all()
            .map_err(|error| fault_in(&self.source.file, Fault::Read, "")(error.to_string()))
    }

    /// Step 15: one entry; gives the CRC-32 of its inflated bytes.
    fn check_entry(&self, located: &Located, recount: &Mutex<Recount>) -> Result<u32, VerifyError> {
        let Located { entry, offset } = located;
        let name = entry.name.to_string();
        let file = &self.source.file;
        let section = || Section::new(Arc::clone(&self.source.handle), *offset, entry.csize.into());
        let crc32 = if entry.csize <= IN_MEMORY {
            let stored = self.read(*offset, entry.csize.into())?;
            check_stored(&stored[..], entry, file, &name)?;
            check_inflated(&stored[..], entry, file, &name, recount)?
        } else {
            check_stored(section(), entry, file, &name)?;
            check_inflated(section(), entry, file, &name, recount)?
        };
        let header = headers(entry, &name, crc32).local_header();
        let at = offset.saturating_sub(header.len() as u64);
        if self.read(at, header.len() as u64)? != header {
            let detail = "its header is not the one that the index gives it".to_owned();
            return Err(fault_in(file, Fault::EntryHeader, &name)(detail));
        }
        Ok(crc32)
    }
}

/// Stored bytes that are read once and kept, rather than read twice.
const IN_MEMORY: u32 = 1 << 20;

fn headers<'a>(entry: &IndexEntry, name: &'a str, crc32: u32) -> ZipEntry<'a> {
    ZipEntry {
        name,
        method: entry.method,
        crc32,
        csize: entry.csize,
        size: entry.size,
    }
}

fn signature_fault(error: &SignatureError) -> Fault {
    match error {
        SignatureError::Form(_) => Fault::SignatureForm,
        SignatureError::Namespace(_) => Fault::SignatureNamespace,
        SignatureError::Value => Fault::SignatureValue,
    }
}

/// Step 9: the next key of a keyroll must have signed the same head.
fn check_next_key(
    next_key: &str,
    key: &ssh_key::public::Ed25519PublicKey,
    armoured: &[u8],
    head: &[u8],
) -> Result<(), String> {
    let next = parse_key_text(next_key)?;
    if key_text(&next) != next_key {
        return Err("`next_key` is not written as OpenSSH writes it, without a comment".into());
    }
    if next == *key {
        return Err("`next_key` is the key that it replaces".into());
    }
    let signature = Signature::parse(armoured).map_err(|error| error.to_string())?;
    if *signature.key() != next {
        return Err("is not by the key that `next_key` names".into());
    }
    signature.check(head).map_err(|error| error.to_string())
}

fn check_stored(
    mut stored: impl Read,
    entry: &IndexEntry,
    file: &Arc<str>,
    name: &str,
) -> Result<(), VerifyError> {
    let mut hasher = Sha256::new();
    io::copy(&mut stored, &mut hasher)
        .map_err(|error| fault_in(file, Fault::Read, name)(error.to_string()))?;
    if Sha256Hash::finish(hasher) != entry.csha256 {
        let detail = "its stored bytes do not have the SHA-256 of the index".to_owned();
        return Err(fault_in(file, Fault::EntryStored, name)(detail));
    }
    Ok(())
}

fn check_inflated(
    stored: impl Read,
    entry: &IndexEntry,
    file: &Arc<str>,
    name: &str,
    recount: &Mutex<Recount>,
) -> Result<u32, VerifyError> {
    let (csize, size) = (entry.csize.into(), entry.size.into());
    let mut inflate = Inflate::new(stored, entry.method, csize, size, Some(entry.sha256));
    let mut crc32 = crc32fast::Hasher::new();
    let mut lines = entry.name.is_lines().then(|| LineCheck::new(&entry.name));
    let mut buffer = vec![0; 64 << 10];
    loop {
        let got = inflate.read(&mut buffer).map_err(|error| {
            let fault = match error.kind() {
                io::ErrorKind::InvalidData => Fault::EntryContent,
                _ => Fault::Read,
            };
            fault_in(file, fault, name)(error.to_string())
        })?;
        let bytes = buffer.get(..got).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        crc32.update(bytes);
        if let Some(lines) = &mut lines {
            lines.feed(bytes);
        }
    }
    if let Some(lines) = lines {
        lines.finish(recount).map_err(|(line, detail)| {
            let place = format!("{name}, line {line}");
            fault_in(file, Fault::Line, &place)(detail)
        })?;
    }
    Ok(crc32.finalize())
}
