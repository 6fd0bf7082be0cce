//! Rounds of exchange: the bridge's home, the ledger of what was sent and agreed, and the export.

pub mod apply;
pub mod blobs;
pub mod crm;
pub mod export;
pub mod held_item;
pub mod home;
pub mod keyroll;
pub mod ledger;
mod leftover;
pub mod linking;
pub mod outgoing;
pub mod pairing;
pub mod prefer;
pub mod receipt;
pub mod receive;
mod seal;
pub mod settle;
mod tally;
pub mod twins;
pub mod undo;
mod unread;
mod work;

pub use home::Home;
pub use ledger::Ledger;
pub use twins::Twins;
