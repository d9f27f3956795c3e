//! The index of an Ethereum chain that the explorer reads.
