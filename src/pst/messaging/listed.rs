//! What the contents tables say of their messages, without opening one.
//!
//! *Spec*: \[MS-PST\] 2.4.4.5 (contents table): every row has `PidTagMessageClass`.
//!
//! *Invariant*: a row is a copy; where it is missing or cannot be read, nothing is said.

use crate::limits;
use crate::mapi::{Budget, Value};
use crate::pst::ltp::property_context::Source;
use crate::pst::ltp::table_context::TableContext;
use crate::pst::ndb::subnode::Subnodes;
use crate::pst::ndb::{Fault, NodeId, NodeKind, Notes, Spot};

use super::folder::Folder;
use super::message::MESSAGE_CLASS;
use super::nid_set::NidSet;
use super::store::Store;

impl Store {
    /// The normal messages whose rows give a class of which `which` says yes.
    #[must_use]
    pub fn listed(&self, which: impl Fn(&Folder, &str) -> bool) -> NidSet {
        let mut set = NidSet::new(NodeKind::NormalMessage);
        for folder in self.folders().iter().filter(|folder| !folder.is_search) {
            // What is wrong with a table is told by the walk through the messages.
            let _ = self.list(folder.nid, |nid, class| {
                if which(folder, class) {
                    set.insert(nid);
                }
            });
        }
        set
    }

    /// Gives every row of a folder's contents table that has a class.
    fn list(&self, folder: NodeId, mut give: impl FnMut(NodeId, &str)) -> Result<(), Fault> {
        let db = self.database();
        let nid = folder.sibling(NodeKind::ContentsTable);
        let Some(node) = db.node(nid)?.filter(|node| !node.data.is_none()) else {
            return Ok(());
        };
        let notes = Notes::with_work(self.work());
        let spot = Spot::node(nid);
        let subnodes = Subnodes::read(db, node.subnodes, &notes, spot);
        let table = TableContext::open(db, node.data, &subnodes, &notes, spot)?;
        let mut columns = table.columns().iter();
        let Some(&column) = columns.find(|column| column.tag.id() == MESSAGE_CLASS) else {
            return Ok(());
        };
        for (id, number) in table.row_index()?.take(limits::ROWS) {
            let Ok(row) = table.row(number) else {
                continue;
            };
            if !table.has_cell(row, column) {
                continue;
            }
            let budget = Budget::default();
            let source = Source {
                db,
                subnodes: &subnodes,
                budget: &budget,
                notes: &notes,
                spot,
            };
            match table.cell(row, column, source) {
                Some(Value::String(class)) => give(NodeId(id), &class),
                // Classes are ASCII in any code page.
                Some(Value::String8(class)) => {
                    give(NodeId(id), &String::from_utf8_lossy(&class));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
