use alloy_consensus::{Transaction as _, Typed2718 as _};
use alloy_primitives::U256;
use revm::context::{Cfg, CfgEnv};
use revm::context_interface::cfg::gas_params::Eip2780TxInfo;
use revm::primitives::hardfork::SpecId;

use super::{ENCODED_LENGTH_MAX, Refusal, Transaction};

/// What the chain demands of every transaction, whatever the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainRules {
    pub chain_id: u64,
    pub spec_id: SpecId,
    pub block_gas_limit: u64,
    pub unprotected: Unprotected,
}

/// Whether transactions without a chain id (before EIP-155) are taken. Anyone can repeat them on
/// any chain; deployments at the same address on every chain rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unprotected {
    #[default]
    Refused,
    Allowed,
}

/// Checks all that can be said without state. A transaction that passes is refused by the EVM only
/// for its nonce, its sender's balance or code, or the base fee.
///
/// # Errors
/// The first rule that is broken.
pub fn check_stateless(transaction: &Transaction, rules: &ChainRules) -> Result<(), Refusal> {
    check_form(transaction, rules)?;
    check_fees(transaction)?;
    check_gas(transaction, rules)
}

fn check_form(transaction: &Transaction, rules: &ChainRules) -> Result<(), Refusal> {
    let envelope = transaction.envelope();
    if transaction.encoded_length() > ENCODED_LENGTH_MAX {
        return Err(Refusal::Oversized {
            length: transaction.encoded_length(),
            length_max: ENCODED_LENGTH_MAX,
        });
    }
    let kind = envelope.ty();
    let since = match kind {
        0 => SpecId::FRONTIER,
        1 => SpecId::BERLIN,
        2 => SpecId::LONDON,
        4 => SpecId::PRAGUE,
        _ => return Err(Refusal::UnsupportedType(kind)),
    };
    if !rules.spec_id.is_enabled_in(since) {
        return Err(Refusal::UnsupportedType(kind));
    }
    match envelope.chain_id() {
        Some(chain_id) if chain_id != rules.chain_id => {
            return Err(Refusal::WrongChainId {
                got: chain_id,
                expected: rules.chain_id,
            });
        }
        None if rules.unprotected == Unprotected::Refused => {
            return Err(Refusal::NotReplayProtected);
        }
        _ => {}
    }
    if transaction.nonce() == u64::MAX {
        return Err(Refusal::NonceMax);
    }
    if envelope.authorization_list().is_some_and(<[_]>::is_empty) {
        return Err(Refusal::EmptyAuthorizationList);
    }
    // Again, for transactions that did not come through `decode`.
    if envelope.signature().s() > alloy_consensus::crypto::SECP256K1N_HALF {
        return Err(Refusal::HighS);
    }
    Ok(())
}

fn check_fees(transaction: &Transaction) -> Result<(), Refusal> {
    let max_fee_wei = transaction.max_fee_per_gas_wei();
    let max_priority_fee_wei = transaction.max_priority_fee_per_gas_wei();
    if max_priority_fee_wei > max_fee_wei {
        return Err(Refusal::TipAboveFee {
            max_priority_fee_wei,
            max_fee_wei,
        });
    }
    Ok(())
}

/// The limits and the gas tables are those of the EVM itself, so that the two never disagree.
fn check_gas(transaction: &Transaction, rules: &ChainRules) -> Result<(), Refusal> {
    let envelope = transaction.envelope();
    let gas_limit = transaction.gas_limit();
    let configuration = CfgEnv::new_with_spec(rules.spec_id);

    let length = envelope.input().len();
    let length_max = configuration.max_initcode_size();
    if envelope.is_create() && rules.spec_id.is_enabled_in(SpecId::SHANGHAI) && length > length_max
    {
        return Err(Refusal::InitCodeTooLong { length, length_max });
    }
    if gas_limit > rules.block_gas_limit {
        return Err(Refusal::BlockGasLimit {
            gas_limit,
            gas_max: rules.block_gas_limit,
        });
    }
    let gas_max = configuration.tx_gas_limit_cap();
    if gas_limit > gas_max && !configuration.is_amsterdam_eip8037_enabled() {
        return Err(Refusal::TransactionGasCap { gas_limit, gas_max });
    }

    let (accounts, storage_keys) = envelope.access_list().map_or((0, 0), |list| {
        (list.len() as u64, list.storage_keys_count() as u64)
    });
    let decomposed = configuration
        .is_amsterdam_eip2780_enabled()
        .then(|| Eip2780TxInfo {
            value: U256::from(envelope.value()),
            is_self_transfer: envelope.to() == Some(transaction.sender()),
        });
    let gas = configuration.gas_params().initial_tx_gas(
        envelope.input(),
        envelope.is_create(),
        accounts,
        storage_keys,
        envelope.authorization_list().map_or(0, <[_]>::len) as u64,
        decomposed,
    );
    if gas_limit < gas.initial_total_gas() {
        return Err(Refusal::IntrinsicGas {
            gas_limit,
            gas_needed: gas.initial_total_gas(),
        });
    }
    if rules.spec_id.is_enabled_in(SpecId::PRAGUE) && gas_limit < gas.floor_gas() {
        return Err(Refusal::FloorGas {
            gas_limit,
            gas_needed: gas.floor_gas(),
        });
    }
    Ok(())
}
