//! Messages in compound files: MSG and OFT (MS-OXMSG).
