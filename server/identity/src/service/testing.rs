//! A site with browsers and wallets, for the tests of this crate.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use k256::ecdsa::SigningKey;
use migrations::testing::{TestDatabase, databases};
use sea_orm::DatabaseConnection;
use tower_sessions::Session;
use tower_sessions::session::Id;
use types::sign_in::{ProofPurpose, WalletProof};
use types::{ErrorCode, Timestamp, UserId, WalletAddress};

use super::{Identity, ProofOutcome, RequestContext, Result, Selector};
use crate::IdentityError;
use crate::admission::AllowPolicy;
use crate::clock::Clock;
use crate::config::{IdentityConfig, RateLimits};
use crate::wallet_signature::{address_of, personal_hash};

pub(crate) const CHAIN_ID: u64 = 31_337;

/// One site on its own database, with a clock that only moves when told.
pub(crate) struct Site {
    pub(crate) identity: Identity,
    now_ms: Arc<AtomicI64>,
    database: TestDatabase,
}

/// Open to everyone, without limits in the way.
pub(crate) fn config() -> IdentityConfig {
    let mut config = IdentityConfig::new("http://localhost:3000".parse().unwrap());
    config.allow = AllowPolicy::Open;
    config.rate_limits = RateLimits {
        challenges_per_minute_and_ip: NonZeroU32::new(100_000).unwrap(),
        proofs_per_minute_and_ip: NonZeroU32::new(100_000).unwrap(),
        proofs_per_hour_and_address: NonZeroU32::new(100_000).unwrap(),
    };
    config
}

/// One such site on each kind of database.
pub(crate) async fn sites(change: impl Fn(&mut IdentityConfig)) -> Vec<Site> {
    let mut sites = Vec::new();
    for database in databases().await {
        let mut config = config();
        change(&mut config);
        let now_ms = Arc::new(AtomicI64::new(Timestamp::now().0));
        let identity = open(&database.connection, config, &now_ms).await;
        sites.push(Site {
            identity,
            now_ms,
            database,
        });
    }
    sites
}

async fn open(
    database: &DatabaseConnection,
    config: IdentityConfig,
    now_ms: &Arc<AtomicI64>,
) -> Identity {
    let now_ms = now_ms.clone();
    let clock = Clock::new(move || Timestamp(now_ms.load(Ordering::SeqCst)));
    Identity::open_with_clock(database.clone(), config, clock)
        .await
        .unwrap()
}

impl Site {
    pub(crate) fn database(&self) -> &DatabaseConnection {
        &self.database.connection
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.now_ms.load(Ordering::SeqCst))
    }

    /// Lets time pass.
    pub(crate) fn wait_ms(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Catches up with the machine's clock, which outside services go by.
    pub(crate) fn follow_machine(&self) {
        self.now_ms.fetch_max(Timestamp::now().0, Ordering::SeqCst);
    }

    /// A second process on the same database, with the same clock.
    pub(crate) async fn other_process(&self) -> Identity {
        open(self.database(), config(), &self.now_ms).await
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser {
            identity: self.identity.clone(),
            id: None,
            ip: "203.0.113.7".parse().unwrap(),
        }
    }

    /// A browser in which this wallet has signed in.
    pub(crate) async fn signed_in(&self, wallet: &Wallet) -> Browser {
        let mut browser = self.browser();
        browser.sign_in(wallet).await.unwrap();
        browser
    }

    /// A browser of an administrator.
    pub(crate) async fn administrator(&self, wallet: &Wallet) -> Browser {
        self.identity
            .make_administrator(&Selector::Wallet(wallet.address))
            .await
            .unwrap();
        self.signed_in(wallet).await
    }
}

/// A browser: it keeps one cookie.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) identity: Identity,
    pub(crate) id: Option<Id>,
    pub(crate) ip: IpAddr,
}

impl Browser {
    /// One request, as the session layer of the server handles it.
    pub(crate) async fn send<T>(
        &mut self,
        request: impl AsyncFnOnce(&Identity, &RequestContext) -> T,
    ) -> T {
        let context = self.context().await;
        let answer = request(&self.identity, &context).await;
        if context.session.is_modified() && !context.session.is_empty().await {
            context.session.save().await.unwrap();
        }
        self.id = context.session.id();
        answer
    }

    /// What a request of this browser brings with it.
    pub(crate) async fn context(&self) -> RequestContext {
        let session = Session::new(self.id, Arc::new(self.identity.session_storage()), None);
        let caller = self.identity.caller(&session).await.unwrap();
        RequestContext {
            session,
            request_id: "test".to_owned(),
            ip: self.ip,
            user_agent: "Test/1.0".to_owned(),
            session_key: caller.as_ref().map(|caller| caller.session_key),
            viewer: caller.map(|caller| caller.viewer),
        }
    }

    pub(crate) async fn user_id(&self) -> UserId {
        self.context().await.viewer.unwrap().user_id
    }

    pub(crate) async fn is_signed_in(&self) -> bool {
        self.context().await.viewer.is_some()
    }

    /// Begins a proof and signs its message.
    pub(crate) async fn signed(
        &mut self,
        wallet: &Wallet,
        purpose: ProofPurpose,
    ) -> Result<WalletProof> {
        let challenge = self
            .send(async |identity, context| {
                identity
                    .begin_wallet_proof(context, purpose, wallet.address, CHAIN_ID)
                    .await
            })
            .await?;
        Ok(WalletProof {
            signature: wallet.sign(&challenge.message),
            message: challenge.message,
        })
    }

    pub(crate) async fn finish(&mut self, proof: WalletProof) -> Result<ProofOutcome> {
        self.send(async |identity, context| identity.finish_wallet_proof(context, proof).await)
            .await
    }

    pub(crate) async fn sign_in(&mut self, wallet: &Wallet) -> Result<ProofOutcome> {
        let proof = self.signed(wallet, ProofPurpose::SignIn).await?;
        self.finish(proof).await
    }

    pub(crate) async fn link(&mut self, wallet: &Wallet) -> Result<ProofOutcome> {
        let proof = self.signed(wallet, ProofPurpose::Link).await?;
        self.finish(proof).await
    }
}

/// A wallet with one key.
pub(crate) struct Wallet {
    key: SigningKey,
    pub(crate) address: WalletAddress,
}

pub(crate) fn wallet(number: u8) -> Wallet {
    let key = SigningKey::from_slice(&[number.max(1); 32]).unwrap();
    Wallet {
        address: address_of(key.verifying_key()),
        key,
    }
}

impl Wallet {
    /// As `personal_sign` answers.
    pub(crate) fn sign(&self, message: &str) -> String {
        format!(
            "0x{}",
            hex::encode(self.sign_hash(&personal_hash(message.as_bytes())))
        )
    }

    pub(crate) fn sign_hash(&self, hash: &[u8; 32]) -> Vec<u8> {
        let (signature, recovery_id) = self.key.sign_prehash_recoverable(hash).unwrap();
        let mut bytes = signature.to_bytes().to_vec();
        bytes.push(27 + recovery_id.to_byte());
        bytes
    }
}

/// The code of a refusal.
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T>) -> ErrorCode {
    match result {
        Err(IdentityError::Refused(error)) => error.code,
        Err(IdentityError::Unavailable { .. }) => ErrorCode::Unavailable,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}
