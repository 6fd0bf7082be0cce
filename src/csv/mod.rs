//! Tables of contacts, appointments, tasks and mails as Outlook, BigContacts and Thunderbird export
//! them: CSV with one item per row.
//!
//! *Spec*: none is published; RFC 4180 for the rows, the headings of Outlook by language in
//! [`headings`].
//!
//! *Shape*: `"Title","First Name","Middle Name",…` CRLF `"","Jörg","",…` CRLF
//!
//! *Invariants*: the file is not held in memory, only where its rows begin; a row that is not as
//! it should be costs no other; nothing that the file does not say is guessed in silence.
//!
//! *Seen in the wild*: `,` `;` TAB and `~` between cells; windows-1252, Shift_JIS, UTF-8 and
//! UTF-16; quotes that are never closed; rows shorter than the headings; dates as `10/5/2004`,
//! `5.10.2004`, `2004-10-05`, `10/5/2004 9:00:00 AM` and as numbers of days; `0/0/00`, `0.0.00` and
//! `0-0-00` for none.

pub mod date;
pub mod date_order;
pub mod encoding;
pub mod headings;
pub mod layout;
pub mod rows;
pub mod table;
pub mod words;
pub mod words_shown;
pub mod write;

pub use date::DateOrder;
pub use headings::Kind;
pub use layout::{Layout, Look, look};
pub use table::{Options, Row, Table, TableError, look_at};
pub use write::{Charset, Form, Formulas};
