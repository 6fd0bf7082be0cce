//! Entry ids: names of stores, folders, messages and people.
//!
//! *Spec*: MS-OXCDATA 2.2 (one-off, address book, contact address, personal distribution list,
//! store, folder and message entry ids), MS-OXOCNTC 2.2.2.2.4 (wrapped members), MS-PST 2.4.3.2.
//!
//! *Shape*: four bytes of flags, a GUID that names the provider, and what that provider puts there:
//!
//! | provider | then |
//! |---|---|
//! | one-off (812B1FA4…) | version and flags, display name, address type, address |
//! | address book (DCA740C8…) | version, type, distinguished name |
//! | contacts (FE42AA0A…) | version, type, which address, length, entry id of the contact |
//! | wrapped (C091ADD3…) | one byte of type, an entry id |
//! | store (38A1BB10…) | version, flag, name of a library, then of a server or a file |
//! | the record key of a store | in a PST, the node id; in Exchange, ids of folder and message |
//!
//! *Invariants*: what is read is written back byte for byte. Entry ids within entry ids are read to
//! a depth of [`DEPTH`].
//!
//! *Seen in the wild*: bytes after the id proper, distinguished names without end, stale ids of
//! every kind: [`Body::Other`] keeps what is not understood.

mod one_off;
mod store;
mod url;

use crate::bytes::{Cursor, Truncated};

use super::blob::BlobError;
use super::codepage;
use super::named::Guid;

pub use one_off::OneOff;
pub use store::{StoreExtra, StoreId, StoreTarget};
pub use url::{from_url_text, to_url_text};

/// Levels of entry ids within entry ids that are taken apart.
pub const DEPTH: u32 = 8;

/// `muidOOP`: one-off entry ids.
pub const ONE_OFF: Guid = Guid([
    0x81, 0x2B, 0x1F, 0xA4, 0xBE, 0xA3, 0x10, 0x19, 0x9D, 0x6E, 0x00, 0xDD, 0x01, 0x0F, 0x54, 0x02,
]);
/// `muidEMSAB`: the Exchange address book.
pub const ADDRESS_BOOK: Guid = Guid([
    0xDC, 0xA7, 0x40, 0xC8, 0xC0, 0x42, 0x10, 0x1A, 0xB4, 0xB9, 0x08, 0x00, 0x2B, 0x2F, 0xE1, 0x82,
]);
/// `muidContabDLL`: Outlook's contacts as an address book.
pub const CONTACTS: Guid = Guid([
    0xFE, 0x42, 0xAA, 0x0A, 0x18, 0xC7, 0x1A, 0x10, 0xE8, 0x85, 0x0B, 0x65, 0x1C, 0x24, 0x00, 0x00,
]);
/// `WAB_GUID`: members of distribution lists.
pub const WRAPPED: Guid = Guid([
    0xC0, 0x91, 0xAD, 0xD3, 0x51, 0x9D, 0xCF, 0x11, 0xA4, 0xA9, 0x00, 0xAA, 0x00, 0x47, 0xFA, 0xA4,
]);
/// `muidStoreWrap`: message stores.
pub const STORE: Guid = Guid([
    0x38, 0xA1, 0xBB, 0x10, 0x05, 0xE5, 0x10, 0x1A, 0xA1, 0xBB, 0x08, 0x00, 0x2B, 0x2A, 0x56, 0xC2,
]);
/// `PSTPROV` in the entry id of a PST store.
pub const PST_PROVIDER: Guid = Guid([
    0x4E, 0x49, 0x54, 0x41, 0xF9, 0xBF, 0xB8, 0x01, 0x00, 0xAA, 0x00, 0x37, 0xD9, 0x6E, 0x00, 0x00,
]);

/// The structure as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryId {
    /// abFlags: zero for ids that last.
    pub flags: [u8; 4],
    /// Provider UID.
    pub provider: Guid,
    /// What the provider put there.
    pub body: Body,
    /// Bytes after it.
    pub remains: Vec<u8>,
}

/// The part of an entry id that depends on its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A node of a PST, whose record key the provider is.
    Node(u32),
    /// A person who is in no address book.
    OneOff(OneOff),
    /// An object of the Exchange address book.
    AddressBook {
        /// Version: 1.
        version: u32,
        /// Type: 0 user, 1 distribution list, 0x100 container, …
        kind: u32,
        /// X500DN, ASCII, without its NUL.
        dn: Vec<u8>,
        /// Whether the NUL is there.
        ended: bool,
    },
    /// An object of the address book made for this session only.
    Ephemeral {
        /// Version: 1.
        version: u32,
        /// Type, as for the address book.
        kind: u32,
    },
    /// One address of a contact.
    Contact {
        /// Version: 3.
        version: u32,
        /// Type: 4 user, 5 distribution list.
        kind: u32,
        /// Index: 0 to 2 an e-mail address, 3 to 5 a fax number, 0xFF a distribution list.
        index: u32,
        /// EntryIDCount as stored.
        count: u32,
        /// The contact's own entry id.
        inner: Box<Inner>,
    },
    /// A folder of contacts as an address book.
    ContactFolder {
        /// Version: 3.
        version: u32,
        /// Type: 3.
        kind: u32,
        /// muidID.
        id: Guid,
        /// The folder's own entry id.
        inner: Box<Inner>,
    },
    /// A member of a distribution list.
    Wrapped {
        /// Type: what it is, and for contacts which address; see MS-OXOCNTC 2.2.2.2.4.1.
        kind: u8,
        /// The entry id of the member.
        inner: Box<Inner>,
    },
    /// A message store.
    Store(StoreId),
    /// A folder in Exchange.
    Folder {
        /// Type.
        kind: u16,
        /// Database GUID, global counter, padding.
        folder: LongTermId,
    },
    /// A message in Exchange.
    Message {
        /// Type.
        kind: u16,
        /// That of the folder.
        folder: LongTermId,
        /// That of the message.
        message: LongTermId,
    },
    /// Something else.
    Other(Vec<u8>),
}

/// An entry id within another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inner {
    /// One that could be read.
    EntryId(EntryId),
    /// Fewer than 20 bytes, or one nested too deep.
    Bytes(Vec<u8>),
}

/// Database GUID, global counter and padding of an object in Exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongTermId {
    /// Database GUID.
    pub database: Guid,
    /// Global counter, big-endian.
    pub counter: [u8; 6],
    /// Padding, zero.
    pub padding: [u8; 2],
}

/// The bytes before the next NUL, which is taken too, and whether there was one.
fn terminated(from: &mut Cursor<'_>, wide: bool) -> (Vec<u8>, bool) {
    let rest = from.rest();
    let at = if wide {
        let pairs = rest.chunks_exact(2);
        let units = pairs.take_while(|pair| *pair != [0, 0]).count();
        units * 2
    } else {
        rest.iter().take_while(|&&byte| byte != 0).count()
    };
    let unit = if wide { 2 } else { 1 };
    let text = rest.get(..at).unwrap_or(rest).to_vec();
    let ended = rest.len() >= at + unit;
    // Without an end, what remains of an odd length stays behind.
    from.seek(from.position() + at + if ended { unit } else { 0 });
    (text, ended)
}

/// Bytes of Windows Western, which holds for the names of servers.
fn ascii(bytes: &[u8]) -> String {
    codepage::decode(bytes, codepage::WESTERN).text
}

impl LongTermId {
    fn read(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            database: Guid(from.array()?),
            counter: from.array()?,
            padding: from.array()?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.database.0);
        out.extend(self.counter);
        out.extend(self.padding);
    }
}

impl EntryId {
    /// An entry id of this provider.
    #[must_use]
    pub fn new(provider: Guid, body: Body) -> Self {
        Self {
            flags: [0; 4],
            provider,
            body,
            remains: Vec::new(),
        }
    }

    /// The entry id of a person who is in no address book.
    #[must_use]
    pub fn one_off(display_name: &str, address_type: &str, address: &str) -> Self {
        let body = Body::OneOff(OneOff::new(display_name, address_type, address));
        Self::new(ONE_OFF, body)
    }

    /// The entry id of a node in the PST of a record key.
    #[must_use]
    pub fn node(record_key: Guid, nid: u32) -> Self {
        Self::new(record_key, Body::Node(nid))
    }

    /// Reads the structure. What cannot be taken apart is [`Body::Other`].
    ///
    /// # Errors
    /// [`BlobError::CutOff`] when there are fewer than 20 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlobError> {
        Self::read(bytes, DEPTH).map_err(BlobError::cut_off("EntryID"))
    }

    fn read(bytes: &[u8], depth: u32) -> Result<Self, Truncated> {
        let from = &mut Cursor::new(bytes);
        let flags: [u8; 4] = from.array()?;
        let provider = Guid(from.array()?);
        let rest = from.rest();
        let body = match Body::read(flags, provider, from, depth) {
            Ok(body) => body,
            Err(_) => {
                from.seek(bytes.len());
                Body::Other(rest.to_vec())
            }
        };
        Ok(Self {
            flags,
            provider,
            body,
            remains: from.rest().to_vec(),
        })
    }

    /// The structure in bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(self.flags);
        out.extend(self.provider.0);
        self.body.write(&mut out);
        out.extend(&self.remains);
        out
    }

    /// The innermost entry id: that of the person or message behind a wrapped one.
    #[must_use]
    pub fn innermost(&self) -> &Self {
        let mut id = self;
        // Depth was bounded when it was read; made by hand, it is as deep as it was made.
        while let Body::Wrapped { inner, .. } | Body::Contact { inner, .. } = &id.body {
            match &**inner {
                Inner::EntryId(inner) => id = inner,
                Inner::Bytes(_) => break,
            }
        }
        id
    }

    /// The distinguished name of an object of the Exchange address book.
    #[must_use]
    pub fn dn(&self) -> Option<String> {
        match &self.body {
            Body::AddressBook { dn, .. } => Some(ascii(dn)),
            _ => None,
        }
    }
}

impl Inner {
    fn read(bytes: &[u8], depth: u32) -> Self {
        let inner = depth
            .checked_sub(1)
            .and_then(|depth| EntryId::read(bytes, depth).ok());
        inner.map_or_else(|| Self::Bytes(bytes.to_vec()), Self::EntryId)
    }

    /// The entry id, when it could be read.
    #[must_use]
    pub fn entry_id(&self) -> Option<&EntryId> {
        match self {
            Self::EntryId(id) => Some(id),
            Self::Bytes(_) => None,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::EntryId(id) => out.extend(id.to_bytes()),
            Self::Bytes(bytes) => out.extend(bytes),
        }
    }
}

impl Body {
    fn read(
        flags: [u8; 4],
        provider: Guid,
        from: &mut Cursor<'_>,
        depth: u32,
    ) -> Result<Self, Truncated> {
        if flags == [0x87, 0, 0, 0] && from.rest().len() >= 8 {
            return Ok(Self::Ephemeral {
                version: from.u32()?,
                kind: from.u32()?,
            });
        }
        match provider {
            ONE_OFF => OneOff::read(from).map(Self::OneOff),
            ADDRESS_BOOK => {
                let (version, kind) = (from.u32()?, from.u32()?);
                let (dn, ended) = terminated(from, false);
                Ok(Self::AddressBook {
                    version,
                    kind,
                    dn,
                    ended,
                })
            }
            CONTACTS => Self::read_contact(from, depth),
            WRAPPED => Ok(Self::Wrapped {
                kind: from.u8()?,
                inner: Box::new(read_inner(from, usize::MAX, depth)),
            }),
            STORE => StoreId::read(from).map(Self::Store),
            _ => Self::read_object(from),
        }
    }

    fn read_contact(from: &mut Cursor<'_>, depth: u32) -> Result<Self, Truncated> {
        let (version, kind) = (from.u32()?, from.u32()?);
        if kind == 3 {
            return Ok(Self::ContactFolder {
                version,
                kind,
                id: Guid(from.array()?),
                inner: Box::new(read_inner(from, usize::MAX, depth)),
            });
        }
        let (index, count) = (from.u32()?, from.u32()?);
        let size = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(Self::Contact {
            version,
            kind,
            index,
            count,
            inner: Box::new(read_inner(from, size, depth)),
        })
    }

    /// Ids of stores have the store's own key for provider: their length tells what they are.
    fn read_object(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        Ok(match from.rest().len() {
            4 => Self::Node(from.u32()?),
            26 => Self::Folder {
                kind: from.u16()?,
                folder: LongTermId::read(from)?,
            },
            // Distribution lists are seen with three bytes more.
            50..=53 => Self::Message {
                kind: from.u16()?,
                folder: LongTermId::read(from)?,
                message: LongTermId::read(from)?,
            },
            _ => Self::Other(take_rest(from)),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Node(nid) => out.extend(nid.to_le_bytes()),
            Self::OneOff(one_off) => one_off.write(out),
            Self::AddressBook {
                version,
                kind,
                dn,
                ended,
            } => {
                out.extend(version.to_le_bytes());
                out.extend(kind.to_le_bytes());
                out.extend(dn);
                out.extend(ended.then_some(0));
            }
            Self::Ephemeral { version, kind } => {
                out.extend(version.to_le_bytes());
                out.extend(kind.to_le_bytes());
            }
            Self::Contact {
                version,
                kind,
                index,
                count,
                inner,
            } => {
                for number in [version, kind, index, count] {
                    out.extend(number.to_le_bytes());
                }
                inner.write(out);
            }
            Self::ContactFolder {
                version,
                kind,
                id,
                inner,
            } => {
                out.extend(version.to_le_bytes());
                out.extend(kind.to_le_bytes());
                out.extend(id.0);
                inner.write(out);
            }
            Self::Wrapped { kind, inner } => {
                out.push(*kind);
                inner.write(out);
            }
            Self::Store(store) => store.write(out),
            Self::Folder { kind, folder } => {
                out.extend(kind.to_le_bytes());
                folder.write(out);
            }
            Self::Message {
                kind,
                folder,
                message,
            } => {
                out.extend(kind.to_le_bytes());
                folder.write(out);
                message.write(out);
            }
            Self::Other(bytes) => out.extend(bytes),
        }
    }
}

fn take_rest(from: &mut Cursor<'_>) -> Vec<u8> {
    let rest = from.rest().to_vec();
    from.seek(from.position() + rest.len());
    rest
}

fn read_inner(from: &mut Cursor<'_>, size: usize, depth: u32) -> Inner {
    let size = size.min(from.rest().len());
    Inner::read(from.take(size).unwrap_or_default(), depth)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn read(id: &EntryId) -> EntryId {
        let bytes = id.to_bytes();
        let back = EntryId::from_bytes(&bytes).unwrap();
        assert_eq!(&back, id);
        back
    }

    #[test]
    fn one_off_in_both_encodings() {
        let id = read(&EntryId::one_off("Zoë", "SMTP", "zoe@example.com"));
        let Body::OneOff(one_off) = &id.body else {
            panic!("{id:?}");
        };
        assert_eq!(one_off.texts(1252), ["Zoë", "SMTP", "zoe@example.com"]);
        let ansi = OneOff {
            flags: 0,
            display_name: b"Zo\xeb".to_vec(),
            address_type: b"SMTP".to_vec(),
            address: b"zoe@example.com".to_vec(),
            ended: 3,
        };
        assert_eq!(ansi.texts(1252), ["Zoë", "SMTP", "zoe@example.com"]);
        read(&EntryId::new(ONE_OFF, Body::OneOff(ansi)));
    }

    #[test]
    fn members_of_a_list() {
        let person = EntryId::one_off("A", "SMTP", "a@example.com");
        let member = read(&EntryId::new(
            WRAPPED,
            Body::Wrapped {
                kind: 0xC3,
                inner: Box::new(Inner::EntryId(person.clone())),
            },
        ));
        assert_eq!(member.innermost(), &person);
    }

    #[test]
    fn depth_is_bounded() {
        let mut id = EntryId::one_off("A", "SMTP", "a@example.com");
        for _ in 0..1_000 {
            let inner = Box::new(Inner::EntryId(id));
            id = EntryId::new(WRAPPED, Body::Wrapped { kind: 0, inner });
        }
        let bytes = id.to_bytes();
        let back = EntryId::from_bytes(&bytes).unwrap();
        assert!(matches!(&back.innermost().body, Body::Wrapped { .. }));
        assert_eq!(back.to_bytes(), bytes);
    }

    #[test]
    fn node_of_a_store() {
        let id = read(&EntryId::node(Guid::ole(7), 0x0020_0024));
        assert_eq!(id.body, Body::Node(0x0020_0024));
        assert_eq!(id.to_bytes().len(), 24);
        assert!(EntryId::from_bytes(&[0; 19]).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_come_back(flags in 0u8..2, which in 0usize..7, tail: Vec<u8>) {
            let providers = [ONE_OFF, ADDRESS_BOOK, CONTACTS, WRAPPED, STORE, PST_PROVIDER];
            let mut bytes = vec![if flags == 1 { 0x87 } else { 0 }, 0, 0, 0];
            bytes.extend(providers.get(which).map_or(vec![1; 16], |guid| guid.0.to_vec()));
            bytes.extend(tail);
            let read = EntryId::from_bytes(&bytes).unwrap();
            prop_assert_eq!(read.to_bytes(), &bytes[..]);
            // Store ids of both libraries.
            for library in [&b"EMSMDB.DLL\0\0\0\0"[..], b"mspst.dll\0", b"x"] {
                let mut store = vec![0; 4];
                store.extend(STORE.0);
                store.extend([0, 0]);
                store.extend(library);
                store.extend(&bytes);
                let read = EntryId::from_bytes(&store).unwrap();
                prop_assert_eq!(read.to_bytes(), store);
            }
        }
    }
}
