//! Which code page the bytes of an RTF run are in.
//!
//! *Spec*: RTF 1.9.1, "Character Set" and "Font Table" (`\fcharset`, `\cpg`).

/// The code page of a `\fcharset`, or `None` for 1 (default) and numbers without one. Symbol fonts
/// (2) are read as Western, which is right for the bullet.
pub(super) fn code_page(charset: i32) -> Option<u16> {
    Some(match charset {
        0 | 2 => 1252,
        77 => 10_000,
        78 => 10_001,
        79 => 10_003,
        80 => 10_008,
        81 => 10_002,
        89 => 10_007,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 | 181 => 1255,
        178..=180 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        254 => 437,
        255 => 850,
        _ => return None,
    })
}
