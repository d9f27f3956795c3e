use std::collections::BTreeSet;

use types::account::Role;
use types::admin::{UserQuery, UserRow, UserSort, UserStatusFilter};
use types::{ErrorCode, PageRequest, UserId};

use crate::service::testing::{Browser, Site, code, sites, wallet};
use crate::service::{GroupRole, Result, Selector};

async fn set_role(browser: &mut Browser, user_id: UserId, role: Role) -> Result<()> {
    browser
        .send(async |identity, context| identity.set_role(context, user_id, role).await)
        .await
}

async fn suspend(browser: &mut Browser, user_id: UserId) -> Result<()> {
    browser
        .send(async |identity, context| identity.suspend(context, user_id).await)
        .await
}

async fn join(browser: &mut Browser, user_id: UserId, group: &str, role: GroupRole) -> Result<()> {
    browser
        .send(async |identity, context| {
            identity.set_membership(context, user_id, group, role).await
        })
        .await
}

async fn all(browser: &mut Browser, query: UserQuery) -> Result<Vec<UserRow>> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let query = UserQuery {
            page: PageRequest {
                after: after.clone(),
                limit: Some(3),
            },
            ..query.clone()
        };
        let page = browser
            .send(async |identity, context| identity.users(context, &query).await)
            .await?;
        rows.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

fn names(rows: &[UserRow]) -> Vec<&str> {
    rows.iter().map(|row| row.name.as_str()).collect()
}

/// An administrator and eight people, `p1` … `p8`, made a second apart.
async fn peopled(site: &Site) -> Browser {
    let mut admin = site.administrator(&wallet(9)).await;
    for number in 1..=8 {
        site.wait_ms(1_000);
        let groups = if number % 2 == 0 { "even" } else { "odd;lab" };
        let csv = format!("name,email,groups\np{number},p{number}@example.org,{groups}");
        admin
            .send(async |identity, context| identity.apply_bulk(context, &csv, &[]).await)
            .await
            .unwrap();
    }
    admin
}

#[tokio::test]
async fn the_table_is_paged_without_gaps_in_every_order() {
    for site in sites(|_| ()).await {
        let mut admin = peopled(&site).await;
        let admin_name = wallet(9).address.to_lower_hex();
        let by_name = all(&mut admin, UserQuery::default()).await.unwrap();
        assert_eq!(
            names(&by_name),
            [&admin_name, "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"]
        );
        let newest = UserQuery {
            sort: UserSort::NewestFirst,
            ..UserQuery::default()
        };
        let newest = all(&mut admin, newest).await.unwrap();
        assert_eq!(
            names(&newest),
            ["p8", "p7", "p6", "p5", "p4", "p3", "p2", "p1", &admin_name]
        );
        let seen = UserQuery {
            sort: UserSort::LastSeenFirst,
            ..UserQuery::default()
        };
        let seen = all(&mut admin, seen).await.unwrap();
        assert_eq!(seen[0].name, admin_name);
        assert_eq!(names(&seen).into_iter().collect::<BTreeSet<_>>().len(), 9);
        let broken = UserQuery {
            sort: UserSort::NewestFirst,
            page: PageRequest {
                after: Some("nonsense".to_owned()),
                limit: None,
            },
            ..UserQuery::default()
        };
        let refused = admin
            .send(async |identity, context| identity.users(context, &broken).await)
            .await;
        assert_eq!(code(refused), ErrorCode::BadRequest);
    }
}

#[tokio::test]
async fn people_are_found_by_anything_that_names_them() {
    for site in sites(|_| ()).await {
        let mut admin = peopled(&site).await;
        let mut find = async |query: UserQuery| {
            let rows = all(&mut admin, query).await.unwrap();
            rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
        };
        let search = |text: &str| UserQuery {
            search: Some(text.to_owned()),
            ..UserQuery::default()
        };
        assert_eq!(find(search("P3@EXAMPLE")).await, ["p3"]);
        let address = wallet(9).address.to_checksum();
        assert_eq!(find(search(&address[4..12])).await.len(), 1);
        assert_eq!(find(search("%")).await.len(), 0, "wildcards are letters");
        assert_eq!(find(search("p_")).await.len(), 0);
        assert_eq!(find(search("")).await.len(), 9);
        assert_eq!(
            find(UserQuery {
                group: Some("even".to_owned()),
                ..UserQuery::default()
            })
            .await
            .len(),
            4
        );
        assert_eq!(
            find(UserQuery {
                group: Some("none".to_owned()),
                ..UserQuery::default()
            })
            .await
            .len(),
            0
        );
        assert_eq!(
            find(UserQuery {
                role: Some(Role::Administrator),
                ..UserQuery::default()
            })
            .await
            .len(),
            1
        );
    }
}

#[tokio::test]
async fn a_suspended_person_is_out_at_once_until_reinstated() {
    for site in sites(|_| ()).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let member = site.signed_in(&wallet(1)).await;
        let user = member.user_id().await;
        let session = member.context().await.session_key.unwrap();
        suspend(&mut admin, user).await.unwrap();
        assert!(!site.identity.is_session_alive(session, user).await);
        assert!(!member.is_signed_in().await);
        assert_eq!(
            code(site.browser().sign_in(&wallet(1)).await),
            ErrorCode::Suspended
        );
        let query = UserQuery {
            status: UserStatusFilter::Suspended,
            ..UserQuery::default()
        };
        assert_eq!(all(&mut admin, query).await.unwrap().len(), 1);
        admin
            .send(async |identity, context| identity.reinstate(context, user).await)
            .await
            .unwrap();
        site.signed_in(&wallet(1)).await;
    }
}

#[tokio::test]
async fn an_account_expires() {
    for site in sites(|_| ()).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let expires = site.now().plus_ms(60_000);
        let csv = format!(
            "wallet,expires\n{},{}",
            wallet(1).address,
            expires.to_rfc3339()
        );
        admin
            .send(async |identity, context| identity.apply_bulk(context, &csv, &[]).await)
            .await
            .unwrap();
        let member = site.signed_in(&wallet(1)).await;
        let (user, session) = (
            member.user_id().await,
            member.context().await.session_key.unwrap(),
        );
        site.wait_ms(60_000);
        assert!(!site.identity.is_session_alive(session, user).await);
        assert!(!member.is_signed_in().await);
        assert_eq!(
            code(site.browser().sign_in(&wallet(1)).await),
            ErrorCode::Suspended
        );
    }
}

#[tokio::test]
async fn shut_accounts_are_told_apart_from_open_ones() {
    for site in sites(|_| ()).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let expires = site.now().plus_ms(60_000);
        let csv = format!(
            "wallet,expires\n{},{}",
            wallet(1).address,
            expires.to_rfc3339()
        );
        admin
            .send(async |identity, context| identity.apply_bulk(context, &csv, &[]).await)
            .await
            .unwrap();
        let expiring = site.signed_in(&wallet(1)).await.user_id().await;
        let suspended = site.signed_in(&wallet(2)).await.user_id().await;
        let open = site.signed_in(&wallet(3)).await.user_id().await;
        let gone = UserId::from_parts(1, 1);
        // By the command line, which is another process.
        let selector = Selector::Wallet(wallet(2).address);
        let command_line = site.other_process().await;
        command_line.suspend_user(&selector).await.unwrap();

        let everyone = [expiring, suspended, open, gone];
        let shut = site.identity.shut_among(&everyone).await.unwrap();
        assert_eq!(shut, [suspended, gone]);
        site.wait_ms(60_000);
        let shut = site.identity.shut_among(&everyone).await.unwrap();
        assert_eq!(shut, [expiring, suspended, gone]);
        assert!(site.identity.shut_among(&[]).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_last_administrator_stays() {
    for site in sites(|_| ()).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let own = admin.user_id().await;
        assert_eq!(
            code(set_role(&mut admin, own, Role::Member).await),
            ErrorCode::BadRequest
        );
        assert_eq!(code(suspend(&mut admin, own).await), ErrorCode::BadRequest);
        assert_eq!(
            code(
                site.identity
                    .suspend_user(&Selector::Wallet(wallet(9).address))
                    .await
            ),
            ErrorCode::BadRequest
        );
        let second = site.signed_in(&wallet(8)).await.user_id().await;
        set_role(&mut admin, second, Role::Administrator)
            .await
            .unwrap();
        set_role(&mut admin, own, Role::Member).await.unwrap();
        assert!(
            !admin.context().await.viewer.unwrap().is_administrator,
            "at once"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_administrators_who_demote_each_other_at_once_leave_one() {
    for site in sites(|_| ()).await {
        for round in 0..5 {
            let (first, second) = (wallet(100 + 2 * round), wallet(101 + 2 * round));
            let mut left = site.administrator(&first).await;
            let mut right = site.administrator(&second).await;
            // Only these two: the pair of the last round goes.
            let (left_id, right_id) = (left.user_id().await, right.user_id().await);
            let query = UserQuery {
                role: Some(Role::Administrator),
                ..UserQuery::default()
            };
            for row in all(&mut left, query.clone()).await.unwrap() {
                if row.user_id != left_id && row.user_id != right_id {
                    set_role(&mut left, row.user_id, Role::Member)
                        .await
                        .unwrap();
                }
            }
            let one =
                tokio::spawn(
                    async move { set_role(&mut left, right_id, Role::Member).await.is_ok() },
                );
            let two =
                tokio::spawn(
                    async move { set_role(&mut right, left_id, Role::Member).await.is_ok() },
                );
            let (one, two) = (one.await.unwrap(), two.await.unwrap());
            assert!(one ^ two, "exactly one demotes the other");
            assert_eq!(
                site.identity.list_users(&query).await.unwrap().items.len(),
                1
            );
        }
    }
}

#[tokio::test]
async fn members_may_do_none_of_it() {
    for site in sites(|_| ()).await {
        let mut admin = site.administrator(&wallet(9)).await;
        let (own, admin_id) = (
            site.signed_in(&wallet(1)).await.user_id().await,
            admin.user_id().await,
        );
        let mut member = site.signed_in(&wallet(1)).await;
        assert_eq!(
            code(set_role(&mut member, own, Role::Administrator).await),
            ErrorCode::Forbidden
        );
        assert_eq!(
            code(suspend(&mut member, admin_id).await),
            ErrorCode::Forbidden
        );
        assert_eq!(
            code(join(&mut member, own, "lab", GroupRole::Manager).await),
            ErrorCode::Forbidden
        );
        assert_eq!(
            code(all(&mut member, UserQuery::default()).await),
            ErrorCode::Forbidden
        );
        let bulk = member
            .send(async |identity, context| identity.apply_bulk(context, "name\nx", &[]).await)
            .await;
        assert_eq!(code(bulk), ErrorCode::Forbidden);
        let mut visitor = site.browser();
        assert_eq!(
            code(all(&mut visitor, UserQuery::default()).await),
            ErrorCode::SignInRequired
        );
        // Who was administrator when the request began, but no more when it is carried out.
        let context = admin.context().await;
        let mut second = site.administrator(&wallet(8)).await;
        set_role(&mut second, admin_id, Role::Member).await.unwrap();
        assert_eq!(
            code(
                site.identity
                    .set_role(&context, own, Role::Administrator)
                    .await
            ),
            ErrorCode::Forbidden
        );
        assert_eq!(
            code(set_role(&mut admin, own, Role::Administrator).await),
            ErrorCode::Forbidden
        );
    }
}

#[tokio::test]
async fn a_manager_sees_and_steers_the_members_of_their_groups_only() {
    for site in sites(|_| ()).await {
        let mut admin = peopled(&site).await;
        let mut manager = site.signed_in(&wallet(1)).await;
        let manager_id = manager.user_id().await;
        join(&mut admin, manager_id, "even", GroupRole::Manager)
            .await
            .unwrap();
        let admin_id = admin.user_id().await;
        join(&mut admin, admin_id, "even", GroupRole::Member)
            .await
            .unwrap();
        join(&mut admin, admin_id, "lab", GroupRole::Member)
            .await
            .unwrap();
        let seen = all(&mut manager, UserQuery::default()).await.unwrap();
        assert_eq!(
            seen.len(),
            6,
            "four people, the administrator and the manager"
        );
        assert!(seen.iter().all(|row| {
            row.memberships
                .iter()
                .all(|membership| membership.group == "even")
        }));
        // Who of them is in a group that the manager does not manage is not told by the filter.
        for (group, count) in [("even", 6), ("lab", 0), ("none", 0)] {
            let query = UserQuery {
                group: Some(group.to_owned()),
                ..UserQuery::default()
            };
            let found = all(&mut manager, query).await.unwrap();
            assert_eq!(found.len(), count, "{group}");
        }
        let everyone = all(&mut admin, UserQuery::default()).await.unwrap();
        let id = |name: &str| {
            everyone
                .iter()
                .find(|row| row.name == name)
                .unwrap()
                .user_id
        };
        let viewer = manager.context().await.viewer.unwrap();
        assert!(viewer.is_manager);
        for (owner, may) in [
            (id("p2"), true),
            (id("p1"), false),
            (manager_id, true),
            (admin_id, false),
        ] {
            assert_eq!(
                site.identity
                    .may_manage_servers_of(&viewer, owner)
                    .await
                    .unwrap(),
                may
            );
        }
        let managed: BTreeSet<_> = site
            .identity
            .managed_users(&viewer)
            .await
            .unwrap()
            .unwrap()
            .into_iter()
            .collect();
        assert_eq!(
            managed,
            BTreeSet::from([id("p2"), id("p4"), id("p6"), id("p8")])
        );
        let hidden = id("p1");
        let refused = manager
            .send(async |identity, context| identity.user(context, hidden).await)
            .await;
        assert_eq!(code(refused), ErrorCode::NotFound);
        let groups = manager
            .send(async |identity, context| identity.groups(context).await)
            .await
            .unwrap();
        assert_eq!(
            groups
                .iter()
                .map(|(_, name, count)| (name.as_str(), *count))
                .collect::<Vec<_>>(),
            [("even", 6)]
        );
        // Who no longer manages sees nothing, at once.
        join(&mut admin, manager_id, "even", GroupRole::None)
            .await
            .unwrap();
        assert_eq!(
            code(all(&mut manager, UserQuery::default()).await),
            ErrorCode::Forbidden
        );
        assert_eq!(
            code(join(&mut admin, manager_id, "even", GroupRole::None).await),
            ErrorCode::NotFound
        );
    }
}

#[tokio::test]
async fn names_are_looked_up_together() {
    for site in sites(|_| ()).await {
        let ada = site.signed_in(&wallet(1)).await.user_id().await;
        let names = site
            .identity
            .names(&[ada, UserId::generate()])
            .await
            .unwrap();
        assert_eq!(names.len(), 1);
        assert_eq!(names[&ada], wallet(1).address.to_lower_hex());
    }
}
