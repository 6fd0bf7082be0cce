//! The tables of a store as Outlook makes them: columns, and where they are in a row.
//!
//! *Spec*: \[MS-PST\] 2.4.4 to 2.4.6, and stores of Outlook, whose columns these are to the byte;
//! SCANPST compares them.

use crate::pst::write::ltp::shape::Template;

/// Hierarchy tables, node 0x60D.
pub(crate) const HIERARCHY: Template = Template {
    columns: &[
        (0x0E30_0102, 20, 6),
        (0x0E33_0014, 24, 7),
        (0x0E34_0102, 32, 8),
        (0x0E38_0003, 36, 9),
        (0x3001_001F, 8, 2),
        (0x3602_0003, 12, 3),
        (0x3603_0003, 16, 4),
        (0x360A_000B, 52, 5),
        (0x3613_001F, 40, 10),
        (0x6635_0003, 44, 11),
        (0x6636_0003, 48, 12),
        (0x67F2_0003, 0, 0),
        (0x67F3_0003, 4, 1),
    ],
    ends: [52, 52, 53, 55],
};

/// Contents tables, node 0x60E.
pub(crate) const CONTENTS: Template = Template {
    columns: &[
        (0x0017_0003, 20, 5),
        (0x001A_001F, 12, 3),
        (0x0036_0003, 60, 15),
        (0x0037_001F, 28, 7),
        (0x0039_0040, 40, 9),
        (0x0042_001F, 24, 6),
        (0x0057_000B, 120, 13),
        (0x0058_000B, 121, 14),
        (0x0070_001F, 68, 17),
        (0x0071_0102, 72, 18),
        (0x0E03_001F, 56, 12),
        (0x0E04_001F, 52, 11),
        (0x0E06_0040, 32, 8),
        (0x0E07_0003, 16, 4),
        (0x0E08_0003, 48, 10),
        (0x0E17_0003, 8, 2),
        (0x0E30_0102, 92, 22),
        (0x0E33_0014, 96, 23),
        (0x0E34_0102, 104, 24),
        (0x0E38_0003, 116, 27),
        (0x0E3C_0102, 112, 26),
        (0x0E3D_0102, 108, 25),
        (0x1097_0003, 64, 16),
        (0x3008_0040, 84, 21),
        (0x3013_0102, 76, 19),
        (0x65C6_0003, 80, 20),
        (0x67F2_0003, 0, 0),
        (0x67F3_0003, 4, 1),
    ],
    ends: [120, 120, 122, 126],
};

/// Tables of associated contents, node 0x60F.
pub(crate) const ASSOCIATED_CONTENTS: Template = Template {
    columns: &[
        (0x001A_001F, 12, 3),
        (0x0E07_0003, 16, 4),
        (0x0E17_0003, 8, 2),
        (0x3001_001F, 20, 5),
        (0x67F2_0003, 0, 0),
        (0x67F3_0003, 4, 1),
        (0x6800_001F, 44, 11),
        (0x6803_000B, 56, 12),
        (0x6805_1003, 48, 13),
        (0x682F_001F, 52, 14),
        (0x7003_0003, 24, 6),
        (0x7004_0102, 28, 7),
        (0x7005_0102, 32, 8),
        (0x7006_001F, 36, 9),
        (0x7007_0003, 40, 10),
    ],
    ends: [56, 56, 57, 59],
};

/// Contents of search folders, node 0x610.
pub(crate) const SEARCH_CONTENTS: Template = Template {
    columns: &[
        (0x0017_0003, 28, 7),
        (0x001A_001F, 20, 5),
        (0x0036_0003, 60, 16),
        (0x0037_001F, 36, 9),
        (0x0042_001F, 32, 8),
        (0x0057_000B, 72, 14),
        (0x0058_000B, 73, 15),
        (0x0E03_001F, 56, 13),
        (0x0E04_001F, 52, 12),
        (0x0E05_001F, 12, 3),
        (0x0E06_0040, 40, 10),
        (0x0E07_0003, 24, 6),
        (0x0E08_0003, 48, 11),
        (0x0E17_0003, 16, 4),
        (0x0E2A_000B, 74, 17),
        (0x3008_0040, 64, 18),
        (0x67F1_0003, 8, 2),
        (0x67F2_0003, 0, 0),
        (0x67F3_0003, 4, 1),
    ],
    ends: [72, 72, 75, 78],
};

/// The receive folder table, node 0x62B.
pub(crate) const RECEIVE_FOLDERS: Template = Template {
    columns: &[
        (0x001A_001F, 12, 3),
        (0x6605_0003, 8, 2),
        (0x67F2_0003, 0, 0),
        (0x67F3_0003, 4, 1),
    ],
    ends: [16, 16, 16, 17],
};

/// The outgoing queue, node 0x64C.
pub(crate) const OUTGOING_QUEUE: Template = Template {
    columns: &[
        (0x0039_0040, 16, 4),
        (0x0E10_0003, 12, 3),
        (0x0E14_0003, 8, 2),
        (0x67F2_0003, 0, 0),
        (0x67F3_0003, 4, 1),
    ],
    ends: [24, 24, 24, 25],
};

/// Attachment tables, node 0x671.
pub(crate) const ATTACHMENTS: Template = Template {
    columns: &[
        (0x0E20_0003, 12, 3),
        (0x3704_001F, 20, 5),
        (0x3705_0003, 16, 4),
        (0x370B_0003, 8, 2),
        (0x67F2_0003, 0, 0),
        (0x67F3_0003, 4, 1),
    ],
    ends: [24, 24, 24, 25],
};

/// Recipient tables, node 0x692.
pub(crate) const RECIPIENTS: Template = Template {
    columns: &[
        (0x0C15_0003, 24, 7),
        (0x0E0F_000B, 48, 2),
        (0x0FF9_0102, 32, 9),
        (0x0FFE_0003, 36, 10),
        (0x0FFF_0102, 16, 5),
        (0x3001_001F, 20, 6),
        (0x3002_001F, 8, 3),
        (0x3003_001F, 12, 4),
        (0x300B_0102, 28, 8),
        (0x3900_0003, 40, 11),
        (0x39FF_001F, 44, 13),
        (0x3A40_000B, 49, 12),
        (0x67F2_0003, 0, 0),
        (0x67F3_0003, 4, 1),
    ],
    ends: [48, 48, 50, 52],
};

/// Node 0x6B6, of a kind that no document names.
pub(crate) const UNNAMED_6B6: Template = Template {
    columns: &[
        (0x0E33_0014, 8, 2),
        (0x0E37_0102, 16, 3),
        (0x0E38_0003, 20, 4),
        (0x67F2_0003, 0, 0),
        (0x67F3_0003, 4, 1),
    ],
    ends: [24, 24, 24, 25],
};

/// Node 0x6D7, likewise.
pub(crate) const UNNAMED_6D7: Template = Template {
    columns: &[
        (0x001A_001F, 36, 8),
        (0x0E30_0102, 16, 4),
        (0x0E31_0102, 12, 3),
        (0x0E33_0014, 28, 7),
        (0x0E34_0102, 24, 6),
        (0x0E38_0003, 20, 5),
        (0x0E3E_0102, 8, 2),
        (0x67F2_0003, 0, 0),
        (0x67F3_0003, 4, 1),
    ],
    ends: [40, 40, 40, 42],
};

/// Node 0x6F8, likewise.
pub(crate) const UNNAMED_6F8: Template = Template {
    columns: &[
        (0x0E33_0014, 16, 3),
        (0x3007_0040, 8, 2),
        (0x67F2_0003, 0, 0),
        (0x67F3_0003, 4, 1),
    ],
    ends: [24, 24, 24, 25],
};
