use std::num::NonZeroU32;

use types::audit::{AuditQuery, Outcome};
use types::sign_in::{ProofPurpose, WalletProof};
use types::{ErrorCode, WalletAddress};

use crate::service::testing::{CHAIN_ID, code, sites, wallet};
use crate::wallet_message::CHALLENGE_TTL_MS;

#[tokio::test]
async fn a_wallet_signs_in_under_a_new_session_secret() {
    for site in sites(|_| ()).await {
        let ada = wallet(1);
        let mut browser = site.browser();
        let proof = browser.signed(&ada, ProofPurpose::SignIn).await.unwrap();
        let before = browser.clone();
        let outcome = browser.finish(proof).await.unwrap();
        assert!(outcome.is_new_user);
        assert_eq!(outcome.next, "/dashboard");
        assert_ne!(browser.id, before.id);
        assert!(
            !before.is_signed_in().await,
            "the secret of before the sign-in opens nothing"
        );
        let viewer = browser.context().await.viewer.unwrap();
        assert_eq!(viewer.user_id, outcome.user_id);
        assert_eq!(viewer.name, ada.address.to_lower_hex());
        assert_eq!(viewer.wallet, Some(ada.address));
        assert!(!viewer.is_administrator);

        let again = site.browser().sign_in(&ada).await.unwrap();
        assert_eq!((again.user_id, again.is_new_user), (outcome.user_id, false));
    }
}

#[tokio::test]
async fn a_signed_message_is_good_once() {
    for site in sites(|_| ()).await {
        let mut browser = site.browser();
        let proof = browser
            .signed(&wallet(1), ProofPurpose::SignIn)
            .await
            .unwrap();
        let mut replaying = browser.clone();
        browser.finish(proof.clone()).await.unwrap();
        assert_eq!(
            code(replaying.finish(proof.clone()).await),
            ErrorCode::ChallengeSpent
        );
        assert_eq!(code(browser.finish(proof).await), ErrorCode::ChallengeSpent);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_parallel_answers_exactly_one_wins() {
    for site in sites(|_| ()).await {
        for _ in 0..10 {
            let mut browser = site.browser();
            let proof = browser
                .signed(&wallet(1), ProofPurpose::SignIn)
                .await
                .unwrap();
            let attempts = [(); 4].map(|()| {
                let (mut browser, proof) = (browser.clone(), proof.clone());
                tokio::spawn(async move {
                    browser
                        .finish(proof)
                        .await
                        .map_err(|error| error.to_api_error().code)
                })
            });
            let mut won = 0;
            for attempt in attempts {
                match attempt.await.unwrap() {
                    Ok(_) => won += 1,
                    Err(code) => assert_eq!(code, ErrorCode::ChallengeSpent),
                }
            }
            assert_eq!(won, 1);
        }
    }
}

#[tokio::test]
async fn a_message_of_another_browser_is_refused_and_stays_good_there() {
    for site in sites(|_| ()).await {
        let mut browser = site.browser();
        let proof = browser
            .signed(&wallet(1), ProofPurpose::SignIn)
            .await
            .unwrap();
        let mut thief = site.browser();
        assert_eq!(
            code(thief.finish(proof.clone()).await),
            ErrorCode::ChallengeSpent
        );
        thief
            .signed(&wallet(2), ProofPurpose::SignIn)
            .await
            .unwrap();
        assert_eq!(
            code(thief.finish(proof.clone()).await),
            ErrorCode::ChallengeSpent
        );
        browser.finish(proof).await.unwrap();
    }
}

#[tokio::test]
async fn a_failed_attempt_uses_the_message_up() {
    for site in sites(|_| ()).await {
        let mut browser = site.browser();
        let good = browser
            .signed(&wallet(1), ProofPurpose::SignIn)
            .await
            .unwrap();
        let altered = WalletProof {
            message: good.message.replace("Sign in", "Give in"),
            ..good.clone()
        };
        assert_eq!(
            code(browser.finish(altered).await),
            ErrorCode::ChallengeMismatch
        );
        assert_eq!(code(browser.finish(good).await), ErrorCode::ChallengeSpent);
        let nonsense = WalletProof {
            message: "hello".to_owned(),
            signature: "0x00".to_owned(),
        };
        assert_eq!(
            code(browser.finish(nonsense).await),
            ErrorCode::ChallengeMismatch
        );
    }
}

#[tokio::test]
async fn a_message_expires() {
    for site in sites(|_| ()).await {
        let mut browser = site.browser();
        let proof = browser
            .signed(&wallet(1), ProofPurpose::SignIn)
            .await
            .unwrap();
        site.wait_ms(CHALLENGE_TTL_MS);
        assert_eq!(code(browser.finish(proof).await), ErrorCode::ChallengeSpent);
    }
}

#[tokio::test]
async fn a_wrong_signature_is_refused_and_recorded() {
    for site in sites(|_| ()).await {
        let mut browser = site.browser();
        let (ada, eve) = (wallet(1), wallet(2));
        for spoil in [
            |_: &str, by_eve: String| by_eve,
            |own: &str, _| own[..own.len() - 2].to_owned(),
            |_: &str, _| "0x".to_owned(),
            |_: &str, _| "nonsense".to_owned(),
        ] {
            let proof = browser.signed(&ada, ProofPurpose::SignIn).await.unwrap();
            let signature = spoil(&proof.signature, eve.sign(&proof.message));
            let spoiled = WalletProof { signature, ..proof };
            assert_eq!(
                code(browser.finish(spoiled).await),
                ErrorCode::SignatureInvalid
            );
        }
        assert!(!browser.is_signed_in().await);
        let mut admin = site.administrator(&wallet(9)).await;
        let query = AuditQuery {
            target: Some(format!("wallet:{}", ada.address.to_lower_hex())),
            ..AuditQuery::default()
        };
        let log = admin
            .send(async |identity, context| identity.audit(context, &query).await)
            .await
            .unwrap();
        assert_eq!(log.items.len(), 4);
        assert!(
            log.items
                .iter()
                .all(|entry| entry.outcome == Outcome::Refused)
        );
    }
}

#[tokio::test]
async fn a_contract_wallet_is_refused_cleanly_where_no_chain_can_be_asked() {
    for site in sites(|_| ()).await {
        let mut browser = site.browser();
        for length in [64, 66, 200] {
            let proof = browser
                .signed(&wallet(1), ProofPurpose::SignIn)
                .await
                .unwrap();
            let signature = format!("0x{}", "ab".repeat(length));
            let error = browser
                .finish(WalletProof { signature, ..proof })
                .await
                .unwrap_err()
                .to_api_error();
            assert_eq!(error.code, ErrorCode::SignatureInvalid);
            assert!(error.message.contains("contract wallet"), "{error}");
        }
    }
}

#[tokio::test]
async fn another_chain_is_refused_before_anything_is_signed() {
    for site in sites(|config| config.chain_ids = vec![CHAIN_ID]).await {
        let begun = site
            .browser()
            .send(async |identity, context| {
                identity
                    .begin_wallet_proof(context, ProofPurpose::SignIn, WalletAddress([1; 20]), 5)
                    .await
            })
            .await;
        assert_eq!(code(begun), ErrorCode::ChainNotAllowed);
    }
}

#[tokio::test]
async fn unknown_and_unwanted_wallets_are_told_the_same() {
    for site in sites(|config| config.allow = crate::AllowPolicy::Invitation).await {
        let mut answers = Vec::new();
        for number in [1, 2] {
            let error = site
                .browser()
                .sign_in(&wallet(number))
                .await
                .unwrap_err()
                .to_api_error();
            assert_eq!(error.code, ErrorCode::NotAllowed);
            answers.push(error);
        }
        assert_eq!(answers[0], answers[1]);
    }
}

#[tokio::test]
async fn attempts_are_limited_by_network_and_by_wallet() {
    let limited = |config: &mut crate::IdentityConfig| {
        config.rate_limits.proofs_per_hour_and_address = NonZeroU32::new(3).unwrap();
        config.rate_limits.challenges_per_minute_and_ip = NonZeroU32::new(10).unwrap();
    };
    for site in sites(limited).await {
        let (ada, eve) = (wallet(1), wallet(2));
        let mut browser = site.browser();
        for attempt in 0..5 {
            let proof = browser.signed(&ada, ProofPurpose::SignIn).await.unwrap();
            let forged = WalletProof {
                signature: eve.sign(&proof.message),
                ..proof
            };
            let expected = if attempt < 3 {
                ErrorCode::SignatureInvalid
            } else {
                ErrorCode::RateLimited
            };
            assert_eq!(
                code(browser.finish(forged).await),
                expected,
                "attempt {attempt}"
            );
        }
        // Wrong signatures by others do not keep the holder out.
        browser.sign_in(&ada).await.unwrap();
        for _ in 0..4 {
            browser.signed(&eve, ProofPurpose::SignIn).await.unwrap();
        }
        assert_eq!(
            code(browser.signed(&eve, ProofPurpose::SignIn).await),
            ErrorCode::RateLimited
        );
        browser.ip = "203.0.113.8".parse().unwrap();
        browser.signed(&eve, ProofPurpose::SignIn).await.unwrap();
    }
}

#[tokio::test]
async fn another_wallet_opens_another_account_and_ends_the_session() {
    for site in sites(|_| ()).await {
        let mut browser = site.signed_in(&wallet(1)).await;
        let (first, old) = (browser.user_id().await, browser.clone());
        let old_key = old.context().await.session_key.unwrap();
        let mut ended = site.identity.ended_sessions();
        let outcome = browser.sign_in(&wallet(2)).await.unwrap();
        assert_ne!(outcome.user_id, first);
        assert_eq!(browser.user_id().await, outcome.user_id);
        assert!(!old.is_signed_in().await);
        assert!(!site.identity.is_session_alive(old_key, first).await);
        assert_eq!(ended.recv().await.unwrap(), old_key);
        // And back: the first account is still there.
        assert_eq!(browser.sign_in(&wallet(1)).await.unwrap().user_id, first);
    }
}
