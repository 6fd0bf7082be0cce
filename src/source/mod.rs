//! Finds inputs, tells their format by content, and streams items with findings.
