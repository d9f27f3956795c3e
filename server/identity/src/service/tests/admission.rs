use std::collections::HashSet;
use std::num::NonZeroU32;

use types::account::Role;
use types::admin::InvitationRequest;
use types::{ErrorCode, UserId};

use crate::AllowPolicy;
use crate::service::testing::{Browser, Site, code, sites, wallet};
use crate::service::{Arrival, GroupRole, Selector};

fn closed(config: &mut crate::IdentityConfig) {
    config.allow = AllowPolicy::Invitation;
}

fn invitation(role: Role, groups: &[&str]) -> InvitationRequest {
    InvitationRequest {
        note: "for the course".to_owned(),
        role,
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        uses: 1,
        expires_in_hours: 24,
    }
}

async fn invite(
    browser: &mut Browser,
    request: InvitationRequest,
) -> crate::service::Result<String> {
    browser
        .send(async |identity, context| identity.invite(context, request).await)
        .await
        .map(|(_, secret)| secret)
}

async fn arrive(browser: &mut Browser, arrival: Arrival) -> crate::service::Result<()> {
    browser
        .send(async |identity, context| identity.remember_arrival(context, arrival).await)
        .await
}

/// A new browser that came by an invitation link.
async fn invited(site: &Site, secret: &str) -> Browser {
    let mut browser = site.browser();
    let arrival = Arrival {
        invitation: Some(secret.to_owned()),
        ..Arrival::default()
    };
    arrive(&mut browser, arrival).await.unwrap();
    browser
}

async fn groups_of(site: &Site, user_id: UserId) -> Vec<(String, bool)> {
    let account = site.identity.account(user_id).await.unwrap();
    account
        .memberships
        .into_iter()
        .map(|membership| (membership.group, membership.is_manager))
        .collect()
}

#[tokio::test]
async fn the_first_person_with_the_link_becomes_administrator_and_nobody_after() {
    for site in sites(closed).await {
        let secret = site.identity.setup_secret().await.unwrap().unwrap();
        let arrival = || Arrival {
            setup: Some(secret.clone()),
            ..Arrival::default()
        };
        let mut first = site.browser();
        let mut second = site.browser();
        arrive(&mut first, arrival()).await.unwrap();
        arrive(&mut second, arrival()).await.unwrap();
        first.sign_in(&wallet(1)).await.unwrap();
        assert!(first.context().await.viewer.unwrap().is_administrator);
        assert_eq!(
            code(second.sign_in(&wallet(2)).await),
            ErrorCode::InvitationInvalid
        );
        assert_eq!(
            code(arrive(&mut site.browser(), arrival()).await),
            ErrorCode::InvitationInvalid
        );
        assert_eq!(site.identity.setup_secret().await.unwrap(), None);
        // Who was there before the policy asked signs in as ever.
        first.sign_in(&wallet(1)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_parallel_first_people_one_becomes_administrator() {
    for site in sites(|_| ()).await {
        let secret = site.identity.setup_secret().await.unwrap().unwrap();
        let mut browsers = Vec::new();
        for number in 1..5 {
            let mut browser = site.browser();
            arrive(
                &mut browser,
                Arrival {
                    setup: Some(secret.clone()),
                    ..Arrival::default()
                },
            )
            .await
            .unwrap();
            browsers.push((browser, wallet(number)));
        }
        let attempts: Vec<_> = browsers
            .into_iter()
            .map(|(mut browser, wallet)| {
                tokio::spawn(async move {
                    browser.sign_in(&wallet).await.unwrap();
                    browser.context().await.viewer.unwrap().is_administrator
                })
            })
            .collect();
        let mut administrators = 0;
        for attempt in attempts {
            administrators += usize::from(attempt.await.unwrap());
        }
        assert_eq!(administrators, 1);
    }
}

#[tokio::test]
async fn a_new_set_up_link_ends_the_one_before() {
    for site in sites(closed).await {
        let old = site.identity.setup_secret().await.unwrap().unwrap();
        let new = site.identity.setup_secret().await.unwrap().unwrap();
        let arrival = |secret: &str| Arrival {
            setup: Some(secret.to_owned()),
            ..Arrival::default()
        };
        assert_eq!(
            code(arrive(&mut site.browser(), arrival(&old)).await),
            ErrorCode::InvitationInvalid
        );
        arrive(&mut site.browser(), arrival(&new)).await.unwrap();
        // Once there is an administrator by other means, it opens nothing; the operator's does.
        site.identity
            .make_administrator(&Selector::Wallet(wallet(9).address))
            .await
            .unwrap();
        assert_eq!(
            code(arrive(&mut site.browser(), arrival(&new)).await),
            ErrorCode::InvitationInvalid
        );
        let by_operator = site.identity.reset_setup_link().await.unwrap();
        let mut browser = site.browser();
        arrive(&mut browser, arrival(&by_operator)).await.unwrap();
        browser.sign_in(&wallet(3)).await.unwrap();
        assert!(browser.context().await.viewer.unwrap().is_administrator);
    }
}

#[tokio::test]
async fn a_set_up_link_is_good_for_a_day() {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    for site in sites(closed).await {
        let secret = site.identity.setup_secret().await.unwrap().unwrap();
        let arrival = || Arrival {
            setup: Some(secret.clone()),
            ..Arrival::default()
        };
        site.wait_ms(DAY_MS - 1_000);
        let mut browser = site.browser();
        arrive(&mut browser, arrival()).await.unwrap();
        site.wait_ms(1_000);
        assert_eq!(
            code(arrive(&mut site.browser(), arrival()).await),
            ErrorCode::InvitationInvalid
        );
        // Nor for who came by it while it was good.
        assert_eq!(
            code(browser.sign_in(&wallet(1)).await),
            ErrorCode::InvitationInvalid
        );
    }
}

#[tokio::test]
async fn an_invitation_lets_as_many_in_as_it_says_with_what_it_gives() {
    for site in sites(closed).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let secret = invite(
            &mut admin,
            invitation(Role::Member, &["lab", "manager:team"]),
        )
        .await
        .unwrap();
        let mut browser = invited(&site, &secret).await;
        let mut late = invited(&site, &secret).await;
        let outcome = browser.sign_in(&wallet(1)).await.unwrap();
        assert!(outcome.is_new_user);
        assert_eq!(
            groups_of(&site, outcome.user_id).await,
            [("lab".to_owned(), false), ("team".to_owned(), true)]
        );
        assert_eq!(
            code(late.sign_in(&wallet(2)).await),
            ErrorCode::InvitationInvalid
        );
        // Without the link, the guest is still let in.
        site.signed_in(&wallet(1)).await;
    }
}

#[tokio::test]
async fn a_revoked_or_expired_invitation_lets_nobody_in() {
    for site in sites(closed).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let secret = invite(&mut admin, invitation(Role::Member, &[]))
            .await
            .unwrap();
        let mut revoked = invited(&site, &secret).await;
        let list = admin
            .send(async |identity, context| identity.invitations(context).await)
            .await
            .unwrap();
        assert_eq!(list[0].uses_left, 1);
        admin
            .send(async |identity, context| identity.revoke_invitation(context, list[0].id).await)
            .await
            .unwrap();
        assert_eq!(
            code(revoked.sign_in(&wallet(1)).await),
            ErrorCode::InvitationInvalid
        );

        let secret = invite(&mut admin, invitation(Role::Member, &[]))
            .await
            .unwrap();
        site.wait_ms(24 * 60 * 60 * 1_000);
        let arrival = Arrival {
            invitation: Some(secret),
            ..Arrival::default()
        };
        assert_eq!(
            code(arrive(&mut site.browser(), arrival).await),
            ErrorCode::InvitationInvalid
        );
        let guess = Arrival {
            invitation: Some("guess".to_owned()),
            ..Arrival::default()
        };
        assert_eq!(
            code(arrive(&mut site.browser(), guess).await),
            ErrorCode::InvitationInvalid
        );
    }
}

#[tokio::test]
async fn an_invitation_is_worth_what_its_maker_may_give_when_it_is_used() {
    for site in sites(closed).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let mut other = site.administrator(&wallet(8)).await;
        let secret = invite(&mut admin, invitation(Role::Administrator, &[]))
            .await
            .unwrap();
        let mut browser = invited(&site, &secret).await;
        let maker = admin.user_id().await;
        other
            .send(async |identity, context| identity.set_role(context, maker, Role::Member).await)
            .await
            .unwrap();
        assert_eq!(
            code(browser.sign_in(&wallet(1)).await),
            ErrorCode::InvitationInvalid
        );
    }
}

#[tokio::test]
async fn managers_invite_members_of_their_groups_and_nobody_else() {
    for site in sites(|_| ()).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let mut manager = site.signed_in(&wallet(1)).await;
        let manager_id = manager.user_id().await;
        assert_eq!(
            code(invite(&mut manager, invitation(Role::Member, &["lab"])).await),
            ErrorCode::Forbidden
        );
        admin
            .send(async |identity, context| {
                identity
                    .set_membership(context, manager_id, "lab", GroupRole::Manager)
                    .await
            })
            .await
            .unwrap();
        for (role, groups) in [
            (Role::Administrator, &["lab"][..]),
            (Role::Member, &["other"]),
            (Role::Member, &["lab", "other"]),
            (Role::Member, &[]),
        ] {
            assert_eq!(
                code(invite(&mut manager, invitation(role, groups)).await),
                ErrorCode::Forbidden,
                "{groups:?}"
            );
        }
        let secret = invite(&mut manager, invitation(Role::Member, &["lab"]))
            .await
            .unwrap();
        let outcome = invited(&site, &secret)
            .await
            .sign_in(&wallet(2))
            .await
            .unwrap();
        assert_eq!(
            groups_of(&site, outcome.user_id).await,
            [("lab".to_owned(), false)]
        );

        // A manager sees their own invitations only, and those of others do not exist for them.
        invite(&mut admin, invitation(Role::Member, &["lab"]))
            .await
            .unwrap();
        let all = admin
            .send(async |identity, context| identity.invitations(context).await)
            .await
            .unwrap();
        let own = manager
            .send(async |identity, context| identity.invitations(context).await)
            .await
            .unwrap();
        assert_eq!((all.len(), own.len()), (2, 1));
        let foreign = all.iter().find(|row| row.id != own[0].id).unwrap().id;
        let refused = manager
            .send(async |identity, context| identity.revoke_invitation(context, foreign).await)
            .await;
        assert_eq!(code(refused), ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn only_an_administrators_link_gives_groups_to_people_who_have_an_account() {
    for site in sites(|_| ()).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let mut manager = site.signed_in(&wallet(1)).await;
        let manager_id = manager.user_id().await;
        admin
            .send(async |identity, context| {
                identity
                    .set_membership(context, manager_id, "lab", GroupRole::Manager)
                    .await
            })
            .await
            .unwrap();
        let known = site.signed_in(&wallet(2)).await.user_id().await;

        let secret = invite(&mut manager, invitation(Role::Member, &["lab"]))
            .await
            .unwrap();
        let mut browser = invited(&site, &secret).await;
        let outcome = browser.sign_in(&wallet(2)).await.unwrap();
        assert_eq!(outcome.user_id, known);
        assert!(groups_of(&site, known).await.is_empty());
        let may_enter = site
            .identity
            .may_user_manage_servers_of(manager_id, known)
            .await;
        assert!(!may_enter.unwrap());
        // The link was not used up by it, and lets a newcomer in.
        let newcomer = invited(&site, &secret)
            .await
            .sign_in(&wallet(3))
            .await
            .unwrap();
        let lab = [("lab".to_owned(), false)];
        assert_eq!(groups_of(&site, newcomer.user_id).await, lab);

        let secret = invite(&mut admin, invitation(Role::Member, &["lab"]))
            .await
            .unwrap();
        let mut browser = invited(&site, &secret).await;
        browser.sign_in(&wallet(2)).await.unwrap();
        assert_eq!(groups_of(&site, known).await, lab);
    }
}

#[tokio::test]
async fn a_personal_link_opens_that_account_once() {
    for site in sites(closed).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let report = admin
            .send(async |identity, context| {
                identity
                    .apply_bulk(context, "name,groups\ngrace,lab", &[])
                    .await
            })
            .await
            .unwrap();
        let secret = report.lines[0]
            .message
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned();
        let mut grace = invited(&site, &secret).await;
        let mut thief = invited(&site, &secret).await;
        let outcome = grace.sign_in(&wallet(1)).await.unwrap();
        assert_eq!(grace.context().await.viewer.unwrap().name, "grace");
        assert!(!outcome.is_new_user);
        assert_eq!(
            code(thief.sign_in(&wallet(2)).await),
            ErrorCode::InvitationInvalid
        );
        assert_eq!(
            site.browser().sign_in(&wallet(1)).await.unwrap().user_id,
            outcome.user_id
        );
        // She can sign in now, so no more such links.
        let refused = admin
            .send(async |identity, context| identity.invite_user(context, outcome.user_id).await)
            .await;
        assert_eq!(code(refused), ErrorCode::BadRequest);
    }
}

#[tokio::test]
async fn an_allow_list_admits_its_wallets_and_whom_an_administrator_made() {
    let listed = |config: &mut crate::IdentityConfig| {
        config.allow = AllowPolicy::AllowList {
            addresses: HashSet::from([wallet(1).address]),
        };
    };
    for site in sites(listed).await {
        site.signed_in(&wallet(1)).await;
        assert_eq!(
            code(site.browser().sign_in(&wallet(2)).await),
            ErrorCode::NotAllowed
        );
        let mut admin = site.administrator(&wallet(9)).await;
        let csv = format!("wallet\n{}", wallet(2).address);
        admin
            .send(async |identity, context| identity.apply_bulk(context, &csv, &[]).await)
            .await
            .unwrap();
        site.signed_in(&wallet(2)).await;
    }
}

#[tokio::test]
async fn people_go_where_they_wanted_if_it_is_on_this_site() {
    for site in sites(|_| ()).await {
        for (next, expected) in [
            ("/open/abc?path=/lab", "/open/abc?path=/lab"),
            ("//evil.example", "/dashboard"),
            ("/dashboard", "/dashboard"),
        ] {
            let mut browser = site.browser();
            arrive(
                &mut browser,
                Arrival {
                    next: Some(next.to_owned()),
                    ..Arrival::default()
                },
            )
            .await
            .unwrap();
            assert_eq!(browser.sign_in(&wallet(1)).await.unwrap().next, expected);
            // It was for that sign-in only.
            assert_eq!(
                browser.sign_in(&wallet(1)).await.unwrap().next,
                "/dashboard"
            );
        }
        let mut visitor = site.browser();
        arrive(
            &mut visitor,
            Arrival {
                next: Some("/dashboard".to_owned()),
                ..Arrival::default()
            },
        )
        .await
        .unwrap();
        assert_eq!(visitor.id, None, "nothing to remember, no session");
    }
}

#[tokio::test]
async fn one_network_makes_few_sessions_by_arriving() {
    let strict = |config: &mut crate::IdentityConfig| {
        config.rate_limits.challenges_per_minute_and_ip = NonZeroU32::MIN;
    };
    for site in sites(strict).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let secret = invite(&mut admin, invitation(Role::Member, &[]))
            .await
            .unwrap();
        let going = || Arrival {
            next: Some("/account".to_owned()),
            ..Arrival::default()
        };
        let mut made = 0;
        for _ in 0..20 {
            let mut browser = site.browser();
            arrive(&mut browser, going()).await.unwrap();
            made += usize::from(browser.id.is_some());
        }
        // One more comes free every 20 seconds.
        assert!((3..20).contains(&made), "{made}");
        let coming = Arrival {
            invitation: Some(secret),
            ..Arrival::default()
        };
        assert_eq!(
            code(arrive(&mut site.browser(), coming).await),
            ErrorCode::RateLimited
        );
        // Who has a session makes no new one, and another network has its own share.
        arrive(&mut admin, going()).await.unwrap();
        let mut elsewhere = site.browser();
        elsewhere.ip = "203.0.113.8".parse().unwrap();
        arrive(&mut elsewhere, going()).await.unwrap();
        assert!(elsewhere.id.is_some());
    }
}

#[tokio::test]
async fn the_database_holds_no_secret_that_opens_anything() {
    use crate::store::entity::{invitations, sessions, setup_links};
    use sea_orm::EntityTrait;
    for site in sites(closed).await {
        let setup = site.identity.setup_secret().await.unwrap().unwrap();
        let mut browser = site.browser();
        arrive(
            &mut browser,
            Arrival {
                setup: Some(setup.clone()),
                ..Arrival::default()
            },
        )
        .await
        .unwrap();
        let kept = (
            setup_links::Entity::find()
                .all(site.database())
                .await
                .unwrap(),
            sessions::Entity::find().all(site.database()).await.unwrap(),
        );
        let text = format!("{kept:?}");
        assert!(!text.contains(&setup));
        assert!(!text.contains(&browser.id.unwrap().to_string()));
        browser.sign_in(&wallet(1)).await.unwrap();
        let secret = invite(&mut browser, invitation(Role::Member, &[]))
            .await
            .unwrap();
        let kept = invitations::Entity::find()
            .all(site.database())
            .await
            .unwrap();
        assert!(!format!("{kept:?}").contains(&secret));
    }
}
