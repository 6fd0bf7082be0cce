//! Verb stream: the answers that a message offers, among them voting buttons.
//!
//! *Spec*: MS-OXOMSG 2.2.1.74 (`PidLidVerbStream`).
//!
//! *Shape*: version 0x0102, count, the verbs; version 0x0104, then their names in UTF-16LE.

use crate::bytes::{Cursor, Truncated};

use super::blob::BlobError;
use super::codepage;

/// The structure as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerbStream {
    /// Version: 0x0102.
    pub version: u16,
    /// VoteOption structures and the built-in verbs.
    pub verbs: Vec<Verb>,
    /// Version2, 0x0104; `None` where the stream ends before it.
    pub version2: Option<u16>,
    /// VoteOptionExtra structures, in the order of the verbs.
    pub extras: Vec<VerbNames>,
    /// Bytes after the structure.
    pub remains: Vec<u8>,
}

/// `VoteOption`: one verb. Text is in the code page of the item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verb {
    /// VerbType: 4 for a voting button.
    pub kind: u32,
    /// DisplayName.
    pub display_name: Vec<u8>,
    /// MsgClsName.
    pub message_class: Vec<u8>,
    /// Internal1String.
    pub form_name: Vec<u8>,
    /// DisplayNameRepeat: for built-in verbs the prefix of the subject.
    pub repeat: Vec<u8>,
    /// Internal2.
    pub internal2: u32,
    /// Internal3.
    pub internal3: u8,
    /// fUseUSHeaders.
    pub us_headers: u32,
    /// Internal4.
    pub internal4: u32,
    /// SendBehavior: 1 at once, 2 after editing.
    pub send_behavior: u32,
    /// Internal5.
    pub internal5: u32,
    /// ID: the number that `PidLidVerbResponse` and `PidTagLastVerbExecuted` use.
    pub id: u32,
    /// Internal6.
    pub internal6: u32,
}

/// `VoteOptionExtra`: names in UTF-16LE.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerbNames {
    /// DisplayName.
    pub display_name: Vec<u8>,
    /// DisplayNameRepeat.
    pub repeat: Vec<u8>,
}

impl VerbStream {
    /// VerbType of a voting button.
    pub const VOTE: u32 = 4;

    /// A vote for one of these options, of which names are cut after 127 characters (MS-OXOMSG
    /// 2.2.1.74.1); `code_page` is that of the item.
    #[must_use]
    pub fn vote(options: &[String], code_page: u16) -> Self {
        let short = |text: &String| text.chars().take(127).collect::<String>();
        let names: Vec<String> = options.iter().map(short).collect();
        let verbs = (1..).zip(&names).map(|(id, name)| {
            let display_name = codepage::encode(name, code_page).bytes;
            Verb {
                kind: Self::VOTE,
                repeat: display_name.clone(),
                display_name,
                message_class: b"IPM.Note".to_vec(),
                internal4: 1,
                send_behavior: 2,
                internal5: 2,
                id,
                internal6: u32::MAX,
                ..Verb::default()
            }
        });
        let extras = names.iter().map(|name| VerbNames {
            display_name: codepage::utf16_bytes(name),
            repeat: codepage::utf16_bytes(name),
        });
        Self {
            version: 0x0102,
            verbs: verbs.collect(),
            version2: Some(0x0104),
            extras: extras.collect(),
            remains: Vec::new(),
        }
    }

    /// Reads the structure.
    ///
    /// # Errors
    /// [`BlobError::CutOff`] when the verbs or, once begun, their names are cut off.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlobError> {
        Self::read(&mut Cursor::new(bytes)).map_err(BlobError::cut_off("PidLidVerbStream"))
    }

    fn read(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        let version = from.u16()?;
        let count = from.u32()?;
        // A verb takes 33 bytes at least, so the input bounds the loop.
        let mut verbs = Vec::new();
        for _ in 0..count {
            verbs.push(Verb::read(from)?);
        }
        let mut read = Self {
            version,
            verbs,
            version2: None,
            extras: Vec::new(),
            remains: Vec::new(),
        };
        if !from.rest().is_empty() {
            read.version2 = Some(from.u16()?);
            for _ in 0..count {
                let mut wide = || {
                    let units = usize::from(from.u8()?);
                    from.take(units * 2).map(<[u8]>::to_vec)
                };
                read.extras.push(VerbNames {
                    display_name: wide()?,
                    repeat: wide()?,
                });
            }
        }
        read.remains = from.rest().to_vec();
        Ok(read)
    }

    /// The structure in bytes. Names longer than 255 are cut.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.version.to_le_bytes().to_vec();
        let count = u32::try_from(self.verbs.len()).unwrap_or(u32::MAX);
        out.extend(count.to_le_bytes());
        for verb in &self.verbs {
            verb.write(&mut out);
        }
        if let Some(version) = self.version2 {
            out.extend(version.to_le_bytes());
            for names in &self.extras {
                counted(&mut out, &names.display_name, 2);
                counted(&mut out, &names.repeat, 2);
            }
        }
        out.extend(&self.remains);
        out
    }

    /// Names and numbers of the voting buttons.
    #[must_use]
    pub fn voting_options(&self, code_page: u16) -> Vec<(u32, String)> {
        let names = self.extras.iter().map(Some).chain(std::iter::repeat(None));
        let verbs = self.verbs.iter().zip(names);
        verbs
            .filter(|(verb, _)| verb.kind == Self::VOTE)
            .map(|(verb, names)| {
                let text = match names {
                    Some(names) => codepage::utf16_text(&names.display_name).text,
                    None => codepage::decode(&verb.display_name, code_page).text,
                };
                (verb.id, text)
            })
            .collect()
    }
}

impl Verb {
    fn read(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        let text = |from: &mut Cursor<'_>| {
            let length = from.u8()?;
            from.take(length.into()).map(<[u8]>::to_vec)
        };
        Ok(Self {
            kind: from.u32()?,
            display_name: text(from)?,
            message_class: text(from)?,
            form_name: text(from)?,
            repeat: text(from)?,
            internal2: from.u32()?,
            internal3: from.u8()?,
            us_headers: from.u32()?,
            internal4: from.u32()?,
            send_behavior: from.u32()?,
            internal5: from.u32()?,
            id: from.u32()?,
            internal6: from.u32()?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.kind.to_le_bytes());
        for text in [
            &self.display_name,
            &self.message_class,
            &self.form_name,
            &self.repeat,
        ] {
            counted(out, text, 1);
        }
        out.extend(self.internal2.to_le_bytes());
        out.push(self.internal3);
        for number in [
            self.us_headers,
            self.internal4,
            self.send_behavior,
            self.internal5,
            self.id,
            self.internal6,
        ] {
            out.extend(number.to_le_bytes());
        }
    }
}

/// A count of units in one byte, and the units.
fn counted(out: &mut Vec<u8>, bytes: &[u8], unit: usize) {
    let count = u8::try_from(bytes.len() / unit).unwrap_or(u8::MAX);
    out.push(count);
    let kept = bytes.get(..usize::from(count) * unit);
    out.extend(kept.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buttons() {
        let button = |id: u32, name: &str| Verb {
            kind: VerbStream::VOTE,
            display_name: codepage::encode(name, 1252).bytes,
            message_class: b"IPM.Note".to_vec(),
            repeat: codepage::encode(name, 1252).bytes,
            send_behavior: 1,
            id,
            ..Verb::default()
        };
        let mut stream = VerbStream {
            version: 0x0102,
            verbs: vec![button(1, "Oui"), button(2, "Désolé")],
            version2: None,
            extras: Vec::new(),
            remains: Vec::new(),
        };
        let wanted = vec![(1, "Oui".to_owned()), (2, "Désolé".to_owned())];
        assert_eq!(stream.voting_options(1252), wanted);
        stream.version2 = Some(0x0104);
        for name in ["Yes", "Sorry"] {
            stream.extras.push(VerbNames {
                display_name: codepage::utf16_bytes(name),
                repeat: Vec::new(),
            });
        }
        let back = VerbStream::from_bytes(&stream.to_bytes()).unwrap();
        assert_eq!(back, stream);
        assert_eq!(back.voting_options(1252)[1].1, "Sorry");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_come_back(tail: Vec<u8>, count in 0u32..3) {
            let mut bytes = vec![2, 1];
            bytes.extend(count.to_le_bytes());
            bytes.extend(tail);
            if let Ok(read) = VerbStream::from_bytes(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
            }
        }
    }
}
