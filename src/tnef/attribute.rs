//! The attributes of an encapsulation.
//!
//! *Spec*: MS-OXTNEF 2.1.2, 2.1.3.

use std::io;

use crate::file_bytes::Extent;

use super::TnefError;
use super::window::Window;

/// `LVL_MESSAGE`.
pub(super) const MESSAGE: u8 = 1;
/// `LVL_ATTACHMENT`.
pub(super) const ATTACHMENT: u8 = 2;

/// `attOwner`.
pub(super) const OWNER: u32 = 0x0006_0000;
/// `attSentFor`.
pub(super) const SENT_FOR: u32 = 0x0006_0001;
/// `attDelegate`.
pub(super) const DELEGATE: u32 = 0x0006_0002;
/// `attDateStart`.
pub(super) const DATE_START: u32 = 0x0003_0006;
/// `attDateEnd`.
pub(super) const DATE_END: u32 = 0x0003_0007;
/// `attAidOwner`.
pub(super) const AID_OWNER: u32 = 0x0004_0008;
/// `attRequestRes`.
pub(super) const REQUEST_RESPONSE: u32 = 0x0004_0009;
/// `attOriginalMessageClass`.
pub(super) const ORIGINAL_MESSAGE_CLASS: u32 = 0x0007_0006;
/// `attFrom`.
pub(super) const FROM: u32 = 0x0000_8000;
/// `attSubject`.
pub(super) const SUBJECT: u32 = 0x0001_8004;
/// `attDateSent`.
pub(super) const DATE_SENT: u32 = 0x0003_8005;
/// `attDateRecd`.
pub(super) const DATE_RECEIVED: u32 = 0x0003_8006;
/// `attMessageStatus`.
pub(super) const MESSAGE_STATUS: u32 = 0x0006_8007;
/// `attMessageClass`.
pub(super) const MESSAGE_CLASS: u32 = 0x0007_8008;
/// `attMessageID`.
pub(super) const MESSAGE_ID: u32 = 0x0001_8009;
/// `attParentID`.
pub(super) const PARENT_ID: u32 = 0x0001_800A;
/// `attConversationID`.
pub(super) const CONVERSATION_ID: u32 = 0x0001_800B;
/// `attBody`.
pub(super) const BODY: u32 = 0x0002_800C;
/// `attPriority`.
pub(super) const PRIORITY: u32 = 0x0004_800D;
/// `attAttachData`.
pub(super) const ATTACH_DATA: u32 = 0x0006_800F;
/// `attAttachTitle`.
pub(super) const ATTACH_TITLE: u32 = 0x0001_8010;
/// `attAttachMetaFile`.
pub(super) const ATTACH_META_FILE: u32 = 0x0006_8011;
/// `attAttachCreateDate`.
pub(super) const ATTACH_CREATED: u32 = 0x0003_8012;
/// `attAttachModifyDate`.
pub(super) const ATTACH_MODIFIED: u32 = 0x0003_8013;
/// `attDateModified`.
pub(super) const DATE_MODIFIED: u32 = 0x0003_8020;
/// `attAttachTransportFilename`.
pub(super) const ATTACH_TRANSPORT_NAME: u32 = 0x0006_9001;
/// `attAttachRendData`, which begins an attachment.
pub(super) const ATTACH_REND_DATA: u32 = 0x0006_9002;
/// `attMsgProps`.
pub(super) const MAPI_PROPS: u32 = 0x0006_9003;
/// `attRecipTable`.
pub(super) const RECIPIENTS: u32 = 0x0006_9004;
/// `attAttachment`.
pub(super) const ATTACH_PROPS: u32 = 0x0006_9005;
/// `attTnefVersion`.
pub(super) const VERSION: u32 = 0x0008_9006;
/// `attOemCodepage`.
pub(super) const CODE_PAGE: u32 = 0x0006_9007;

/// The first bytes of every encapsulation.
const SIGNATURE: [u8; 4] = [0x78, 0x9F, 0x3E, 0x22];

/// One attribute.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) level: u8,
    pub(super) id: u32,
    /// Its data, as far as there is any.
    pub(super) data: Extent,
    /// How long it says its data is.
    pub(super) told: u64,
    /// The checksum that it has; none when it is cut off.
    pub(super) checksum: Option<u16>,
}

impl Attribute {
    /// Whether the bytes of its data add up to its checksum.
    pub(super) fn adds_up(&self) -> io::Result<bool> {
        let Some(checksum) = self.checksum else {
            return Ok(true);
        };
        let mut window = Window::new(&self.data);
        let mut sum = 0_u16;
        while window.left() > 0 {
            let len = usize::try_from(window.left().min(32 << 10)).unwrap_or(1);
            for byte in window.take(len)?.unwrap_or_default() {
                sum = sum.wrapping_add(u16::from(*byte));
            }
        }
        Ok(sum == checksum)
    }
}

/// Attributes one after the other.
#[derive(Debug)]
pub(super) struct Attributes {
    window: Window,
    /// What stands where an attribute should, once one does.
    pub(super) garbage: Option<u64>,
}

impl Attributes {
    pub(super) fn open(extent: &Extent) -> Result<Self, TnefError> {
        let mut window = Window::new(extent);
        if window.array()? != Some(SIGNATURE) {
            return Err(TnefError::new(
                "tnef.signature",
                "not a message in transport encapsulation",
            ));
        }
        window.skip(2);
        Ok(Self {
            window,
            garbage: None,
        })
    }

    /// The next attribute; `None` after the last, or before what is none.
    pub(super) fn next_one(&mut self) -> io::Result<Option<Attribute>> {
        let (at, left) = (self.window.position(), self.window.left());
        let head = self.window.array::<9>()?;
        let Some([level @ (MESSAGE | ATTACHMENT), id @ .., d, e, f, g]) = head else {
            if left > 0 {
                self.garbage = Some(at);
            }
            return Ok(None);
        };
        let told = u64::from(u32::from_le_bytes([d, e, f, g]));
        let data = self.window.run(told);
        let checksum = self.window.u16()?;
        Ok(Some(Attribute {
            level,
            id: u32::from_le_bytes(id),
            data,
            told,
            checksum,
        }))
    }
}

/// Whether the specification knows an attribute.
pub(super) fn is_known(id: u32) -> bool {
    known_name(id).is_some()
}

/// What the specification calls an attribute; its number when it does not know it.
pub(super) fn name(id: u32) -> String {
    known_name(id).map_or_else(|| format!("attribute 0x{id:08X}"), str::to_owned)
}

fn known_name(id: u32) -> Option<&'static str> {
    Some(match id {
        OWNER => "attOwner",
        SENT_FOR => "attSentFor",
        DELEGATE => "attDelegate",
        DATE_START => "attDateStart",
        DATE_END => "attDateEnd",
        AID_OWNER => "attAidOwner",
        REQUEST_RESPONSE => "attRequestRes",
        ORIGINAL_MESSAGE_CLASS => "attOriginalMessageClass",
        FROM => "attFrom",
        SUBJECT => "attSubject",
        DATE_SENT => "attDateSent",
        DATE_RECEIVED => "attDateRecd",
        MESSAGE_STATUS => "attMessageStatus",
        MESSAGE_CLASS => "attMessageClass",
        MESSAGE_ID => "attMessageID",
        PARENT_ID => "attParentID",
        CONVERSATION_ID => "attConversationID",
        BODY => "attBody",
        PRIORITY => "attPriority",
        ATTACH_DATA => "attAttachData",
        ATTACH_TITLE => "attAttachTitle",
        ATTACH_META_FILE => "attAttachMetaFile",
        ATTACH_CREATED => "attAttachCreateDate",
        ATTACH_MODIFIED => "attAttachModifyDate",
        DATE_MODIFIED => "attDateModified",
        ATTACH_TRANSPORT_NAME => "attAttachTransportFilename",
        ATTACH_REND_DATA => "attAttachRendData",
        MAPI_PROPS => "attMsgProps",
        RECIPIENTS => "attRecipTable",
        ATTACH_PROPS => "attAttachment",
        VERSION => "attTnefVersion",
        CODE_PAGE => "attOemCodepage",
        _ => return None,
    })
}
