//! Columns of tables: those of each kind, and of the templates where Outlook has them.
//!
//! *Spec*: \[MS-PST\] 2.4.4.4.1, 2.4.4.5.1, 2.4.4.6.1, 2.4.5.3.1, 2.4.6.1.1, 2.4.8.6.2.1.

use crate::mapi::{PropTag, PropType};
use crate::pst::check::ltp::Table;
use crate::pst::check::ndb::Ground;
use crate::pst::check::report::Place;
use crate::pst::ndb::{Format, NodeId, NodeKind};
use crate::pst::write::ltp::shape::Template;
use crate::pst::write::messaging::templates as outlook;

use super::rules as rule;

/// Columns that a recipient table must have.
const RECIPIENT: &[u16] = &[
    0x0C15, 0x0E0F, 0x0FF9, 0x0FFE, 0x0FFF, 0x3001, 0x3002, 0x3003, 0x300B, 0x3900, 0x39FF, 0x3A40,
];

/// The template of a node and the columns that tables of its kind must have at least.
fn of(nid: NodeId) -> Option<(&'static Template, &'static [u16])> {
    let by_nid: Option<(&Template, &[u16])> = match nid.0 {
        0x62B => Some((&outlook::RECEIVE_FOLDERS, &[0x001A, 0x6605])),
        0x64C => Some((&outlook::OUTGOING_QUEUE, &[0x0039, 0x0E10, 0x0E14])),
        0x6B6 => Some((&outlook::UNNAMED_6B6, &[])),
        0x6D7 => Some((&outlook::UNNAMED_6D7, &[])),
        0x6F8 => Some((&outlook::UNNAMED_6F8, &[])),
        _ => None,
    };
    by_nid.or(match nid.kind() {
        NodeKind::HierarchyTable => Some((&outlook::HIERARCHY, &[0x3001, 0x3602, 0x3603, 0x360A])),
        NodeKind::ContentsTable => Some((
            &outlook::CONTENTS,
            &[0x001A, 0x0037, 0x0E07, 0x0E08, 0x0E06],
        )),
        NodeKind::AssociatedContentsTable => {
            Some((&outlook::ASSOCIATED_CONTENTS, &[0x001A, 0x0E07, 0x3001]))
        }
        NodeKind::SearchContentsTable => {
            Some((&outlook::SEARCH_CONTENTS, &[0x001A, 0x0037, 0x0E07]))
        }
        NodeKind::AttachmentTable => {
            Some((&outlook::ATTACHMENTS, &[0x0E20, 0x3704, 0x3705, 0x370B]))
        }
        NodeKind::RecipientTable => Some((&outlook::RECIPIENTS, RECIPIENT)),
        _ => None,
    })
}

/// Whether a node is one of the templates, not a table made by it.
fn is_template(nid: NodeId) -> bool {
    matches!(
        nid.0,
        0x60D..=0x610 | 0x62B | 0x64C | 0x671 | 0x692 | 0x6B6 | 0x6D7 | 0x6F8
    )
}

/// Checks the columns of a table of this node or subnode.
pub(super) fn check(ground: &Ground<'_>, nid: NodeId, table: &Table<'_, '_>, place: Place) {
    let Some((template, needed)) = of(nid) else {
        return;
    };
    let own = place.subnode.is_none() && is_template(nid);
    let missing: Vec<_> = needed
        .iter()
        .filter(|id| table.column(**id).is_none())
        .map(|id| format!("0x{id:04X}"))
        .collect();
    if !missing.is_empty() {
        let rule = if own {
            &rule::TEMPLATE
        } else {
            &rule::TABLE_COLUMNS
        };
        ground.add(rule, place, format!("no column for {}", missing.join(", ")));
    }
    let pattern = own && matches!(nid.0, 0x60D..=0x610 | 0x671 | 0x692);
    if pattern && table.count() > 0 {
        let detail = format!("{} rows", table.count());
        ground.add(&rule::TEMPLATE_ROWS, place, detail);
    }
    if own && ground.format() == Format::Unicode {
        let columns = table.columns().iter().map(|column| {
            let tag = match column.tag.kind() {
                PropType::STRING8 => PropTag::new(column.tag.id(), PropType::STRING),
                _ => column.tag,
            };
            (tag.0, column.offset, column.bit)
        });
        let same = columns.eq(template.columns.iter().copied());
        if !same || table.ends() != template.ends {
            let detail = format!(
                "{} columns, rgib {:?}; Outlook has {}, {:?}",
                table.columns().len(),
                table.ends(),
                template.columns.len(),
                template.ends
            );
            ground.add(&rule::TEMPLATE_PLACE, place, detail);
        }
    }
}
