//! Entry ids of message stores.
//!
//! *Spec*: MS-OXCDATA 2.2.4.3 (store object entry id, StoreV2, StoreV3).
//!
//! *Shape*: version, flag, the name of a library with NUL and padding; then for Exchange: flags,
//! provider, type, server and mailbox, StoreV2 or StoreV3; for a PST: flags, provider, path.

use crate::bytes::{Cursor, Truncated};

use super::super::codepage;
use super::super::named::Guid;
use super::{PST_PROVIDER, ascii, take_rest, terminated};

/// The body of the entry id of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreId {
    /// Version: 0.
    pub version: u8,
    /// Flag: 0.
    pub flag: u8,
    /// DLLFileName, with its NUL and the padding that makes what follows begin at a multiple of
    /// four:
    /// `EMSMDB.DLL` takes 14 bytes, `mspst.dll` 10.
    pub library: Vec<u8>,
    /// What follows.
    pub target: StoreTarget,
}

/// Which store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreTarget {
    /// A mailbox or public folders.
    Exchange {
        /// WrappedFlags.
        flags: u32,
        /// WrappedProviderUID: private or public.
        provider: Guid,
        /// WrappedType.
        kind: u32,
        /// ServerShortname.
        server: Vec<u8>,
        /// MailboxDN; `None` when the bytes end before it, as they do for public folders.
        mailbox: Option<Vec<u8>>,
        /// StoreV2 or StoreV3.
        extra: Option<StoreExtra>,
    },
    /// A personal store.
    Pst {
        /// WrappedFlags.
        flags: u32,
        /// The path of the file as stored; see [`StoreTarget::pst_path`].
        path: Vec<u8>,
    },
    /// Something else.
    Other(Vec<u8>),
}

/// StoreV2 and StoreV3: where the mailbox is, once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreExtra {
    /// Magic: [`Self::V2`] or [`Self::V3`].
    pub magic: u32,
    /// Size of this structure.
    pub size: u32,
    /// Version: 1 or 2.
    pub version: u32,
    /// Offset of the server's distinguished name (V2) or the SMTP address (V3).
    pub offset: u32,
    /// Offset of the server's full name, V2 only.
    pub fqdn_offset: Option<u32>,
    /// The text there, with its NUL: ASCII in V2, UTF-16LE in V3.
    pub text: Vec<u8>,
    /// The server's full name, UTF-16LE with its NUL, where V2 has an offset for it.
    pub fqdn: Vec<u8>,
}

impl StoreExtra {
    /// MDB_STORE_EID_V2_MAGIC.
    pub const V2: u32 = 0xF321_35D8;
    /// MDB_STORE_EID_V3_MAGIC.
    pub const V3: u32 = 0xF432_46E9;

    /// Reads the structure if it is there; leaves the cursor where it was if not.
    fn read_if_whole(from: &mut Cursor<'_>) -> Option<Self> {
        let begin = from.position();
        let read = Self::read(from).unwrap_or(None);
        if read.is_none() {
            from.seek(begin);
        }
        read
    }

    fn read(from: &mut Cursor<'_>) -> Result<Option<Self>, Truncated> {
        let magic = from.u32()?;
        if magic != Self::V2 && magic != Self::V3 {
            return Ok(None);
        }
        let (size, version, offset) = (from.u32()?, from.u32()?, from.u32()?);
        let fqdn_offset = (magic == Self::V2).then(|| from.u32()).transpose()?;
        let with_end = |from: &mut Cursor<'_>, wide: bool| {
            let (mut text, ended) = terminated(from, wide);
            if ended {
                text.extend(if wide { &[0, 0][..] } else { &[0] });
            }
            text
        };
        let text = with_end(from, magic == Self::V3);
        let fqdn = match fqdn_offset {
            Some(1..) => with_end(from, true),
            _ => Vec::new(),
        };
        Ok(Some(Self {
            magic,
            size,
            version,
            offset,
            fqdn_offset,
            text,
            fqdn,
        }))
    }

    fn write(&self, out: &mut Vec<u8>) {
        for number in [self.magic, self.size, self.version, self.offset] {
            out.extend(number.to_le_bytes());
        }
        out.extend(self.fqdn_offset.into_iter().flat_map(u32::to_le_bytes));
        out.extend(&self.text);
        out.extend(&self.fqdn);
    }

    /// The distinguished name or SMTP address.
    #[must_use]
    pub fn text(&self) -> String {
        if self.magic == Self::V3 {
            codepage::utf16_text(&self.text).text
        } else {
            ascii(codepage::before_nul(&self.text))
        }
    }
}

impl StoreId {
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        let (version, flag) = (from.u8()?, from.u8()?);
        let length = codepage::before_nul(from.rest()).len() + 1;
        let length = (from.position() + length).next_multiple_of(4) - from.position();
        let library = from.take(length)?.to_vec();
        let name = codepage::before_nul(&library);
        let begin = from.position();
        let target = if name.eq_ignore_ascii_case(b"emsmdb.dll") {
            StoreTarget::read_exchange(from)
        } else if name.eq_ignore_ascii_case(b"mspst.dll") {
            StoreTarget::read_pst(from)
        } else {
            Ok(None)
        };
        let target = match target {
            Ok(Some(target)) => target,
            Ok(None) | Err(_) => {
                from.seek(begin);
                StoreTarget::Other(take_rest(from))
            }
        };
        Ok(Self {
            version,
            flag,
            library,
            target,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend([self.version, self.flag]);
        out.extend(&self.library);
        self.target.write(out);
    }
}

impl StoreTarget {
    fn read_exchange(from: &mut Cursor<'_>) -> Result<Option<Self>, Truncated> {
        let flags = from.u32()?;
        let provider = Guid(from.array()?);
        let kind = from.u32()?;
        let (server, ended) = terminated(from, false);
        if !ended {
            return Ok(None);
        }
        let mut extra = StoreExtra::read_if_whole(from);
        let mut mailbox = None;
        if extra.is_none() && !from.rest().is_empty() {
            let (text, ended) = terminated(from, false);
            if !ended {
                return Ok(None);
            }
            mailbox = Some(text);
            extra = StoreExtra::read_if_whole(from);
        }
        Ok(Some(Self::Exchange {
            flags,
            provider,
            kind,
            server,
            mailbox,
            extra,
        }))
    }

    fn read_pst(from: &mut Cursor<'_>) -> Result<Option<Self>, Truncated> {
        let flags = from.u32()?;
        if Guid(from.array()?) != PST_PROVIDER {
            return Ok(None);
        }
        Ok(Some(Self::Pst {
            flags,
            path: take_rest(from),
        }))
    }

    /// The path of a personal store when the id was made. ANSI stores have a NUL and the path in
    /// the code page of their system, Unicode stores two and the path in UTF-16LE.
    #[must_use]
    pub fn pst_path(&self, code_page: u16) -> Option<String> {
        let Self::Pst { path, .. } = self else {
            return None;
        };
        Some(match path.as_slice() {
            [0, 0, wide @ ..] => codepage::utf16_text(wide).text,
            [0, narrow @ ..] | narrow => {
                codepage::decode(codepage::before_nul(narrow), code_page).text
            }
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Exchange {
                flags,
                provider,
                kind,
                server,
                mailbox,
                extra,
            } => {
                out.extend(flags.to_le_bytes());
                out.extend(provider.0);
                out.extend(kind.to_le_bytes());
                for text in [Some(server), mailbox.as_ref()].into_iter().flatten() {
                    out.extend(text);
                    out.push(0);
                }
                if let Some(extra) = extra {
                    extra.write(out);
                }
            }
            Self::Pst { flags, path } => {
                out.extend(flags.to_le_bytes());
                out.extend(PST_PROVIDER.0);
                out.extend(path);
            }
            Self::Other(bytes) => out.extend(bytes),
        }
    }
}
