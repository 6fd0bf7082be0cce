//! PST and OST stores, in the three layers of MS-PST.
