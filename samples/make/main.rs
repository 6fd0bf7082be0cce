//! Makes the stores of `samples/`: `cargo run --example make_samples`.
//!
//! `office.pst` is of airbridge's own writing (`office.rs`). `mailbox.pst` is not, so that the work
//! of others is read too: the crate outlook-pst-rw writes the store with its folders, mails,
//! recipients and files; then the store is taken apart and gets what the crate does not write:
//! categories, the private mark, one mail inside another. The same program gives the same bytes.

mod heap;
mod mails;
mod names;
pub(crate) mod office;
mod store;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use outlook_pst_rw::{
    UnicodePstAttachment, UnicodePstBatchMessage, UnicodePstFile, UnicodePstMessage,
    UnicodePstRecipient, UnicodePstRecipientType,
};

use heap::{Properties, Value};
use mails::{File, MAILS, Mail};
use names::Name;
use store::{Node, Store};

/// `NID_TYPE_NORMAL_MESSAGE` and `NID_TYPE_ATTACHMENT`.
const MESSAGE: u32 = 4;
const ATTACHMENT: u32 = 5;
/// The attachment table of a message.
const ATTACHMENT_TABLE: u32 = 0x671;

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("samples"),
        PathBuf::from,
    );
    let (office, items) = office::office()?;
    for (name, bytes, count) in [
        ("mailbox.pst", mailbox()?, MAILS.len()),
        ("office.pst", office, items),
    ] {
        let out = folder.join(name);
        std::fs::write(&out, bytes).with_context(|| out.display().to_string())?;
        println!("{}: {count} items", out.display());
    }
    Ok(())
}

/// The bytes of the sample store.
pub(crate) fn mailbox() -> Result<Vec<u8>> {
    let workplace = tempfile::tempdir()?;
    let plain = workplace.path().join("plain.pst");
    write_plain(&plain)?;
    let mut file = std::fs::read(&plain)?;
    store::as_outlook(&mut file, false)?;
    let mut store = Store::read(&file)?;
    for (node, _) in store.nodes.values_mut() {
        heap::strip_terminators(node)?;
    }
    for mail in MAILS {
        complete(&mut store, mail)?;
    }
    store.write()
}

/// 100-nanosecond intervals since 1601.
fn file_time(mail: &Mail) -> Result<i64> {
    let sent: jiff::Timestamp = mail.sent.parse()?;
    Ok((sent.as_second() + 11_644_473_600) * 10_000_000)
}

/// The store as far as the crate writes it.
fn write_plain(path: &Path) -> Result<()> {
    for (number, mail) in MAILS.iter().enumerate() {
        let kinds = [
            (mail.to, UnicodePstRecipientType::To),
            (mail.cc, UnicodePstRecipientType::Cc),
        ];
        let recipients: Vec<_> = kinds
            .iter()
            .flat_map(|(people, kind)| people.iter().map(|person| (person, *kind)))
            .map(|((name, email), recipient_type)| UnicodePstRecipient {
                name,
                email,
                recipient_type,
            })
            .collect();
        let host = mail.from.1.split('@').nth(1).unwrap_or_default();
        let message_id = format!("<{:04}.{}@{host}>", number + 1, file_time(mail)?);
        let files: Vec<_> = mail.files.iter().map(plain_file).collect();
        let message = UnicodePstMessage {
            subject: mail.subject,
            sender_name: mail.from.0,
            sender_email: mail.from.1,
            recipients: &recipients,
            body: mail.body,
            html_body: mail.html,
            message_id: &message_id,
            delivery_time: file_time(mail)?,
        };
        if number == 0 {
            UnicodePstFile::create_in_folder_with_attachments(path, mail.folder, &message, &files)?;
        } else {
            let batch = UnicodePstBatchMessage {
                message,
                attachments: &files,
            };
            UnicodePstFile::append_many_in_folder_with_attachments(path, mail.folder, &[batch])?;
        }
    }
    UnicodePstFile::set_store_display_name(path, "Nordlicht Bootsbau")?;
    Ok(())
}

/// A file as the crate writes it; a mail inside a mail is a place holder until the store is
/// completed.
fn plain_file(file: &File) -> UnicodePstAttachment<'static> {
    let (filename, mime_type, content_id, data) = match *file {
        File::Plain(name, kind, bytes) => (name, kind, None, bytes),
        File::Inline(name, kind, id, bytes) => (name, kind, Some(id), bytes),
        File::Mail(subject) => (subject, "message/rfc822", None, [].as_slice()),
    };
    UnicodePstAttachment {
        filename,
        mime_type,
        content_id,
        data,
    }
}

/// The NIDs of the message with a subject and of its folder.
fn find(store: &Store, subject: &str) -> Result<(u32, u32)> {
    for (nid, (node, parent)) in &store.nodes {
        let is_message = nid & 31 == MESSAGE;
        if is_message && Properties::read(node)?.text(0x0037).as_deref() == Some(subject) {
            return Ok((*nid, *parent));
        }
    }
    for (nid, (node, _)) in &store.nodes {
        eprintln!(
            "{nid:x} {:?} {:?}",
            node.data.len(),
            Properties::read(node).map(|p| p.text(0x37))
        );
    }
    anyhow::bail!("no message {subject:?}")
}

/// Adds to the message of `mail` what the crate left out.
fn complete(store: &mut Store, mail: &Mail) -> Result<()> {
    let keywords = names::id_of(store, Name::Public("Keywords"))?;
    let private = names::id_of(store, Name::Common(0x8506))?;
    let (nid, folder) = find(store, mail.subject)?;
    let (mut node, _) = store.nodes.get(&nid).cloned().context("message")?;
    for (number, file) in mail.files.iter().enumerate() {
        if let File::Mail(subject) = file {
            let nid = (u32::try_from(number)? + 0x100) << 5 | ATTACHMENT;
            embed(store, &mut node, nid, subject)?;
        }
    }
    let mut props = Properties::read(&node)?;
    let sensitivity = if mail.private { 2 } else { 0 };
    props.set(0x0017, Value::Int(1))?;
    props.set(0x0036, Value::Int(sensitivity))?;
    props.set(private, Value::Bool(mail.private))?;
    for (id, text) in [(0x0C1E, "SMTP"), (0x0064, "SMTP"), (0x0065, mail.from.1)] {
        props.set(id, Value::Text(text.to_owned()))?;
    }
    if !mail.categories.is_empty() {
        let categories = mail.categories.iter().map(|name| (*name).to_owned());
        props.set(keywords, Value::Texts(categories.collect()))?;
    }
    props.write(&mut node)?;
    // The size stands in the message itself; four bytes inline, so writing it does not change it.
    let size = u32::try_from(stored_size(&node))?;
    props.set(0x0E08, Value::Int(size))?;
    props.write(&mut node)?;
    let table = folder & !31 | 0x0E;
    let (contents, _) = store.nodes.get_mut(&table).context("contents table")?;
    for (id, value) in [(0x0E08, size), (0x0036, sensitivity), (0x0017, 1)] {
        heap::set_cell(contents, nid, id, &value.to_le_bytes())?;
    }
    store.nodes.insert(nid, (node, folder));
    Ok(())
}

/// Bytes in the data blocks of a node and of all beneath it.
fn stored_size(node: &Node) -> usize {
    let own: usize = node.data.iter().map(Vec::len).sum();
    own + node.subnodes.values().map(stored_size).sum::<usize>()
}

/// Makes the attachment `nid` of `message` hold a copy of the message with this subject.
fn embed(store: &Store, message: &mut Node, nid: u32, subject: &str) -> Result<()> {
    let (source, _) = find(store, subject)?;
    let (inner, _) = store.nodes.get(&source).cloned().context("message")?;
    let last = store.nodes.keys().filter(|nid| *nid & 31 == MESSAGE).max();
    let inner_nid = last.context("no messages")? + 32;
    let size = u32::try_from(stored_size(&inner))?;
    let attachment = message.subnodes.get_mut(&nid).context("attachment")?;
    let mut props = Properties::read(attachment)?;
    ensure!(
        props.text(0x3707).as_deref() == Some(subject),
        "not the place holder"
    );
    for id in [0x3704, 0x3707, 0x370E] {
        props.remove(id);
    }
    props.set(0x3001, Value::Text(subject.to_owned()))?;
    props.set(0x3705, Value::Int(5))?;
    props.set(0x3701, Value::Object(inner_nid, size))?;
    props.set(0x0E20, Value::Int(size))?;
    attachment.subnodes.insert(inner_nid, inner);
    props.write(attachment)?;
    let table = message
        .subnodes
        .get_mut(&ATTACHMENT_TABLE)
        .context("attachment table")?;
    heap::set_cell(table, nid, 0x3705, &5_u32.to_le_bytes())?;
    heap::set_cell(table, nid, 0x0E20, &size.to_le_bytes())
}
