//! Internet messages to items.
