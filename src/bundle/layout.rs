//! The fixed names and values of a bundle.
//!
//! *Spec*: `formats/bundle.md`, sections 2 and 3.

/// Content of the first entry, `mimetype`.
pub const MIMETYPE: &str = "application/vnd.airbridge.bundle+zip";

/// Value of the head's `format`.
pub const FORMAT: &str = "airbridge-bundle-1";

/// Namespace of the signature (`PROTOCOL.sshsig`).
pub const NAMESPACE: &str = "airbridge-bundle-v1";

/// Name of the first entry.
pub const MIMETYPE_NAME: &str = "mimetype";

/// Name of the head.
pub const HEAD_NAME: &str = "META/head.json";

/// Name of the head's signature.
pub const SIGNATURE_NAME: &str = "META/head.json.sig";

/// Name of the signature by the next key, in bundles of kind `keyroll` only.
pub const NEXT_SIGNATURE_NAME: &str = "META/head.json.sig.new";

/// Name of the index.
pub const INDEX_NAME: &str = "META/index.jsonl";

/// First line of what the head's `set` is the hash of.
pub const SET_LABEL: &str = "airbridge-bundle-v1 set\n";

/// Extension of the file, without the dot.
pub const EXTENSION: &str = "abx";

/// The extensions (`crit`) that this reader knows.
pub const KNOWN_EXTENSIONS: [&str; 0] = [];
