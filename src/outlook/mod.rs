//! What Outlook imports: messages and items as PSTs, written, read back and compared before they
//! have their names; or items as files of their own.

pub mod files;
pub mod place;
pub mod read_back;
mod second_reader;
pub mod stores;

pub use files::Files;
pub use read_back::{Odd, ReadBack, ReadBackError};
pub use stores::{Closed, Naming, Stores};
