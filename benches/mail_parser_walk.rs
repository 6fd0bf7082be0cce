//! Reads a mailbox with the crate mail-parser, for `benches/formats.sh`: every message parsed,
//! every
//! attachment hashed, the file read as a stream.

use std::error::Error;
use std::fs::File;
use std::io::BufReader;

use mail_parser::mailbox::mbox::MessageIterator;
use mail_parser::{MessageParser, MimeHeaders as _};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("usage: bench_mail_parser FILE.mbox")?;
    let (mut messages, mut attachments, mut bytes) = (0_u64, 0_u64, 0_u64);
    let mut letters = 0;
    let parser = MessageParser::new();
    for raw in MessageIterator::new(BufReader::new(File::open(path)?)) {
        let raw = raw.map_err(|error| format!("{error:?}"))?;
        let Some(message) = parser.parse(raw.contents()) else {
            continue;
        };
        messages += 1;
        letters += message.subject().map_or(0, str::len);
        letters += message.body_text(0).map_or(0, |text| text.len());
        for part in message.attachments() {
            attachments += 1;
            letters += part.attachment_name().map_or(0, str::len);
            bytes += part.contents().len() as u64;
            letters += usize::from(blake3::hash(part.contents()).as_bytes()[0]);
        }
    }
    println!("{messages} messages, {attachments} attachments of {bytes} bytes ({letters})");
    Ok(())
}
