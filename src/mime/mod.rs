//! Internet messages: RFC 5322, MIME, mbox.
