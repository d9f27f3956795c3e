use alloy_primitives::U256;

/// JSON-RPC 2.0: a parameter is not what the method takes.
const INVALID_PARAMETERS: i64 = -32602;
/// EIP-1474: the call is well-formed and was not carried out. geth uses it for every refusal.
const SERVER_ERROR: i64 = -32000;

/// Why a transaction is not taken.
///
/// Each text begins with geth's, because libraries look for those words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("rlp: the transaction cannot be decoded: {0}")]
    Malformed(String),
    #[error("oversized data: transaction size {length}, limit {length_max}")]
    Oversized { length: usize, length_max: usize },
    #[error("transaction type not supported: type {0} is unknown, or not active on this chain")]
    UnsupportedType(u8),
    #[error("transaction type not supported: this chain carries no blobs (EIP-4844)")]
    BlobTransaction,
    #[error("invalid sender: the signature is not valid")]
    InvalidSignature,
    #[error("invalid transaction v, r, s values: s is in the upper half of the curve (EIP-2)")]
    HighS,
    #[error("invalid chain id for signer: have {got} want {expected}")]
    WrongChainId { got: u64, expected: u64 },
    #[error("only replay-protected (EIP-155) transactions allowed over RPC")]
    NotReplayProtected,
    #[error("nonce has max value: no nonce could follow it (EIP-2681)")]
    NonceMax,
    #[error("max initcode size exceeded: code size {length}, limit {length_max}")]
    InitCodeTooLong { length: usize, length_max: usize },
    #[error("intrinsic gas too low: gas {gas_limit}, minimum needed {gas_needed}")]
    IntrinsicGas { gas_limit: u64, gas_needed: u64 },
    #[error(
        "insufficient gas for floor data gas cost: gas {gas_limit}, minimum needed {gas_needed} (EIP-7623)"
    )]
    FloorGas { gas_limit: u64, gas_needed: u64 },
    #[error("exceeds block gas limit: gas {gas_limit}, limit {gas_max}")]
    BlockGasLimit { gas_limit: u64, gas_max: u64 },
    #[error("transaction gas limit too high (cap: {gas_max}, tx: {gas_limit}) (EIP-7825)")]
    TransactionGasCap { gas_limit: u64, gas_max: u64 },
    #[error(
        "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {max_priority_fee_wei}, maxFeePerGas: {max_fee_wei}"
    )]
    TipAboveFee {
        max_priority_fee_wei: u128,
        max_fee_wei: u128,
    },
    #[error(
        "set code tx must have at least one authorization tuple: the EIP-7702 authorization list is empty"
    )]
    EmptyAuthorizationList,
    #[error("insufficient funds for gas * price + value: the cost does not fit in 256 bits")]
    CostOverflow,

    #[error("already known")]
    AlreadyKnown,
    #[error("nonce too low: next nonce {next}, tx nonce {got}")]
    NonceTooLow { next: u64, got: u64 },
    #[error(
        "replacement transaction underpriced: maxFeePerGas {fee_needed_wei} and maxPriorityFeePerGas {tip_needed_wei} are needed"
    )]
    ReplacementUnderpriced {
        fee_needed_wei: u128,
        tip_needed_wei: u128,
    },
    /// `committed_wei` is the cost of the sender's other executable transactions.
    #[error(
        "insufficient funds for gas * price + value: balance {balance_wei}, queued cost {committed_wei}, tx cost {cost_wei}"
    )]
    InsufficientFunds {
        balance_wei: U256,
        committed_wei: U256,
        cost_wei: U256,
    },
    #[error("account limit exceeded: the pool holds {held} transactions of this sender")]
    AccountLimit { held: usize },
    #[error(
        "account limit exceeded: {held} transactions of this sender wait already for nonce {missing_nonce}"
    )]
    QueueLimit { held: usize, missing_nonce: u64 },
    #[error("txpool is full: none of its {held} transactions is worth less than this one")]
    PoolFull { held: usize },
}

impl Refusal {
    /// The error code of a JSON-RPC answer.
    #[must_use]
    pub const fn code(&self) -> i64 {
        match self {
            Self::Malformed(_) => INVALID_PARAMETERS,
            _ => SERVER_ERROR,
        }
    }

    /// The stable name in REST answers, logs and metrics.
    #[must_use]
    pub const fn machine_code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "chain.malformed_transaction",
            Self::Oversized { .. } => "chain.oversized_transaction",
            Self::UnsupportedType(_) => "chain.unsupported_transaction_type",
            Self::BlobTransaction => "chain.blobs_not_supported",
            Self::InvalidSignature => "chain.invalid_signature",
            Self::HighS => "chain.malleable_signature",
            Self::WrongChainId { .. } => "chain.wrong_chain_id",
            Self::NotReplayProtected => "chain.not_replay_protected",
            Self::NonceMax => "chain.nonce_max",
            Self::InitCodeTooLong { .. } => "chain.init_code_too_long",
            Self::IntrinsicGas { .. } => "chain.intrinsic_gas_too_low",
            Self::FloorGas { .. } => "chain.floor_gas_too_low",
            Self::BlockGasLimit { .. } => "chain.exceeds_block_gas_limit",
            Self::TransactionGasCap { .. } => "chain.exceeds_transaction_gas_cap",
            Self::TipAboveFee { .. } => "chain.tip_above_fee",
            Self::EmptyAuthorizationList => "chain.empty_authorization_list",
            Self::AlreadyKnown => "chain.already_known",
            Self::NonceTooLow { .. } => "chain.nonce_too_low",
            Self::ReplacementUnderpriced { .. } => "chain.replacement_underpriced",
            Self::CostOverflow | Self::InsufficientFunds { .. } => "chain.insufficient_funds",
            Self::AccountLimit { .. } => "chain.account_limit_exceeded",
            Self::QueueLimit { .. } => "chain.queue_limit_exceeded",
            Self::PoolFull { .. } => "chain.pool_full",
        }
    }
}
