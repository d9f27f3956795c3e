//! The chain.

pub mod chain_spec;
pub mod clique;
pub mod header_rules;
