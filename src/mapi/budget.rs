//! What reading one message may use up, with all that is embedded in it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::limits;

/// What reading one top-level object may still use up.
#[derive(Debug)]
pub struct Budget {
    bytes: AtomicU64,
    objects: AtomicU32,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            bytes: AtomicU64::new(limits::MESSAGE_IN_MEMORY),
            objects: AtomicU32::new(limits::MESSAGE_OBJECTS),
        }
    }
}

impl Budget {
    /// Takes memory for `bytes` of a value, unless less is left.
    #[must_use]
    pub fn take(&self, bytes: u64) -> bool {
        let left = |left: u64| left.checked_sub(bytes);
        self.bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left)
            .is_ok()
    }

    /// Takes one object, unless none is left.
    #[must_use]
    pub fn object(&self) -> bool {
        let left = |left: u32| left.checked_sub(1);
        self.objects
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left)
            .is_ok()
    }
}
