//! Entries of archives of Outlook for Mac to items.
