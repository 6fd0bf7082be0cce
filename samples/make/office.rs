//! Makes `samples/office.pst`: an item of every kind, written as `apply` writes stores.
//!
//! *Shape* of `office.json`: `items` are items as in `formats/items.md`, in the order in which they
//! are filed; `files` are the bytes that they refer to by number (`pending`), as text or base64.

use std::sync::Arc;

use airbridge::content::{ContentRef, InMemory};
use airbridge::finding::Effect;
use airbridge::item::{Item, base64};
use airbridge::mapping::mapi::to_message_told;
use airbridge::outlook::place::folder_of;
use airbridge::outlook::{Naming, ReadBack, Stores};
use airbridge::pst::write::FolderPath;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// What the store holds.
#[derive(Deserialize)]
struct Office {
    files: Vec<File>,
    items: Vec<Item>,
}

/// The bytes of a file.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Bytes {
    Text(String),
    Base64(String),
}

/// A file; its name is for readers of the data only.
#[derive(Deserialize)]
struct File {
    #[serde(flatten)]
    bytes: Bytes,
}

impl File {
    fn content(self) -> Result<ContentRef> {
        let bytes = match self.bytes {
            Bytes::Text(text) => text.into_bytes(),
            Bytes::Base64(text) => base64::decode(&text).context("base64")?,
        };
        Ok(Arc::new(InMemory(bytes)))
    }
}

/// The bytes of the sample store, checked and read back; and how many items it has.
pub(crate) fn office() -> Result<(Vec<u8>, usize)> {
    let office: Office = serde_json::from_str(include_str!("office.json"))?;
    let files = office.files.into_iter().map(File::content);
    let files = files.collect::<Result<Vec<ContentRef>>>()?;
    let workplace = tempfile::tempdir()?;
    let output = workplace.path().join("office.pst");
    let mut stores = Stores::new(Naming {
        output: output.clone(),
        name: "Nordlicht Bootsbau, office".to_owned(),
        limit: u64::from(u32::MAX),
        now: "2026-02-28T18:00:00Z".parse()?,
    });
    let mut messages = Vec::new();
    for item in &office.items {
        let given = to_message_told(item, &files);
        let (folder, class) = folder_of(item);
        let path = FolderPath::of_names(&folder, class);
        let written = stores.add("", &path, &given.value, false)?;
        for finding in given.findings.iter().chain(written.findings.iter()) {
            ensure!(
                finding.effect == Effect::Noted,
                "{}: {finding}",
                item.title()
            );
        }
        messages.push(given.value);
    }
    let (closed, findings) = stores.close()?;
    ensure!(findings.is_empty(), "{findings:?}");
    let mut read_back = ReadBack::new(&closed, &|| Ok(()))?;
    for (message, item) in messages.iter().zip(&office.items) {
        read_back.compare(message, || item.title().to_owned())?;
    }
    read_back.finish()?;
    closed.publish()?;
    Ok((std::fs::read(output)?, office.items.len()))
}
