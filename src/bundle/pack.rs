//! Packing: items, blobs and lines in, signed parts out, with flat memory.
//!
//! *Spec*: `formats/bundle.md`, sections 3, 4 and 13 (Producer).
//!
//! *Invariants*: the same calls in the same order give the same bytes, however many threads work;
//! nothing is left behind by a packer that is dropped; no file is overwritten; all parts of a set
//! appear, or none.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::accounting::{Accounting, Recount, ReportLine};
use super::digest::Sha256Hash;
use super::entry_name::{EntryName, Stream, is_record_kind};
use super::head::{self, Ack, Base, BundleKind, Head, HeadError};
use super::layout;
use super::part::{Part, PartLimits};
use super::prepared::{EntryWriter, Prepared, Stored, deflate};
use super::scratch::Scratch;
use super::sign::{SignError, Signer, key_text};
use super::zip_header::Method;
use crate::canonical_json::{self, CanonicalError};
use crate::canonical_text::Members;
use crate::item::Blob;
use crate::limits;
use crate::merge::Prefer;

/// Bytes of records after which a shard is closed. To read one record, its shard is inflated.
const SHARD_BYTES: usize = 256 << 10;
/// Records of a shard.
const SHARD_RECORDS: usize = 1_000;
/// Shards that are being compressed before the packer waits for the oldest.
const SHARDS_IN_FLIGHT: usize = 4;

/// Why a bundle cannot be packed.
#[derive(Debug, Error)]
pub enum PackError {
    /// There is a file of that name already.
    #[error("{0}: exists already; bundles are never overwritten: choose another name")]
    Exists(PathBuf),
    /// Reading or writing failed.
    #[error("{path}: {error}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A record or line cannot be written.
    #[error("{place}: {detail}")]
    Line {
        /// Which: `email record`, `data/links.jsonl`.
        place: String,
        /// Why.
        detail: String,
    },
    /// An entry that no part can hold.
    #[error("{name}: is too large for a bundle: {size} bytes stored, {limit} in one part")]
    TooLarge {
        /// Its name.
        name: String,
        /// Its stored bytes.
        size: u64,
        /// What a part holds.
        limit: u64,
    },
    /// Records, report and the stated sums do not agree: items would be lost in silence.
    #[error("the bundle does not add up: {0}")]
    Accounting(String),
    /// A member of the head has a value that no head may have.
    #[error("the head of the bundle is not valid: {0}")]
    Head(#[from] HeadError),
    /// Signing failed.
    #[error("cannot sign: {0}")]
    Sign(#[from] SignError),
    /// More parts than a set may have.
    #[error(
        "the bundle would have more than {} parts; export less at a time",
        limits::BUNDLE_PARTS
    )]
    Parts,
}

/// What the packer cannot know of the head.
#[derive(Debug, Clone)]
pub struct HeadFields {
    /// The pairing, 32 lower-case hex digits.
    pub link: String,
    /// The sending party.
    pub from: String,
    /// The party that it is meant for.
    pub to: String,
    /// What it is for.
    pub kind: BundleKind,
    /// The sender's epoch; 0 for an archive.
    pub epoch: u64,
    /// Its number; 0 for an archive.
    pub seq: u64,
    /// SHA-256 of part 1's head of the sender's previous bundle in the epoch.
    pub prev: Option<Sha256Hash>,
    /// The last own bundle that the peer has acknowledged.
    pub base: Option<Base>,
    /// The last bundle of the peer that was applied.
    pub ack: Option<Ack>,
    /// When it is made.
    pub created: Timestamp,
    /// The sums, with `seen` counted by another path than the one that exports.
    pub accounting: Accounting,
    /// The program, with version.
    pub producer: String,
    /// Which of two values the sender shows, when not the newest.
    pub prefer: Option<Prefer>,
}

/// A finished bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Its parts, in order.
    pub parts: Vec<PathBuf>,
    /// SHA-256 of part 1's head: what `prev`, `base` and `ack` of later bundles name.
    pub head: Sha256Hash,
    /// What binds its parts.
    pub set: Sha256Hash,
    /// Payload entries of all parts.
    pub entries: u64,
    /// Bytes of all parts.
    pub bytes: u64,
}

/// A record made ready on any thread: one line of canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    kind: String,
    id: String,
    line: Vec<u8>,
}

impl Record {
    /// Writes a value as a record of `kind`; its member `id` is the id of the item.
    ///
    /// # Errors
    /// [`PackError::Line`] when it has floats, too great integers or no `id`, is nested too deeply
    /// or too long, or the kind is not 1 to 32 of `a-z _`.
    pub fn new(kind: &str, value: &impl Serialize) -> Result<Self, PackError> {
        let fault = |detail: String| record_fault(kind, detail);
        /// The member that every record has; the rest is passed over.
        #[derive(Deserialize)]
        struct Named {
            id: String,
        }
        let line = line(value).map_err(|error| match serde_json::to_value(value) {
            Ok(serde_json::Value::Object(members)) => match members.get("id") {
                Some(serde_json::Value::String(id)) => fault(format!("{id}: {error}")),
                _ => fault("has no `id`".into()),
            },
            _ => fault(error.to_string()),
        })?;
        let Named { id } =
            serde_json::from_slice(&line).map_err(|_| fault("has no `id`".into()))?;
        Self::of_line(kind, id, line)
    }

    /// As [`Self::new`], for a value whose member `id` is known to be `id`.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn with_id(kind: &str, id: &str, value: &impl Serialize) -> Result<Self, PackError> {
        let line = line(value).map_err(|error| record_fault(kind, format!("{id}: {error}")))?;
        Self::of_line(kind, id.to_owned(), line)
    }

    fn of_line(kind: &str, id: String, line: Vec<u8>) -> Result<Self, PackError> {
        if !is_record_kind(kind) {
            return Err(record_fault(kind, "is not a kind of records".into()));
        }
        Ok(Self {
            kind: kind.to_owned(),
            id,
            line,
        })
    }

    /// The id of the item.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The members of its line; `None` never comes of a line that was written here.
    #[must_use]
    pub fn members(&self) -> Option<Members<'_>> {
        Members::of(self.line.strip_suffix(b"\n")?)
    }

    /// Bytes of its line, LF included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.line.len()
    }
}

fn record_fault(kind: &str, detail: String) -> PackError {
    PackError::Line {
        place: format!("{kind} record"),
        detail,
    }
}

/// The canonical line of a value, LF included.
fn line(value: &impl Serialize) -> Result<Vec<u8>, CanonicalError> {
    let mut line = canonical_json::to_vec(value)?;
    line.push(b'\n');
    if line.len() > limits::BUNDLE_LINE_BYTES {
        return Err(CanonicalError::Serialise("is over 64 MiB".into()));
    }
    Ok(line)
}

fn stream_fault(stream: Stream, detail: String) -> PackError {
    PackError::Line {
        place: stream.entry_name().to_owned(),
        detail,
    }
}

/// Where a record stands among those of the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The how manieth shard of the bundle, of any kind, from 0.
    pub shard: u32,
    /// Bytes of the shard before it.
    pub at: usize,
    /// Bytes of its line, LF included.
    pub size: usize,
}

/// A shard that is being filled.
#[derive(Default)]
struct Shard {
    bytes: Vec<u8>,
    records: usize,
    number: u32,
    /// The how manieth of the bundle, once it has records.
    of_all: u32,
}

struct Job {
    bytes: Vec<u8>,
    reply: Sender<io::Result<Shrunk>>,
}

/// A shard made ready, and its room for the next one.
type Shrunk = (Prepared, Vec<u8>);

/// Threads that compress shards.
struct Workers {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    fn start(count: usize) -> io::Result<Self> {
        let (jobs, queue) = bounded::<Job>(SHARDS_IN_FLIGHT);
        let work = |queue: Receiver<Job>| {
            move || {
                for job in queue {
                    let prepared = Prepared::from_slice(&job.bytes);
                    // The packer may be gone; then nobody wants the answer.
                    let _ = job
                        .reply
                        .send(prepared.map(|prepared| (prepared, job.bytes)));
                }
            }
        };
        let threads = (0..count.max(1))
            .map(|n| {
                std::thread::Builder::new()
                    .name(format!("pack-{n}"))
                    .spawn(work(queue.clone()))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self {
            jobs: Some(jobs),
            threads,
        })
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A worker that panicked has dropped its reply, which the packer sees as an error.
            let _ = thread.join();
        }
    }
}

/// Packs a bundle.
pub struct Packer {
    output: PathBuf,
    directory: PathBuf,
    scratch: Arc<Scratch>,
    limits: PartLimits,
    done: Vec<Part>,
    part: Part,
    shards: HashMap<String, Shard>,
    kinds: Vec<String>,
    /// Shards that were begun.
    begun: u32,
    in_flight: VecDeque<(EntryName, u32, Receiver<io::Result<Shrunk>>)>,
    /// Shards that are placed, deflated, for someone who keeps them; `None` when nobody does.
    kept: Option<Vec<(u32, Vec<u8>)>>,
    /// Room of shards that are placed.
    spare: Vec<Vec<u8>>,
    workers: Workers,
    streams: [Option<EntryWriter>; 4],
    contacts: Option<Prepared>,
    recount: Recount,
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Packer({})", self.output.display())
    }
}

impl Packer {
    /// A packer for `output` (`NAME.abx`; several parts become `NAME.1ofN.abx`, …), with the limits
    /// of the format.
    ///
    /// # Errors
    /// [`PackError::Exists`] when there is such a file; [`PackError::Io`] when its folder cannot be
    /// written.
    pub fn new(output: &Path) -> Result<Self, PackError> {
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        Self::with_limits(output, PartLimits::default(), workers)
    }

    /// As [`Self::new`], with smaller parts and a number of threads that compress.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn with_limits(
        output: &Path,
        limits: PartLimits,
        workers: usize,
    ) -> Result<Self, PackError> {
        if fs::symlink_metadata(output).is_ok() {
            return Err(PackError::Exists(output.to_owned()));
        }
        let directory = match output.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let io = |error| PackError::Io {
            path: directory.clone(),
            error,
        };
        let scratch = Scratch::new(&directory);
        Ok(Self {
            output: output.to_owned(),
            limits,
            done: Vec::new(),
            part: Part::new(&scratch).map_err(io)?,
            shards: HashMap::new(),
            kinds: Vec::new(),
            begun: 0,
            kept: None,
            in_flight: VecDeque::new(),
            spare: Vec::new(),
            workers: Workers::start(workers).map_err(io)?,
            streams: [const { None }; 4],
            contacts: None,
            recount: Recount::default(),
            scratch,
            directory,
        })
    }

    /// The scratch for [`Prepared::from_content`]: its files are beside the output.
    #[must_use]
    pub fn scratch(&self) -> &Arc<Scratch> {
        &self.scratch
    }

    fn io(&self) -> impl FnOnce(io::Error) -> PackError + use<> {
        let path = self.output.clone();
        move |error| PackError::Io { path, error }
    }

    /// Adds a blob, unless the bundle has the same bytes already; gives the reference for records.
    ///
    /// # Errors
    /// [`PackError::TooLarge`] leaves the packer as it was; after other errors it can only be
    /// dropped.
    pub fn add_blob(&mut self, prepared: Prepared) -> Result<Blob, PackError> {
        let blob = prepared.blob();
        let hash = prepared.sha256;
        if !self.scratch.has(&hash) {
            self.place(EntryName::Blob(hash), prepared)?;
            self.scratch.place(hash);
        }
        Ok(blob)
    }

    /// Keeps a copy of every shard for [`Self::kept`].
    pub fn keep_shards(&mut self) {
        self.kept.get_or_insert_default();
    }

    /// The shards, deflated, that were finished since the last call, by the numbers that
    /// [`Place::shard`] has.
    pub fn kept(&mut self) -> Vec<(u32, Vec<u8>)> {
        self.kept.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Finishes all shards that have records.
    ///
    /// # Errors
    /// When the bundle cannot be written.
    pub fn close_shards(&mut self) -> Result<(), PackError> {
        for kind in std::mem::take(&mut self.kinds) {
            self.close_shard(&kind)?;
            self.kinds.push(kind);
        }
        while !self.in_flight.is_empty() {
            self.land_one()?;
        }
        Ok(())
    }

    /// Adds a record; where it stands.
    ///
    /// # Errors
    /// When the bundle cannot be written.
    pub fn add_record(&mut self, record: Record) -> Result<Place, PackError> {
        let Record { kind, id, line } = record;
        self.recount.record(&id);
        if !self.shards.contains_key(&kind) {
            self.kinds.push(kind.clone());
        }
        let shard = self.shards.entry(kind.clone()).or_default();
        let over = shard.bytes.len().saturating_add(line.len()) > SHARD_BYTES;
        if shard.records > 0 && (over || shard.records >= SHARD_RECORDS) {
            self.close_shard(&kind)?;
        }
        let shard = self.shards.entry(kind).or_default();
        if shard.records == 0 {
            shard.of_all = self.begun;
            self.begun = self.begun.saturating_add(1);
        }
        let place = Place {
            shard: shard.of_all,
            at: shard.bytes.len(),
            size: line.len(),
        };
        shard.bytes.extend(line);
        shard.records = shard.records.saturating_add(1);
        Ok(place)
    }

    /// Hands a shard to the workers.
    fn close_shard(&mut self, kind: &str) -> Result<(), PackError> {
        let Some(shard) = self.shards.get_mut(kind).filter(|s| s.records > 0) else {
            return Ok(());
        };
        let name = EntryName::Records {
            kind: kind.into(),
            shard: shard.number,
        };
        let room = self.spare.pop().unwrap_or_default();
        let bytes = std::mem::replace(&mut shard.bytes, room);
        shard.records = 0;
        shard.number = shard.number.saturating_add(1);
        let of_all = shard.of_all;
        let (reply, answer) = bounded(1);
        let sent = self
            .workers
            .jobs
            .as_ref()
            .map(|jobs| jobs.send(Job { bytes, reply }));
        if !matches!(sent, Some(Ok(()))) {
            return Err(self.io()(io::Error::other(
                "the compressing threads are gone",
            )));
        }
        self.in_flight.push_back((name, of_all, answer));
        // Waiting at fixed points of the call sequence keeps the order of entries deterministic.
        while self.in_flight.len() > SHARDS_IN_FLIGHT {
            self.land_one()?;
        }
        Ok(())
    }

    /// Places the oldest shard in flight.
    fn land_one(&mut self) -> Result<(), PackError> {
        let Some((name, of_all, answer)) = self.in_flight.pop_front() else {
            return Ok(());
        };
        let (prepared, mut room) = answer
            .recv()
            .map_err(|_| io::Error::other("a compressing thread is gone"))
            .flatten()
            .map_err(self.io())?;
        if let Some(kept) = &mut self.kept {
            let deflated = match (prepared.method, &prepared.stored) {
                (Method::Deflate, Stored::Memory(deflated)) => deflated.clone(),
                _ => deflate(&room),
            };
            kept.push((of_all, deflated));
        }
        room.clear();
        self.spare.push(room);
        self.place(name, prepared)
    }

    /// Appends an entry to the current part, or to a new one.
    fn place(&mut self, name: EntryName, prepared: Prepared) -> Result<(), PackError> {
        if !self.part.fits(&name, &prepared, &self.limits) {
            let fresh = Part::new(&self.scratch).map_err(self.io())?;
            if !fresh.fits(&name, &prepared, &self.limits) {
                return Err(PackError::TooLarge {
                    name: name.to_string(),
                    size: prepared.stored_size(),
                    limit: self.limits.bytes,
                });
            }
            if !self.part.is_empty() {
                self.done.push(std::mem::replace(&mut self.part, fresh));
            }
        }
        self.part.push(name, prepared).map_err(self.io())
    }

    /// Adds a line to a stream.
    ///
    /// # Errors
    /// [`PackError::Line`] when the value cannot be written, or is no line of the report.
    pub fn add_line(&mut self, stream: Stream, value: &impl Serialize) -> Result<(), PackError> {
        let fault = |error: String| stream_fault(stream, error);
        let line = line(value).map_err(|error| fault(error.to_string()))?;
        if stream == Stream::Report {
            let report: ReportLine =
                serde_json::from_slice(&line).map_err(|error| fault(error.to_string()))?;
            self.recount.line(&(&report).into()).map_err(fault)?;
        }
        self.append(stream, &line)
    }

    /// Adds a line to the report, as [`Self::add_line`] does, without reading it again.
    ///
    /// # Errors
    /// As for [`Self::add_line`].
    pub fn add_report(&mut self, report: &ReportLine) -> Result<(), PackError> {
        let fault = |error: String| stream_fault(Stream::Report, error);
        let line = line(report).map_err(|error| fault(error.to_string()))?;
        self.recount.line(&report.into()).map_err(fault)?;
        self.append(Stream::Report, &line)
    }

    fn append(&mut self, stream: Stream, line: &[u8]) -> Result<(), PackError> {
        let io = self.io();
        let at = Stream::ALL.iter().position(|s| *s == stream);
        if let Some(slot) = at.and_then(|at| self.streams.get_mut(at)) {
            slot.get_or_insert_with(|| EntryWriter::new(Method::Deflate, &self.scratch))
                .write(line)
                .map_err(io)?;
        }
        Ok(())
    }

    /// Sets the contacts in the CSV form that BigContacts imports, as `data/contacts.csv`.
    pub fn set_contacts_csv(&mut self, csv: Prepared) {
        self.contacts = Some(csv);
    }

    /// Signs and writes the bundle. Nothing appears under the output's name before all parts are
    /// complete and on disk.
    ///
    /// # Errors
    /// [`PackError::Accounting`] when `fields.accounting` is not what records and report add up to;
    /// others when the head is not valid or the files cannot be written. Nothing is left behind
    /// then.
    pub fn finish(self, fields: HeadFields, signer: &Signer) -> Result<Packed, PackError> {
        self.seal(|_| fields, signer, None, || ())?.0.publish()
    }

    /// As [`Self::finish`], for a keyroll: signed by the old key, and countersigned by the next.
    ///
    /// # Errors
    /// As for [`Self::finish`].
    pub fn finish_keyroll(
        self,
        fields: HeadFields,
        signer: &Signer,
        next: &Signer,
    ) -> Result<Packed, PackError> {
        self.seal(|_| fields, signer, Some(next), || ())?
            .0
            .publish()
    }

    /// Signs the bundle and writes all its parts to unnamed files beside the output, so that the
    /// ledger can take note of it before it appears. `fields` is given the hash of the set, by
    /// which the same contents are known again. `meanwhile` runs while parts are written.
    ///
    /// # Errors
    /// As for [`Self::finish`].
    pub fn seal<T>(
        mut self,
        fields: impl FnOnce(&Sha256Hash) -> HeadFields,
        signer: &Signer,
        next: Option<&Signer>,
        meanwhile: impl FnOnce() -> T,
    ) -> Result<(Sealed, T), PackError> {
        self.close_shards()?;
        if let Some(csv) = self.contacts.take() {
            self.place(EntryName::ContactsCsv, csv)?;
        }
        for (stream, writer) in Stream::ALL
            .into_iter()
            .zip(std::mem::take(&mut self.streams))
        {
            if let Some(writer) = writer {
                let prepared = writer.finish().map_err(self.io())?;
                self.place(EntryName::Stream(stream), prepared)?;
            }
        }
        let mut parts = std::mem::take(&mut self.done);
        let last = Part::new(&self.scratch).map_err(self.io())?;
        parts.push(std::mem::replace(&mut self.part, last));
        let count = u32::try_from(parts.len())
            .ok()
            .filter(|count| *count <= limits::BUNDLE_PARTS)
            .ok_or(PackError::Parts)?;
        let indexes: Vec<_> = parts.iter().map(Part::index).collect();
        let set = head::set_hash(indexes.iter().map(|index| &index.sha256));
        let fields = fields(&set);
        self.recount
            .agree(&fields.accounting)
            .map_err(PackError::Accounting)?;
        std::thread::scope(|scope| {
            let writing = scope.spawn(|| self.write(parts, count, &fields, set, signer, next));
            let done = meanwhile();
            let panicked = || io::Error::other("writing the parts failed");
            let written = writing.join().map_err(|_| self.io()(panicked()))?;
            Ok((written?, done))
        })
    }

    /// Writes the `count` parts of the set.
    fn write(
        &self,
        parts: Vec<Part>,
        count: u32,
        fields: &HeadFields,
        set: Sha256Hash,
        signer: &Signer,
        next: Option<&Signer>,
    ) -> Result<Sealed, PackError> {
        let mut first_head = None;
        let mut files = Vec::new();
        let mut entries = 0u64;
        let mut bytes = 0u64;
        for (part, number) in parts.into_iter().zip(1..) {
            let index = part.index();
            entries = entries.saturating_add(index.entries);
            let head = Head {
                format: layout::FORMAT.to_owned(),
                crit: Vec::new(),
                link: fields.link.clone(),
                from: fields.from.clone(),
                to: fields.to.clone(),
                kind: fields.kind,
                epoch: fields.epoch,
                seq: fields.seq,
                part: [number, count],
                set,
                prev: fields.prev,
                base: fields.base.clone(),
                ack: fields.ack.clone(),
                created: head::format_created(fields.created),
                index,
                accounting: fields.accounting,
                producer: fields.producer.clone(),
                next_key: next.map(|next| key_text(next.public_key())),
                prefer: fields.prefer,
            }
            .to_bytes()?;
            first_head.get_or_insert_with(|| Sha256Hash::of(&head));
            let signature = signer.sign(&head)?;
            let next_signature = next.map(|next| next.sign(&head)).transpose()?;
            let file = tempfile::Builder::new()
                .prefix(".airbridge-")
                .suffix(".part")
                .tempfile_in(&self.directory)
                .map_err(self.io())?;
            let next_signature = next_signature.as_deref().map(str::as_bytes);
            part.write(&head, signature.as_bytes(), next_signature, &file)
                .map_err(self.io())?;
            bytes = bytes.saturating_add(file.as_file().metadata().map_err(self.io())?.len());
            files.push((file, self.part_path(number, count)));
        }
        Ok(Sealed {
            files,
            packed: Packed {
                parts: Vec::new(),
                head: first_head.unwrap_or(set),
                set,
                entries,
                bytes,
            },
            directory: self.directory.clone(),
        })
    }

    /// `NAME.abx`, or `NAME.2of3.abx`.
    fn part_path(&self, number: u32, count: u32) -> PathBuf {
        if count == 1 {
            return self.output.clone();
        }
        let stem = self.output.file_stem().unwrap_or_default();
        let mut name = stem.to_owned();
        name.push(format!(".{number}of{count}.{}", layout::EXTENSION));
        self.output.with_file_name(name)
    }
}

/// A bundle that is signed and on disk, but has no name yet; dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Sealed {
    files: Vec<(tempfile::NamedTempFile, PathBuf)>,
    packed: Packed,
    directory: PathBuf,
}

impl Sealed {
    /// What it is; its parts have no paths yet.
    #[must_use]
    pub fn packed(&self) -> &Packed {
        &self.packed
    }

    /// Gives the parts their names; takes them back if one cannot have its name.
    ///
    /// # Errors
    /// When a file of one of these names is there, or cannot be made.
    pub fn publish(self) -> Result<Packed, PackError> {
        let Self {
            files,
            mut packed,
            directory,
        } = self;
        for (file, path) in files {
            if let Err(error) = file.persist_noclobber(&path) {
                for path in packed.parts {
                    // Best effort: the first error is the one to report.
                    let _ = fs::remove_file(path);
                }
                return Err(match error.error.kind() {
                    io::ErrorKind::AlreadyExists => PackError::Exists(path),
                    _ => PackError::Io {
                        path,
                        error: error.error,
                    },
                });
            }
            packed.parts.push(path);
        }
        #[cfg(unix)]
        fs::File::open(&directory)
            .and_then(|opened| opened.sync_all())
            .map_err(|error| PackError::Io {
                path: directory.clone(),
                error,
            })?;
        #[cfg(not(unix))]
        let _ = directory;
        Ok(packed)
    }
}
