//! Which rules of the EVM a chain has, and when.

use alloy_genesis::ChainConfig;
use revm::primitives::hardfork::SpecId;

use super::ChainSpecError;

/// That block 0 has London and all before it, and that later forks are known and in order.
///
/// Forks that only moved the difficulty bomb, DAO, and those that only change the number of blobs
/// do not matter here and may be set or not.
pub(super) fn verify(config: &ChainConfig) -> Result<(), ChainSpecError> {
    let blocks = [
        ("homesteadBlock", config.homestead_block),
        ("eip150Block", config.eip150_block),
        ("eip155Block", config.eip155_block),
        ("eip158Block", config.eip158_block),
        ("byzantiumBlock", config.byzantium_block),
        ("constantinopleBlock", config.constantinople_block),
        // go-ethereum takes Constantinople's block where this one is missing.
        (
            "petersburgBlock",
            config.petersburg_block.or(config.constantinople_block),
        ),
        ("istanbulBlock", config.istanbul_block),
        ("berlinBlock", config.berlin_block),
        ("londonBlock", config.london_block),
    ];
    if let Some(&(fork, found)) = blocks.iter().find(|(_, block)| *block != Some(0)) {
        return Err(ChainSpecError::ForkNotAtGenesis { fork, found });
    }
    let unknown = [
        ("amsterdamTime", config.amsterdam_time),
        ("bogotaTime", config.bogota_time),
    ];
    if let Some(&(fork, _)) = unknown.iter().find(|(_, time)| time.is_some()) {
        return Err(ChainSpecError::ForkUnsupported { fork });
    }
    for [(earlier, before, _), (fork, time, _)] in time_forks(config).array_windows() {
        if let Some(at) = *time
            && before.is_none_or(|before| at < before)
        {
            return Err(ChainSpecError::ForkOrder { fork, at, earlier });
        }
    }
    Ok(())
}

/// The last fork that a block of this time, Unix time, has.
pub(super) fn spec_id(config: &ChainConfig, timestamp: u64) -> SpecId {
    time_forks(config)
        .into_iter()
        .rev()
        .find(|(_, time, _)| time.is_some_and(|time| time <= timestamp))
        .map_or(SpecId::LONDON, |(_, _, spec_id)| spec_id)
}

fn time_forks(config: &ChainConfig) -> [(&'static str, Option<u64>, SpecId); 4] {
    [
        ("shanghaiTime", config.shanghai_time, SpecId::SHANGHAI),
        ("cancunTime", config.cancun_time, SpecId::CANCUN),
        ("pragueTime", config.prague_time, SpecId::PRAGUE),
        ("osakaTime", config.osaka_time, SpecId::OSAKA),
    ]
}
