//! Against a real provider: `end2end/oidc/provider.mjs`.

mod provider;

use types::ErrorCode;
use types::sign_in::ProofPurpose;

use self::provider::{Provider, query_of};
use crate::config::OauthProviderConfig;
use crate::service::testing::{Browser, Site, code, sites, wallet};
use crate::service::{OauthCallback, ProofOutcome, Result};

fn client(provider: &Provider) -> OauthProviderConfig {
    OauthProviderConfig {
        slug: "demo".to_owned(),
        display_name: "Demo".to_owned(),
        issuer: provider.issuer.parse().unwrap(),
        client_id: "hub".to_owned(),
        client_secret: Some("a secret of the hub".to_owned()),
        scopes: ["openid", "profile", "email", "groups"]
            .map(str::to_owned)
            .to_vec(),
        group_claim: Some("groups".to_owned()),
    }
}

async fn sites_with(provider: &Provider, change: impl Fn(&mut OauthProviderConfig)) -> Vec<Site> {
    sites(|config| {
        let mut client = client(provider);
        change(&mut client);
        config.oauth_providers = vec![client];
    })
    .await
}

async fn begin(browser: &mut Browser, purpose: ProofPurpose) -> Result<url::Url> {
    browser
        .send(async |identity, context| identity.begin_oauth(context, purpose, "demo").await)
        .await
}

async fn finish(
    site: &Site,
    browser: &mut Browser,
    answer: &OauthCallback,
) -> Result<ProofOutcome> {
    site.follow_machine();
    browser
        .send(async |identity, context| identity.finish_oauth(context, "demo", answer).await)
        .await
}

/// The whole way: to the provider as this person, and back.
async fn go(
    site: &Site,
    browser: &mut Browser,
    provider: &Provider,
    person: &str,
    purpose: ProofPurpose,
) -> Result<ProofOutcome> {
    let url = begin(browser, purpose).await?;
    let answer = provider.answer(&url, person).await;
    finish(site, browser, &answer).await
}

async fn sign_in(
    site: &Site,
    browser: &mut Browser,
    provider: &Provider,
    person: &str,
) -> Result<ProofOutcome> {
    go(site, browser, provider, person, ProofPurpose::SignIn).await
}

#[tokio::test]
async fn a_person_signs_in_and_is_known_again_by_issuer_and_subject() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        let mut browser = site.browser();
        let first = sign_in(&site, &mut browser, &provider, "ada")
            .await
            .unwrap();
        assert!(first.is_new_user);
        let account = site.identity.account(first.user_id).await.unwrap();
        assert_eq!(account.name, "ada.lovelace");
        assert_eq!(account.display_name, "Ada Lovelace");
        assert_eq!(account.identities[0].issuer, provider.issuer);
        assert_eq!(account.identities[0].subject, "subject-ada");
        let again = sign_in(&site, &mut site.browser(), &provider, "ada")
            .await
            .unwrap();
        assert_eq!((again.user_id, again.is_new_user), (first.user_id, false));
        assert!(browser.context().await.viewer.unwrap().wallet.is_none());
    }
}

#[tokio::test]
async fn the_request_says_what_it_must() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        let query = query_of(
            &begin(&mut site.browser(), ProofPurpose::SignIn)
                .await
                .unwrap(),
        );
        assert_eq!(
            query["redirect_uri"],
            "http://localhost:3000/oauth/demo/callback"
        );
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["code_challenge"].len(), 43);
        assert_eq!(query["client_id"], "hub");
        assert!(query["scope"].starts_with("openid"));
        assert!(query["state"].len() >= 43 && query["nonce"].len() >= 43);
        let unknown = site
            .browser()
            .send(async |identity, context| {
                identity
                    .begin_oauth(context, ProofPurpose::SignIn, "nope")
                    .await
            })
            .await;
        assert_eq!(code(unknown), ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn the_same_e_mail_does_not_open_somebody_elses_account() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        let ada = sign_in(&site, &mut site.browser(), &provider, "ada")
            .await
            .unwrap();
        let eve = sign_in(&site, &mut site.browser(), &provider, "eve")
            .await
            .unwrap();
        assert!(eve.is_new_user);
        assert_ne!(ada.user_id, eve.user_id);
        assert_eq!(
            site.identity.account(ada.user_id).await.unwrap().email,
            site.identity.account(eve.user_id).await.unwrap().email
        );
    }
}

#[tokio::test]
async fn a_subject_that_is_a_wallets_address_proves_no_wallet() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        let holder = site.signed_in(&wallet(1)).await.user_id().await;
        let mut browser = site.browser();
        let pretender = sign_in(&site, &mut browser, &provider, "wallet")
            .await
            .unwrap();
        assert_ne!(pretender.user_id, holder);
        let account = site.identity.account(pretender.user_id).await.unwrap();
        assert_eq!(
            account.identities[0].subject,
            wallet(1).address.to_lower_hex()
        );
        assert!(account.wallets.is_empty());
        assert!(!account.name.starts_with("0x"), "{}", account.name);
        // Nor does it get in the way of the wallet's holder, before or after.
        assert_eq!(
            code(browser.link(&wallet(1)).await),
            ErrorCode::IdentityTaken
        );
        assert_eq!(
            site.browser().sign_in(&wallet(1)).await.unwrap().user_id,
            holder
        );
    }
}

#[tokio::test]
async fn an_identity_is_linked_to_a_wallets_account_and_opens_it() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        let mut browser = site.signed_in(&wallet(1)).await;
        let user = browser.user_id().await;
        let outcome = go(&site, &mut browser, &provider, "grace", ProofPurpose::Link)
            .await
            .unwrap();
        assert_eq!(
            (outcome.user_id, outcome.purpose),
            (user, ProofPurpose::Link)
        );
        assert_eq!(
            sign_in(&site, &mut site.browser(), &provider, "grace")
                .await
                .unwrap()
                .user_id,
            user
        );
        // Both ways in can be taken off, but not the last.
        let account = site.identity.account(user).await.unwrap();
        browser
            .send(async |identity, context| {
                identity.unlink_wallet(context, account.wallets[0].id).await
            })
            .await
            .unwrap();
        let last = browser
            .send(async |identity, context| {
                identity
                    .unlink_identity(context, account.identities[0].id)
                    .await
            })
            .await;
        assert_eq!(code(last), ErrorCode::LastIdentity);
        // Somebody else's identity is not for linking.
        let mut other = site.signed_in(&wallet(2)).await;
        let taken = go(&site, &mut other, &provider, "grace", ProofPurpose::Link).await;
        assert_eq!(code(taken), ErrorCode::IdentityTaken);
    }
}

#[tokio::test]
async fn an_answer_is_for_the_browser_that_asked_and_good_once() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        let mut browser = site.browser();
        let answer = provider
            .answer(
                &begin(&mut browser, ProofPurpose::SignIn).await.unwrap(),
                "ada",
            )
            .await;
        // Login forgery: the attacker's answer in the victim's browser.
        let mut victim = site.browser();
        assert_eq!(
            code(finish(&site, &mut victim, &answer).await),
            ErrorCode::ChallengeSpent
        );
        begin(&mut victim, ProofPurpose::SignIn).await.unwrap();
        assert_eq!(
            code(finish(&site, &mut victim, &answer).await),
            ErrorCode::ChallengeSpent
        );
        let forged = OauthCallback {
            state: Some("forged".to_owned()),
            ..answer.clone()
        };
        assert_eq!(
            code(finish(&site, &mut browser, &forged).await),
            ErrorCode::ChallengeSpent
        );
        let stateless = OauthCallback {
            state: None,
            ..answer.clone()
        };
        assert_eq!(
            code(finish(&site, &mut browser, &stateless).await),
            ErrorCode::ChallengeSpent
        );
        let before = browser.clone();
        finish(&site, &mut browser, &answer).await.unwrap();
        assert_eq!(
            code(finish(&site, &mut before.clone(), &answer).await),
            ErrorCode::ChallengeSpent
        );
    }
}

#[tokio::test]
async fn an_answer_expires() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        let mut browser = site.browser();
        let answer = provider
            .answer(
                &begin(&mut browser, ProofPurpose::SignIn).await.unwrap(),
                "ada",
            )
            .await;
        site.wait_ms(10 * 60_000);
        assert_eq!(
            code(finish(&site, &mut browser, &answer).await),
            ErrorCode::ChallengeSpent
        );
    }
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_worthless() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        let mut thief = site.browser();
        let own = begin(&mut thief, ProofPurpose::SignIn).await.unwrap();
        let stolen = provider
            .answer(
                &begin(&mut site.browser(), ProofPurpose::SignIn)
                    .await
                    .unwrap(),
                "ada",
            )
            .await;
        // PKCE: the code was asked for with another secret.
        let injected = OauthCallback {
            state: Some(query_of(&own)["state"].clone()),
            ..stolen
        };
        assert_eq!(
            code(finish(&site, &mut thief, &injected).await),
            ErrorCode::OauthFailed
        );
    }
}

#[tokio::test]
async fn a_token_with_another_nonce_is_not_believed() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        let mut browser = site.browser();
        let url = begin(&mut browser, ProofPurpose::SignIn).await.unwrap();
        let nonce = query_of(&url)["nonce"].clone();
        let bent = url
            .as_str()
            .replace(&nonce, "another-nonce")
            .parse()
            .unwrap();
        let answer = provider.answer(&bent, "ada").await;
        let error = finish(&site, &mut browser, &answer)
            .await
            .unwrap_err()
            .to_api_error();
        assert_eq!(error.code, ErrorCode::OauthFailed);
        assert!(error.message.contains("another sign-in"), "{error}");
    }
}

#[tokio::test]
async fn a_code_for_another_client_is_not_exchanged() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        let mut browser = site.browser();
        let url = begin(&mut browser, ProofPurpose::SignIn).await.unwrap();
        let bent = url
            .as_str()
            .replace("client_id=hub", "client_id=other")
            .parse()
            .unwrap();
        let answer = provider.answer(&bent, "ada").await;
        assert_eq!(
            code(finish(&site, &mut browser, &answer).await),
            ErrorCode::OauthFailed
        );
    }
}

#[tokio::test]
async fn an_answer_that_names_another_issuer_or_none_is_refused() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        for iss in [Some("https://evil.example".to_owned()), None] {
            let mut browser = site.browser();
            let answer = provider
                .answer(
                    &begin(&mut browser, ProofPurpose::SignIn).await.unwrap(),
                    "ada",
                )
                .await;
            assert_eq!(answer.iss.as_ref(), Some(&provider.issuer), "RFC 9207");
            let bent = OauthCallback { iss, ..answer };
            assert_eq!(
                code(finish(&site, &mut browser, &bent).await),
                ErrorCode::OauthFailed
            );
        }
    }
}

#[tokio::test]
async fn who_declines_there_is_told_so_here() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        let error = sign_in(&site, &mut site.browser(), &provider, "nobody")
            .await
            .unwrap_err()
            .to_api_error();
        assert_eq!(error.code, ErrorCode::OauthFailed);
        assert!(error.message.contains("cancelled"), "{error}");
    }
}

#[tokio::test]
async fn new_keys_of_the_provider_are_fetched_once_and_not_too_often() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        let before = provider.key_requests().await;
        sign_in(&site, &mut site.browser(), &provider, "ada")
            .await
            .unwrap();
        sign_in(&site, &mut site.browser(), &provider, "ada")
            .await
            .unwrap();
        assert_eq!(
            provider.key_requests().await - before,
            1,
            "kept between sign-ins"
        );
        for _ in 0..5 {
            provider.rotate_keys().await;
            sign_in(&site, &mut site.browser(), &provider, "ada")
                .await
                .unwrap();
        }
        let fetched = provider.key_requests().await;
        assert_eq!(fetched - before, 6);
        provider.rotate_keys().await;
        let refused = sign_in(&site, &mut site.browser(), &provider, "ada").await;
        assert_eq!(code(refused), ErrorCode::OauthFailed);
        assert_eq!(
            provider.key_requests().await,
            fetched,
            "not a sixth time in one minute"
        );
        site.wait_ms(60_000);
        sign_in(&site, &mut site.browser(), &provider, "ada")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn memberships_follow_the_group_claim_and_leave_the_others_alone() {
    let provider = Provider::start().await;
    for site in sites_with(&provider, |_| ()).await {
        provider.set_groups("ada", "lab,team").await;
        let user = sign_in(&site, &mut site.browser(), &provider, "ada")
            .await
            .unwrap()
            .user_id;
        let mut admin = site.administrator(&wallet(9)).await;
        admin
            .send(async |identity, context| {
                identity
                    .set_membership(context, user, "by-hand", crate::service::GroupRole::Manager)
                    .await
            })
            .await
            .unwrap();
        provider.set_groups("ada", "lab,new").await;
        sign_in(&site, &mut site.browser(), &provider, "ada")
            .await
            .unwrap();
        let memberships = site.identity.account(user).await.unwrap().memberships;
        let names: Vec<_> = memberships
            .iter()
            .map(|member| (member.group.as_str(), member.is_manager))
            .collect();
        assert_eq!(names, [("by-hand", true), ("lab", false), ("new", false)]);
    }
}

#[tokio::test]
async fn a_public_client_signs_in_by_pkce_alone() {
    let provider = Provider::start().await;
    let public = |client: &mut OauthProviderConfig| {
        client.client_id = "public".to_owned();
        client.client_secret = None;
    };
    for site in sites_with(&provider, public).await {
        sign_in(&site, &mut site.browser(), &provider, "ada")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_provider_that_is_away_or_another_one_is_unavailable() {
    let provider = Provider::start().await;
    for (issuer, what) in [
        ("http://127.0.0.1:9".to_owned(), "nobody listens"),
        (
            format!("{}/elsewhere", provider.issuer),
            "no document there",
        ),
        (
            provider.issuer.replace("127.0.0.1", "localhost"),
            "the document names another issuer",
        ),
    ] {
        for site in sites_with(&provider, |client| client.issuer = issuer.parse().unwrap()).await {
            let begun = begin(&mut site.browser(), ProofPurpose::SignIn).await;
            assert_eq!(code(begun), ErrorCode::Unavailable, "{what}");
        }
    }
}
