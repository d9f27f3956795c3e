//! Chains by their EIP-155 ids: which ones a sign-in accepts, and what a wallet must know of one.

/// The chains on which a sign-in is accepted: at least one, the first being the one to offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedChains {
    first: u64,
    rest: Vec<u64>,
}

impl AcceptedChains {
    /// `None` when there is none.
    #[must_use]
    pub fn new(chain_ids: &[u64]) -> Option<Self> {
        let (first, rest) = chain_ids.split_first()?;
        Some(Self {
            first: *first,
            rest: rest.to_vec(),
        })
    }

    /// The chain to offer to a wallet that is on none of them.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.first
    }

    #[must_use]
    pub fn contains(&self, chain_id: u64) -> bool {
        self.first == chain_id || self.rest.contains(&chain_id)
    }
}

/// What `wallet_addEthereumChain` (EIP-3085) tells the wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainDescription {
    pub chain_id: u64,
    pub name: &'static str,
    pub currency_name: &'static str,
    pub currency_symbol: &'static str,
    /// A path of this site, for chains that this site runs. Wallets know the public chains, and
    /// choosing a provider for someone would be choosing who sees their addresses.
    pub rpc_path: Option<&'static str>,
}

/// The decimals of every EVM chain's own currency.
pub const CURRENCY_DECIMALS: u8 = 18;

const DESCRIBED: [ChainDescription; 3] = [
    ChainDescription {
        chain_id: 1,
        name: "Ethereum",
        currency_name: "Ether",
        currency_symbol: "ETH",
        rpc_path: None,
    },
    ChainDescription {
        chain_id: 11_155_111,
        name: "Sepolia",
        currency_name: "Sepolia Ether",
        currency_symbol: "ETH",
        rpc_path: None,
    },
    ChainDescription {
        chain_id: 31_337,
        name: "LedgerCloud development",
        currency_name: "Ether",
        currency_symbol: "ETH",
        rpc_path: Some("/rpc"),
    },
];

/// What is known of the chain, if anything.
#[must_use]
pub fn describe(chain_id: u64) -> Option<&'static ChainDescription> {
    DESCRIBED.iter().find(|chain| chain.chain_id == chain_id)
}

/// How people know the chain: `Ethereum`, `chain 10`.
#[must_use]
pub fn chain_name(chain_id: u64) -> String {
    describe(chain_id).map_or_else(
        || format!("chain {chain_id}"),
        |chain| chain.name.to_owned(),
    )
}

/// As JSON-RPC writes quantities: `0x1`.
#[must_use]
pub fn to_quantity(chain_id: u64) -> String {
    format!("{chain_id:#x}")
}

/// Reads a chain id as wallets give it: `0x1` by the standard, sometimes `1`.
#[must_use]
pub fn parse_chain_id(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_ids_as_wallets_write_them() {
        for (text, chain_id) in [
            ("0x1", Some(1)),
            ("0x7a69", Some(31_337)),
            ("31337", Some(31_337)),
            ("0x", None),
            ("", None),
            ("mainnet", None),
            ("0x10000000000000000", None),
        ] {
            assert_eq!(parse_chain_id(text), chain_id, "{text}");
        }
        assert_eq!(parse_chain_id(&to_quantity(31_337)), Some(31_337));
    }

    #[test]
    fn a_sign_in_needs_a_chain() {
        assert_eq!(AcceptedChains::new(&[]), None);
        let chains = AcceptedChains::new(&[5, 7]).unwrap();
        assert_eq!(chains.first(), 5);
        assert!(chains.contains(5) && chains.contains(7) && !chains.contains(1));
        assert_eq!(chain_name(10), "chain 10");
    }
}
