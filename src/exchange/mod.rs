//! Rounds of exchange: the bridge's home, the ledger of what was sent and agreed, and the export.

pub mod blobs;
pub mod home;
pub mod ledger;

pub use home::Home;
pub use ledger::Ledger;
