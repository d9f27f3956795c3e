//! `ledgercloud wallet`: keys in files of the Web3 Secret Storage format, and what they sign.

mod passphrase;
mod transfer;

use std::path::PathBuf;
use std::process::ExitCode;

use alloy_primitives::{Address, eip191_hash_message};
use chain::keystore::{self, DerivationChoice, Keystore, KeystoreError, SecretKey};
use clap::{Args, Subcommand};
use rand::TryRngCore;
use rand::rngs::OsRng;

use super::{Outcome, problem, say};
use crate::config::{Flags, load};
use passphrase::PassphraseSource;
use transfer::Transfer;

#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    /// Make a key and keep it under a passphrase
    New {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        cost: Cost,
    },
    /// Keep a key that another program has exported
    Import {
        /// A Web3 Secret Storage file, or a file with 64 hexadecimal digits
        file: PathBuf,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        cost: Cost,
    },
    /// The addresses of the keys that are kept
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Sign a message as wallets do (EIP-191, `personal_sign`)
    Sign {
        /// Whose key signs
        address: Address,
        message: String,
        #[command(flatten)]
        place: Place,
    },
    /// Sign a transaction, send it, and wait until it is in a block
    Send {
        #[command(flatten)]
        transfer: Transfer,
        #[command(flatten)]
        place: Place,
    },
}

/// Where keys are, and what opens them.
#[derive(Debug, Args)]
pub struct Place {
    /// Folder of the key files [default: keystore in the data folder]
    #[arg(long, value_name = "DIR")]
    keystore: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

/// How costly it is to try a passphrase.
#[derive(Debug, Args)]
pub struct Cost {
    /// Derive the key by PBKDF2-SHA-256 instead of scrypt, for devices with little memory
    #[arg(long)]
    pbkdf2: bool,
}

impl Cost {
    const fn choice(&self) -> DerivationChoice {
        if self.pbkdf2 {
            DerivationChoice::Pbkdf2
        } else {
            DerivationChoice::Scrypt
        }
    }
}

/// Does what the command says. The site may run meanwhile.
pub async fn run(flags: &Flags, command: WalletCommand) -> Outcome {
    match command {
        WalletCommand::New { place, cost } => {
            let store = open(flags, &place)?;
            let passphrase = place.passphrase.read_new()?;
            let made = store
                .create(
                    &passphrase,
                    cost.choice(),
                    time::OffsetDateTime::now_utc(),
                    &mut OsRng.unwrap_err(),
                )
                .map_err(|error| problem(&error))?;
            say(&format!("{}\n{}", made.address, made.path.display()));
        }
        WalletCommand::Import { file, place, cost } => {
            let store = open(flags, &place)?;
            let secret = read_foreign(&file, &place)?;
            let passphrase = place.passphrase.read_new()?;
            let kept = store
                .import(
                    &secret,
                    &passphrase,
                    cost.choice(),
                    time::OffsetDateTime::now_utc(),
                    &mut OsRng.unwrap_err(),
                )
                .map_err(|error| problem(&error))?;
            say(&format!("{}\n{}", kept.address, kept.path.display()));
        }
        WalletCommand::List { place } => {
            let keys = open(flags, &place)?
                .list()
                .map_err(|error| problem(&error))?;
            if keys.is_empty() {
                say("no keys yet; make one with `ledgercloud wallet new`");
            }
            for key in keys {
                say(&format!("{}  {}", key.address, key.path.display()));
            }
        }
        WalletCommand::Sign {
            address,
            message,
            place,
        } => {
            let secret = unlock(flags, &place, address)?;
            let signature = secret.sign(eip191_hash_message(message.as_bytes()));
            say(&signature.to_string());
        }
        WalletCommand::Send { transfer, place } => {
            let secret = unlock(flags, &place, transfer.from())?;
            transfer.send(&secret).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn open(flags: &Flags, place: &Place) -> Result<Keystore, Vec<String>> {
    let folder = match &place.keystore {
        Some(folder) => folder.clone(),
        None => load(flags)?.data_dir.join("keystore"),
    };
    Keystore::open(folder).map_err(|error| problem(&error))
}

fn unlock(flags: &Flags, place: &Place, address: Address) -> Result<SecretKey, Vec<String>> {
    let store = open(flags, place)?;
    // Said before a passphrase is asked for.
    if store
        .find(address)
        .map_err(|error| problem(&error))?
        .is_none()
    {
        return Err(problem(&KeystoreError::NotFound(address)));
    }
    let passphrase = place.passphrase.read()?;
    store
        .decrypt(address, &passphrase)
        .map_err(|error| problem(&error))
}

/// A key out of a file that another program has made: bare digits, or locked.
fn read_foreign(file: &PathBuf, place: &Place) -> Result<SecretKey, Vec<String>> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| vec![format!("{}: {error}", file.display())])?;
    if let Ok(secret) = SecretKey::from_hex(&text) {
        return Ok(secret);
    }
    let locked = keystore::read(file).map_err(|error| {
        vec![format!(
            "{}: neither a key file nor a key of 64 hexadecimal digits ({error})",
            file.display()
        )]
    })?;
    let passphrase = place.passphrase.read_of_import()?;
    locked.decrypt(&passphrase).map_err(|error| problem(&error))
}
