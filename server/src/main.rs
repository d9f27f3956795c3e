//! `ledgercloud`: one binary that runs the whole site.

fn main() {}
