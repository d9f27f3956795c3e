use types::ErrorCode;
use types::sign_in::ProofPurpose;

use crate::service::testing::{code, sites, wallet};

#[tokio::test]
async fn a_second_wallet_is_linked_by_fresh_proof_and_opens_the_account() {
    for site in sites(|_| ()).await {
        let mut browser = site.signed_in(&wallet(1)).await;
        let (user, before) = (browser.user_id().await, browser.id);
        let outcome = browser.link(&wallet(2)).await.unwrap();
        assert_eq!((outcome.user_id, outcome.next.as_str()), (user, "/account"));
        assert_eq!(browser.id, before, "linking is not signing in");
        assert_eq!(
            site.browser().sign_in(&wallet(2)).await.unwrap().user_id,
            user
        );
        // Linking it again changes nothing.
        browser.link(&wallet(2)).await.unwrap();
        assert_eq!(site.identity.account(user).await.unwrap().wallets.len(), 2);
    }
}

#[tokio::test]
async fn a_wallet_of_another_account_cannot_be_linked() {
    for site in sites(|_| ()).await {
        site.signed_in(&wallet(2)).await;
        let mut browser = site.signed_in(&wallet(1)).await;
        assert_eq!(
            code(browser.link(&wallet(2)).await),
            ErrorCode::IdentityTaken
        );
    }
}

#[tokio::test]
async fn linking_needs_the_account_in_which_it_was_begun() {
    for site in sites(|_| ()).await {
        let mut visitor = site.browser();
        assert_eq!(
            code(visitor.link(&wallet(1)).await),
            ErrorCode::SignInRequired
        );
        // Begun in one account, answered in another: the session is another one by then.
        let mut browser = site.signed_in(&wallet(1)).await;
        let proof = browser
            .signed(&wallet(3), ProofPurpose::Link)
            .await
            .unwrap();
        browser.sign_in(&wallet(2)).await.unwrap();
        assert_eq!(code(browser.finish(proof).await), ErrorCode::ChallengeSpent);
        assert!(
            site.browser()
                .sign_in(&wallet(3))
                .await
                .unwrap()
                .is_new_user
        );
    }
}

#[tokio::test]
async fn a_wallet_is_removed_with_its_sessions_but_never_the_last() {
    for site in sites(|_| ()).await {
        let mut browser = site.signed_in(&wallet(1)).await;
        browser.link(&wallet(2)).await.unwrap();
        let by_second = site.signed_in(&wallet(2)).await;
        let user = browser.user_id().await;
        let wallets = site.identity.account(user).await.unwrap().wallets;
        let second = wallets
            .iter()
            .find(|linked| linked.address == wallet(2).address)
            .unwrap()
            .id;
        browser
            .send(async |identity, context| identity.unlink_wallet(context, second).await)
            .await
            .unwrap();
        assert!(!by_second.is_signed_in().await);
        assert!(browser.is_signed_in().await);
        let refused = browser
            .send(async |identity, context| identity.unlink_wallet(context, wallets[0].id).await)
            .await;
        assert_eq!(code(refused), ErrorCode::LastIdentity);
        // The freed wallet starts anew, and gets a name although its address was one.
        let outcome = site.browser().sign_in(&wallet(2)).await.unwrap();
        assert_ne!(outcome.user_id, user);
        let foreign = browser
            .send(async |identity, context| identity.unlink_wallet(context, second).await)
            .await;
        assert_eq!(code(foreign), ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn an_address_that_is_a_name_elsewhere_does_not_keep_its_holder_out() {
    for site in sites(|_| ()).await {
        let mut browser = site.signed_in(&wallet(1)).await;
        browser.link(&wallet(2)).await.unwrap();
        let first = site
            .identity
            .account(browser.user_id().await)
            .await
            .unwrap()
            .wallets[0]
            .id;
        browser
            .send(async |identity, context| identity.unlink_wallet(context, first).await)
            .await
            .unwrap();
        let outcome = site.browser().sign_in(&wallet(1)).await.unwrap();
        let account = site.identity.account(outcome.user_id).await.unwrap();
        assert!(account.name.starts_with(&wallet(1).address.to_lower_hex()));
        assert_ne!(account.name, wallet(1).address.to_lower_hex());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_wallets_removed_at_once_leave_one() {
    for site in sites(|_| ()).await {
        let mut browser = site.signed_in(&wallet(1)).await;
        browser.link(&wallet(2)).await.unwrap();
        let user = browser.user_id().await;
        let attempts: Vec<_> = site
            .identity
            .account(user)
            .await
            .unwrap()
            .wallets
            .into_iter()
            .map(|linked| {
                let browser = browser.clone();
                tokio::spawn(async move {
                    let context = browser.context().await;
                    browser
                        .identity
                        .unlink_wallet(&context, linked.id)
                        .await
                        .is_ok()
                })
            })
            .collect();
        let mut removed = 0;
        for attempt in attempts {
            removed += usize::from(attempt.await.unwrap());
        }
        assert_eq!(removed, 1);
        assert_eq!(site.identity.account(user).await.unwrap().wallets.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_that_signs_in_twice_at_once_gets_one_account() {
    for site in sites(|_| ()).await {
        let attempts = [(); 6].map(|()| {
            let mut browser = site.browser();
            tokio::spawn(async move { browser.sign_in(&wallet(1)).await.unwrap().user_id })
        });
        let mut users = std::collections::BTreeSet::new();
        for attempt in attempts {
            users.insert(attempt.await.unwrap());
        }
        assert_eq!(users.len(), 1);
    }
}

#[tokio::test]
async fn a_display_name_is_changed_at_once() {
    for site in sites(|_| ()).await {
        let mut browser = site.signed_in(&wallet(1)).await;
        browser
            .send(async |identity, context| identity.rename_self(context, " Ada L. ").await)
            .await
            .unwrap();
        assert_eq!(
            browser.context().await.viewer.unwrap().display_name,
            "Ada L."
        );
        for text in ["", "a\nb", &"x".repeat(81)] {
            let refused = browser
                .send(async |identity, context| identity.rename_self(context, text).await)
                .await;
            assert_eq!(code(refused), ErrorCode::NameInvalid);
        }
    }
}
