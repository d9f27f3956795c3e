use types::{ErrorCode, SessionKey};

use crate::service::SignOutScope;
use crate::service::testing::{Browser, code, sites, wallet};

const MINUTE_MS: i64 = 60_000;

async fn key(browser: &Browser) -> SessionKey {
    browser.context().await.session_key.unwrap()
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it() {
    for site in sites(|config| config.session_idle_ms = 10 * MINUTE_MS).await {
        let browser = site.signed_in(&wallet(1)).await;
        let (session, user) = (key(&browser).await, browser.user_id().await);
        for _ in 0..5 {
            site.wait_ms(9 * MINUTE_MS);
            assert!(browser.is_signed_in().await, "used again and again");
        }
        site.wait_ms(9 * MINUTE_MS);
        assert!(
            site.identity.is_session_alive(session, user).await,
            "asking does not use it"
        );
        site.wait_ms(MINUTE_MS);
        assert!(!site.identity.is_session_alive(session, user).await);
        assert!(!browser.is_signed_in().await);
    }
}

#[tokio::test]
async fn a_session_ends_in_any_case() {
    let short = |config: &mut crate::IdentityConfig| {
        config.session_idle_ms = 10 * MINUTE_MS;
        config.session_absolute_ms = 30 * MINUTE_MS;
    };
    for site in sites(short).await {
        let browser = site.signed_in(&wallet(1)).await;
        for _ in 0..5 {
            site.wait_ms(5 * MINUTE_MS);
            assert!(browser.is_signed_in().await);
        }
        site.wait_ms(5 * MINUTE_MS);
        assert!(!browser.is_signed_in().await);
    }
}

#[tokio::test]
async fn work_in_a_notebook_keeps_the_session() {
    for site in sites(|config| config.session_idle_ms = 10 * MINUTE_MS).await {
        let browser = site.signed_in(&wallet(1)).await;
        let session = key(&browser).await;
        for _ in 0..3 {
            site.wait_ms(9 * MINUTE_MS);
            site.identity.note_session_use(session).await.unwrap();
        }
        assert!(browser.is_signed_in().await);
        site.wait_ms(10 * MINUTE_MS);
        site.identity.note_session_use(session).await.unwrap();
        assert!(
            !browser.is_signed_in().await,
            "one that has ended stays ended"
        );
    }
}

#[tokio::test]
async fn signing_out_ends_this_session_at_once() {
    for site in sites(|_| ()).await {
        let mut browser = site.signed_in(&wallet(1)).await;
        let elsewhere = site.signed_in(&wallet(1)).await;
        let (old, user) = (browser.clone(), browser.user_id().await);
        let session = key(&browser).await;
        assert!(site.identity.is_session_alive(session, user).await);
        let mut ended = site.identity.ended_sessions();
        browser
            .send(async |identity, context| {
                identity.sign_out(context, SignOutScope::ThisSession).await
            })
            .await
            .unwrap();
        assert_eq!(ended.recv().await.unwrap(), session);
        assert!(!site.identity.is_session_alive(session, user).await);
        assert_eq!(browser.id, None, "the cookie is removed");
        assert!(!old.is_signed_in().await);
        assert!(elsewhere.is_signed_in().await);
    }
}

/// A tab that was polling while another signed out (GHSA-cw7p-q79f-m2v7 of JupyterHub).
#[tokio::test]
async fn a_request_that_began_before_the_sign_out_does_not_undo_it() {
    for site in sites(|_| ()).await {
        let mut browser = site.signed_in(&wallet(1)).await;
        let polling = browser.clone();
        let context = polling.context().await;
        context.session.insert("tab", 1).await.unwrap();
        browser
            .send(async |identity, context| {
                identity.sign_out(context, SignOutScope::ThisSession).await
            })
            .await
            .unwrap();
        context.session.save().await.unwrap();
        assert!(!polling.is_signed_in().await);
    }
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_of_them() {
    for site in sites(|_| ()).await {
        let mut browser = site.signed_in(&wallet(1)).await;
        let elsewhere = site.signed_in(&wallet(1)).await;
        let somebody_else = site.signed_in(&wallet(2)).await;
        browser
            .send(async |identity, context| {
                identity.sign_out(context, SignOutScope::Everywhere).await
            })
            .await
            .unwrap();
        assert!(!elsewhere.is_signed_in().await);
        assert!(somebody_else.is_signed_in().await);
    }
}

#[tokio::test]
async fn sessions_are_listed_and_revoked_by_their_owner() {
    for site in sites(|_| ()).await {
        let mut browser = site.signed_in(&wallet(1)).await;
        let elsewhere = site.signed_in(&wallet(1)).await;
        let stranger = site.signed_in(&wallet(2)).await;
        let list = browser
            .send(async |identity, context| identity.sessions(context).await)
            .await
            .unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!(list.iter().filter(|session| session.is_current).count(), 1);
        assert!(
            list.iter()
                .all(|session| session.ip == "203.0.113.7"
                    && session.method.starts_with("wallet 0x"))
        );

        let foreign = key(&stranger).await;
        let refused = browser
            .send(async |identity, context| identity.revoke_session(context, foreign).await)
            .await;
        assert_eq!(code(refused), ErrorCode::NotFound);
        assert!(stranger.is_signed_in().await);

        let other = key(&elsewhere).await;
        browser
            .send(async |identity, context| identity.revoke_session(context, other).await)
            .await
            .unwrap();
        assert!(!elsewhere.is_signed_in().await);
        assert!(browser.is_signed_in().await);
    }
}

#[tokio::test]
async fn another_process_learns_of_the_end_within_seconds() {
    for site in sites(|_| ()).await {
        let mut browser = site.signed_in(&wallet(1)).await;
        let (session, user) = (key(&browser).await, browser.user_id().await);
        let other = site.other_process().await;
        assert!(other.is_session_alive(session, user).await);
        assert!(
            !other
                .is_session_alive(session, types::UserId::generate())
                .await,
            "not somebody else's"
        );
        browser
            .send(async |identity, context| {
                identity.sign_out(context, SignOutScope::ThisSession).await
            })
            .await
            .unwrap();
        site.wait_ms(5_000);
        assert!(!other.is_session_alive(session, user).await);
        assert!(!other.is_session_alive(SessionKey::generate(), user).await);
    }
}

#[tokio::test]
async fn an_account_is_open_in_a_bounded_number_of_browsers() {
    for site in sites(|_| ()).await {
        let first = site.signed_in(&wallet(1)).await;
        for _ in 0..50 {
            site.wait_ms(1);
            site.signed_in(&wallet(1)).await;
        }
        assert!(!first.is_signed_in().await);
        let mut last = site.signed_in(&wallet(1)).await;
        let list = last
            .send(async |identity, context| identity.sessions(context).await)
            .await
            .unwrap();
        assert_eq!(list.len(), 50);
    }
}

#[tokio::test]
async fn what_has_expired_is_swept_away() {
    use crate::store::entity::{sessions, wallet_challenges};
    use sea_orm::{EntityTrait, PaginatorTrait};
    for site in sites(|_| ()).await {
        let mut visitor = site.browser();
        visitor
            .signed(&wallet(1), types::sign_in::ProofPurpose::SignIn)
            .await
            .unwrap();
        let member = site.signed_in(&wallet(2)).await;
        site.wait_ms(61 * MINUTE_MS);
        crate::tasks::sweep::sweep(&site.identity.inner)
            .await
            .unwrap();
        assert!(member.is_signed_in().await);
        assert_eq!(
            sessions::Entity::find()
                .count(site.database())
                .await
                .unwrap(),
            1
        );
        assert_eq!(
            wallet_challenges::Entity::find()
                .count(site.database())
                .await
                .unwrap(),
            0
        );
    }
}
