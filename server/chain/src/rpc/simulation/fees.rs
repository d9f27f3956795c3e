//! What a request offers for gas.

use alloy_rpc_types_eth::TransactionRequest;

use crate::rpc::error::RpcError;

/// The offer, with geth's defaults.
pub(in crate::rpc) struct Fees {
    /// The most for a unit of gas; zero when nothing is offered.
    pub max_wei: u128,
    /// Only of requests with the fields of EIP-1559.
    pub priority_wei: Option<u128>,
}

impl Fees {
    pub fn of(request: &TransactionRequest, base_fee_wei: u64) -> Result<Self, RpcError> {
        let (max, priority) = (request.max_fee_per_gas, request.max_priority_fee_per_gas);
        if let Some(price) = request.gas_price {
            if max.is_some() || priority.is_some() {
                return Err(RpcError::invalid_params(
                    "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified",
                ));
            }
            return Ok(Self {
                max_wei: price,
                priority_wei: None,
            });
        }
        let priority_wei = priority.or(max.map(|_| 0));
        let tip = priority_wei.unwrap_or_default();
        let max_wei = match max {
            Some(max) => max,
            None if tip > 0 => tip.saturating_add(base_fee_wei.into()),
            None => 0,
        };
        if max_wei < tip {
            return Err(RpcError::server(format!(
                "maxFeePerGas ({max_wei}) < maxPriorityFeePerGas ({tip})"
            )));
        }
        Ok(Self {
            max_wei,
            priority_wei,
        })
    }
}
