//! Arguments, commands, rendering.
