//! Writes stores to measure how fast, in how much memory, and how large they may be:
//!
//! - `bench_write ours|peer OUT.pst MESSAGES`: a mailbox as `bench_generate` makes it, by airbridge
//!   or by the crate outlook-pst-rw; the time to make up the messages is not counted;
//! - `bench_write wide OUT.pst MESSAGES`: messages in one folder;
//! - `bench_write folders OUT.pst FOLDERS`: folders with ten messages each;
//! - `bench_write files OUT.pst COUNT BYTES`: messages with one file of so many bytes each.
//!
//! Prints one line: what was written, the seconds, and the bytes of the store.

#[path = "generate.rs"]
#[allow(
    dead_code,
    reason = "the mailbox is that of the generator, which has a command line of its own"
)]
mod generate;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use airbridge::content::{Content, InMemory};
use airbridge::mapi::{
    Attachment, AttachmentData, FileTime, Message, PropTag, PropType, Property, PropertyBag, Value,
};
use airbridge::pst::write::{FolderId, StoreOptions, StoreWriter};
use anyhow::{Context, Result, bail};
use generate::{Draft, FOLDERS, SHARED_FILES, append, draft, file};
use rand::SeedableRng;
use rand::rngs::StdRng;

const USAGE: &str = "usage: bench_write ours|peer|wide|folders|files OUT.pst NUMBER [BYTES]";

fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1);
    let mode = args.next().context(USAGE)?;
    let out = PathBuf::from(args.next().context(USAGE)?);
    let mut number = || -> Result<u64> {
        let text = args.next().context(USAGE)?;
        Ok(text.to_str().context(USAGE)?.parse()?)
    };
    let count = number()?;
    let _ = std::fs::remove_file(&out);
    let took = match mode.to_str() {
        Some("ours") => ours(&out, count)?,
        Some("peer") => peer(&out, count)?,
        Some("wide") => wide(&out, count)?,
        Some("folders") => folders(&out, count)?,
        Some("files") => files(&out, count, number()?)?,
        _ => bail!(USAGE),
    };
    println!(
        "{} {count}: {:.2} s, {} bytes",
        mode.display(),
        took.as_secs_f64(),
        out.metadata()?.len()
    );
    Ok(())
}

/// Gives the drafts of each folder; the sum of what `write` took.
fn mailbox(
    messages: u64,
    mut write: impl FnMut(u64, &[Draft]) -> Result<Duration>,
) -> Result<Duration> {
    let bytes = messages * (1 << 30) / 40_000;
    let mut random = StdRng::seed_from_u64(messages ^ bytes);
    let file_bytes = f64::from(u32::try_from(bytes / messages.max(1))?) * 0.75;
    let shared: Vec<_> = (0..SHARED_FILES)
        .map(|_| file(&mut random, file_bytes * 4.0))
        .collect();
    let (mut made, mut took) = (0, Duration::ZERO);
    for folder in 0..FOLDERS as u64 {
        let share = messages * (folder + 1) / FOLDERS as u64 - made;
        let drafts: Vec<_> = (made..made + share)
            .map(|number| draft(number, &mut random, file_bytes, &shared))
            .collect();
        took += write(folder, &drafts)?;
        made += share;
    }
    Ok(took)
}

fn peer(out: &Path, messages: u64) -> Result<Duration> {
    mailbox(messages, |folder, drafts| {
        let start = Instant::now();
        append(out, folder, drafts)?;
        Ok(start.elapsed())
    })
}

fn create(out: &Path) -> Result<StoreWriter> {
    let options = StoreOptions {
        display_name: "Bench".to_owned(),
        limit: u64::MAX,
        record_key: *b"airbridge bench ",
        now: FileTime(134_117_424_000_000_000),
    };
    Ok(StoreWriter::create(out, options)?)
}

fn ours(out: &Path, messages: u64) -> Result<Duration> {
    let mut writer = create(out)?;
    let mut area = writer.ipm_subtree();
    let mut took = mailbox(messages, |folder, drafts| {
        if folder % 8 == 0 {
            let top = writer.ipm_subtree();
            area = writer.add_folder(top, &format!("Area {}", folder / 8), None)?;
        }
        let place = writer.add_folder(area, &format!("Folder {folder}"), Some("IPF.Note"))?;
        // Messages come one by one; the files in them are moved, as a reader would stream them.
        let messages: Vec<_> = drafts.iter().map(message).collect();
        let start = Instant::now();
        for message in &messages {
            writer.add_message(place, message)?;
        }
        Ok(start.elapsed())
    })?;
    let start = Instant::now();
    writer.finish()?;
    took += start.elapsed();
    Ok(took)
}

fn text(id: u16, text: &str) -> Property {
    property(id, PropType::STRING, Value::String(text.to_owned()))
}

fn property(id: u16, kind: PropType, value: Value) -> Property {
    Property {
        tag: PropTag::new(id, kind),
        name: None,
        value,
    }
}

fn bag(properties: Vec<Property>) -> PropertyBag {
    PropertyBag::new(properties).0
}

fn message(draft: &Draft) -> Message {
    let time = Value::Time(FileTime(u64::try_from(draft.time).unwrap_or_default()));
    let mut properties = vec![
        text(0x001A, "IPM.Note"),
        text(0x0037, &draft.subject),
        text(0x0070, &draft.subject),
        text(0x1000, &draft.body),
        text(0x1035, &draft.id),
        property(0x0E07, PropType::I32, Value::I32(1)),
        property(0x0039, PropType::TIME, time.clone()),
        property(0x0E06, PropType::TIME, time),
    ];
    if let Some((name, email)) = draft.people.first() {
        for (id, value) in [
            (0x0C1A, name.as_str()),
            (0x0042, name),
            (0x0C1E, "SMTP"),
            (0x0064, "SMTP"),
            (0x0C1F, email),
            (0x0065, email),
        ] {
            properties.push(text(id, value));
        }
    }
    if let Some(html) = &draft.html {
        let html = Value::Binary(html.clone().into_bytes());
        properties.push(property(0x1013, PropType::BINARY, html));
    }
    let names: Vec<_> = draft.people.iter().skip(1).collect();
    let to: Vec<_> = names.iter().map(|(name, _)| name.as_str()).collect();
    properties.push(text(0x0E04, &to.join("; ")));
    let recipient = |(number, (name, email)): (usize, &&(String, String))| {
        let kind = if number == 0 { 1 } else { 2 };
        bag(vec![
            property(0x0C15, PropType::I32, Value::I32(kind)),
            property(0x0FFE, PropType::I32, Value::I32(6)),
            text(0x3001, name),
            text(0x3002, "SMTP"),
            text(0x3003, email),
            text(0x39FE, email),
        ])
    };
    let attachment = |(name, kind, bytes): &(&str, &str, Vec<u8>)| Attachment {
        props: bag(vec![
            text(0x3704, name),
            text(0x3707, name),
            text(0x370E, kind),
        ]),
        data: AttachmentData::File(Arc::new(InMemory(bytes.clone()))),
    };
    Message {
        props: bag(properties),
        recipients: names.iter().enumerate().map(recipient).collect(),
        template: false,
        attachments: draft.files.iter().map(attachment).collect(),
    }
}

fn note(number: u64) -> Message {
    Message {
        props: bag(vec![
            text(0x001A, "IPM.Note"),
            text(0x0037, &format!("Message number {number}")),
            text(0x0070, &format!("Message number {number}")),
            text(0x0042, "Somebody"),
            text(0x0E04, "Somebody else; and another one"),
            text(0x1000, "A few words."),
            property(0x0E07, PropType::I32, Value::I32(1)),
        ]),
        ..Message::default()
    }
}

fn fill(writer: &mut StoreWriter, folder: FolderId, messages: u64) -> Result<()> {
    for number in 0..messages {
        writer.add_message(folder, &note(number))?;
    }
    Ok(())
}

fn wide(out: &Path, messages: u64) -> Result<Duration> {
    let start = Instant::now();
    let mut writer = create(out)?;
    let folder = writer.add_folder(writer.ipm_subtree(), "Wide", None)?;
    fill(&mut writer, folder, messages)?;
    writer.finish()?;
    Ok(start.elapsed())
}

fn folders(out: &Path, count: u64) -> Result<Duration> {
    let start = Instant::now();
    let mut writer = create(out)?;
    for number in 0..count {
        let name = format!("Folder {number}");
        let folder = writer.add_folder(writer.ipm_subtree(), &name, Some("IPF.Note"))?;
        fill(&mut writer, folder, 10)?;
    }
    writer.finish()?;
    Ok(start.elapsed())
}

/// Bytes of any number, that do not compress and take no memory.
#[derive(Debug)]
struct Noise {
    size: u64,
    seed: u64,
}

impl Content for Noise {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        let state = self.seed | 1;
        Ok(Box::new(NoiseReader { state }.take(self.size)))
    }
}

struct NoiseReader {
    state: u64,
}

impl Read for NoiseReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for chunk in buffer.chunks_mut(8) {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
            for (to, from) in chunk.iter_mut().zip(self.state.to_le_bytes()) {
                *to = from;
            }
        }
        Ok(buffer.len())
    }
}

fn files(out: &Path, count: u64, size: u64) -> Result<Duration> {
    let start = Instant::now();
    let mut writer = create(out)?;
    let folder = writer.add_folder(writer.ipm_subtree(), "Files", None)?;
    for number in 0..count {
        let mut message = note(number);
        message.attachments.push(Attachment {
            props: bag(vec![text(0x3704, "noise.bin")]),
            data: AttachmentData::File(Arc::new(Noise { size, seed: number })),
        });
        let written = writer.add_message(folder, &message)?;
        if !written.findings.is_empty() {
            bail!("{:?}", written.findings);
        }
    }
    writer.finish()?;
    Ok(start.elapsed())
}
