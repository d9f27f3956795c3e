//! Opens this node of the chain: its genesis, its keys, its database.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::{Address, U256};
use chain::service::Sealer;
use chain::transaction::Unprotected;
use chain::{Chain, ChainSpec};
use secp256k1::SecretKey;

use crate::config::Settings;
use crate::config::chain::ChainSettings;
use crate::config::secrets::Secrets;

/// What a chain that is made here begins with, in ether: all of it is the treasury's.
const SUPPLY_ETHER: u64 = 1_000_000_000;

/// The node's part of the chain, opened.
pub struct Opened {
    pub chain: Chain,
    /// Who seals this node's blocks, if it does.
    pub sealer: Option<Sealer>,
    /// Who pays what the faucet gives.
    pub treasury: SecretKey,
}

/// Opens the node's chain, or begins it.
///
/// # Errors
/// One line per problem.
pub async fn open(settings: &Settings, secrets: &Secrets) -> Result<Opened, Vec<String>> {
    let chain_settings = &settings.chain;
    let folder = settings.data_dir.join("chain");
    let treasury = secret_key(&secrets.treasury_key)?;
    let key = signer_key(chain_settings, secrets)?;
    let sealer = Sealer::new(key);
    let spec = read_or_make_genesis(chain_settings, &folder, &sealer, &treasury)?;
    let node = chain::ChainSettings {
        folder,
        history: chain_settings.history(),
        reorg_depth_max: chain_settings.reorg_depth,
        mempool: chain::mempool::Limits::default(),
        unprotected: if chain_settings.allow_unprotected {
            Unprotected::Allowed
        } else {
            Unprotected::Refused
        },
        gas_limit_target: chain_settings.gas_limit,
    };
    let opened = tokio::task::spawn_blocking(move || Chain::open(spec, node, now_ms())).await;
    let chain = opened
        .map_err(|error| vec![error.to_string()])?
        .map_err(|error| vec![error.to_string()])?;
    Ok(Opened {
        chain,
        sealer: chain_settings.seal.then_some(sealer),
        treasury,
    })
}

fn signer_key(settings: &ChainSettings, secrets: &Secrets) -> Result<SecretKey, Vec<String>> {
    if settings.signer.as_os_str().is_empty() {
        return secret_key(&secrets.signer_key);
    }
    let problem =
        |path: &Path, error: &dyn std::fmt::Display| vec![format!("{}: {error}", path.display())];
    let file = chain::keystore::read(&settings.signer)
        .map_err(|error| problem(&settings.signer, &error))?;
    let passphrase_file = &settings.signer_passphrase_file;
    let passphrase = std::fs::read_to_string(passphrase_file)
        .map_err(|error| problem(passphrase_file, &error))?;
    let key = file
        .decrypt(passphrase.trim_end_matches(['\r', '\n']))
        .map_err(|error| problem(&settings.signer, &error))?;
    secret_key(&key.to_bytes())
}

fn secret_key(bytes: &[u8; 32]) -> Result<SecretKey, Vec<String>> {
    SecretKey::from_byte_array(bytes)
        .map_err(|_| vec!["a secret of the chain is not a key; remove its file in the data folder's `secrets` to have a new one made".to_owned()])
}

/// The genesis that is configured, or the one that the first start has made.
fn read_or_make_genesis(
    settings: &ChainSettings,
    folder: &Path,
    sealer: &Sealer,
    treasury: &SecretKey,
) -> Result<ChainSpec, Vec<String>> {
    let path = if settings.genesis.as_os_str().is_empty() {
        folder.join("genesis.json")
    } else {
        settings.genesis.clone()
    };
    let problem = |error: &dyn std::fmt::Display| vec![format!("{}: {error}", path.display())];
    if !path.exists() {
        make_genesis(settings, &path, sealer, treasury).map_err(|error| problem(&error))?;
    }
    let json = std::fs::read_to_string(&path).map_err(|error| problem(&error))?;
    ChainSpec::from_json(&json).map_err(|error| problem(&error))
}

fn make_genesis(
    settings: &ChainSettings,
    path: &PathBuf,
    sealer: &Sealer,
    treasury: &SecretKey,
) -> Result<(), Box<dyn std::error::Error>> {
    let wei = U256::from(SUPPLY_ETHER) * U256::from(10).pow(U256::from(18));
    let funded: BTreeMap<Address, U256> = [(chain::clique::signer_address(treasury), wei)].into();
    let signers = BTreeSet::from([sealer.address()]);
    let mut genesis = ChainSpec::development(settings.chain_id, &signers, &funded)?
        .genesis()
        .clone();
    genesis.gas_limit = settings.gas_limit;
    genesis.timestamp = now_ms() / 1_000;
    if let Some(clique) = &mut genesis.config.clique {
        clique.period = Some(settings.period);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Whole or not at all: a torn file would stop every later start.
    let draft = path.with_extension("json.draft");
    std::fs::write(&draft, serde_json::to_vec_pretty(&genesis)?)?;
    std::fs::File::open(&draft)?.sync_all()?;
    std::fs::rename(&draft, path)?;
    Ok(())
}

fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
