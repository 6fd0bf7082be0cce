//! Rounds of exchange: the bridge's home, the ledger of what was sent and agreed, and the export.

pub mod blobs;
pub mod export;
pub mod held_item;
pub mod home;
pub mod ledger;
pub mod linking;
pub mod outgoing;
mod seal;
mod tally;
pub mod twins;
mod work;

pub use home::Home;
pub use ledger::Ledger;
pub use twins::Twins;
