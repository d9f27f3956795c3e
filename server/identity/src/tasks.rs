//! Background loops, one file each.

pub(crate) mod audit_writer;
pub(crate) mod sweep;
