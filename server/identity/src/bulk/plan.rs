//! Decides what a list would do: one verdict a line, and the changes to write.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use types::account::Role;
use types::bulk::{BulkLine, BulkVerdict};
use types::{Timestamp, UserId, WalletAddress};

use super::list::ListLine;
use super::wish::{Lenient, Wish, read};
use crate::capped::capped;
use crate::grant::GroupStanding;

/// A user who is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownUser {
    pub id: UserId,
    pub name: String,
    pub wallets: Vec<WalletAddress>,
    /// Has an OAuth identity.
    pub has_identity: bool,
    pub email: Option<String>,
    pub role: Role,
    pub profile: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub groups: BTreeMap<String, GroupStanding>,
}

/// What is there already, as far as the list touches it.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    pub users: Vec<KnownUser>,
    /// Every group's name.
    pub groups: BTreeSet<String>,
    /// Administrators who are neither suspended nor bound to expire.
    pub lasting_administrators: BTreeSet<UserId>,
}

/// What a list would do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub lines: Vec<BulkLine>,
    pub new_groups: Vec<String>,
    /// In the order of the lines; complete only when no line is rejected.
    pub changes: Vec<Change>,
}

impl Plan {
    /// Whether every line can be applied.
    #[must_use]
    pub fn is_applicable(&self) -> bool {
        self.lines
            .iter()
            .all(|line| line.verdict != BulkVerdict::Reject)
    }
}

/// What one line writes. `line` is its place in [`Plan::lines`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Create { line: usize, user: NewUser },
    Update { line: usize, change: ExistingChange },
}

/// A user to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    pub name: String,
    pub wallet: Option<WalletAddress>,
    pub email: Option<String>,
    pub role: Role,
    pub groups: BTreeMap<String, GroupStanding>,
    pub profile: Option<String>,
    pub expires_at: Option<Timestamp>,
}

/// What changes of a user; `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingChange {
    pub user_id: UserId,
    /// Only for users who have no way to sign in yet.
    pub wallet: Option<WalletAddress>,
    pub email: Option<String>,
    pub role: Option<Role>,
    /// Groups to join, or to manage.
    pub groups: BTreeMap<String, GroupStanding>,
    pub profile: Option<String>,
    pub expires_at: Option<Timestamp>,
}

impl ExistingChange {
    fn is_empty(&self) -> bool {
        self.wallet.is_none()
            && self.email.is_none()
            && self.role.is_none()
            && self.groups.is_empty()
            && self.profile.is_none()
            && self.expires_at.is_none()
    }

    fn summary(&self) -> String {
        let mut parts = Vec::new();
        if let Some(wallet) = self.wallet {
            parts.push(format!("gets the wallet {}", wallet.to_short()));
        }
        if self.email.is_some() {
            parts.push("gets another e-mail".to_owned());
        }
        if let Some(role) = self.role {
            parts.push(format!("becomes {}", role.as_str()));
        }
        for (group, standing) in &self.groups {
            parts.push(match standing {
                GroupStanding::Member => format!("joins {group}"),
                GroupStanding::Manager => format!("manages {group}"),
            });
        }
        if let Some(profile) = &self.profile {
            parts.push(format!("gets the profile {profile}"));
        }
        if let Some(expires_at) = self.expires_at {
            parts.push(format!("expires {}", expires_at.to_readable()));
        }
        parts.join(", ")
    }
}

/// The names and wallets by which the list's users are looked up.
#[must_use]
pub fn keys(lines: &[ListLine]) -> (BTreeSet<String>, BTreeSet<WalletAddress>) {
    let mut names = BTreeSet::new();
    let mut wallets = BTreeSet::new();
    for line in lines {
        let ListLine::Entry { fields, .. } = line else {
            continue;
        };
        if let Ok(wish) = read(fields, &[], Timestamp(i64::MIN), Lenient::Profile) {
            names.insert(wish.name);
            wallets.extend(wish.wallet);
        }
    }
    (names, wallets)
}

/// Decides on each line. `profiles` are the slugs that exist.
#[must_use]
pub fn plan(
    lines: &[ListLine],
    directory: &Directory,
    profiles: &[String],
    now: Timestamp,
) -> Plan {
    let mut planner = Planner::new(directory);
    for line in lines {
        match line {
            ListLine::Blank { line } => {
                planner.verdict(*line, "", BulkVerdict::Blank, "empty line");
            }
            ListLine::Malformed { line, message } => {
                planner.verdict(*line, "", BulkVerdict::Reject, message);
            }
            ListLine::Entry { line, fields } => match read(fields, profiles, now, Lenient::Nothing)
            {
                Ok(wish) => planner.decide(*line, wish),
                Err(error) => {
                    let name = if fields.name.is_empty() {
                        &fields.wallet
                    } else {
                        &fields.name
                    };
                    planner.verdict(*line, &capped(name), BulkVerdict::Reject, &error.message);
                }
            },
        }
    }
    planner.keep_an_administrator();
    planner.finish()
}

struct Planner<'a> {
    directory: &'a Directory,
    by_name: HashMap<&'a str, &'a KnownUser>,
    by_wallet: HashMap<WalletAddress, &'a KnownUser>,
    /// Line on which a name or wallet was first written.
    lines_by_name: HashMap<String, u32>,
    lines_by_wallet: HashMap<WalletAddress, u32>,
    lines_by_user: HashMap<UserId, u32>,
    plan: Plan,
}

impl<'a> Planner<'a> {
    fn new(directory: &'a Directory) -> Self {
        let by_name = directory
            .users
            .iter()
            .map(|user| (user.name.as_str(), user))
            .collect();
        let by_wallet = directory
            .users
            .iter()
            .flat_map(|user| user.wallets.iter().map(move |wallet| (*wallet, user)))
            .collect();
        Self {
            directory,
            by_name,
            by_wallet,
            lines_by_name: HashMap::new(),
            lines_by_wallet: HashMap::new(),
            lines_by_user: HashMap::new(),
            plan: Plan::default(),
        }
    }

    fn verdict(&mut self, line: u32, name: &str, verdict: BulkVerdict, message: &str) {
        self.plan.lines.push(BulkLine {
            line,
            name: name.to_owned(),
            verdict,
            message: message.to_owned(),
        });
    }

    fn decide(&mut self, line: u32, wish: Wish) {
        let name = wish.name.clone();
        match self.conflict(line, &wish) {
            Some(message) => self.verdict(line, &name, BulkVerdict::Reject, &message),
            None => match self.known(&wish) {
                Some(user) => self.update(line, user, wish),
                None => self.create(line, wish),
            },
        }
    }

    fn known(&self, wish: &Wish) -> Option<&'a KnownUser> {
        let by_wallet = wish.wallet.and_then(|wallet| self.by_wallet.get(&wallet));
        by_wallet
            .or_else(|| self.by_name.get(wish.name.as_str()))
            .copied()
    }

    /// Why a line contradicts another line or what is there already.
    fn conflict(&mut self, line: u32, wish: &Wish) -> Option<String> {
        if let Some(wallet) = wish.wallet {
            if let Some(other) = self.lines_by_wallet.get(&wallet) {
                return Some(format!("the same wallet as line {other}"));
            }
            self.lines_by_wallet.insert(wallet, line);
        }
        if let Some(other) = self.lines_by_name.get(&wish.name) {
            return Some(format!("the same name as line {other}"));
        }
        self.lines_by_name.insert(wish.name.clone(), line);
        let user = self.known(wish)?;
        // One user may be written once by name and once by wallet.
        if let Some(other) = self.lines_by_user.get(&user.id) {
            return Some(format!("the same user as line {other}: {}", user.name));
        }
        self.lines_by_user.insert(user.id, line);
        let wallet = wish.wallet?;
        if !user.wallets.contains(&wallet) {
            let is_unclaimed = user.wallets.is_empty() && !user.has_identity;
            return (!is_unclaimed)
                .then(|| "the user has another way to sign in already and adds wallets on the account page".to_owned());
        }
        (wish.has_given_name && user.name != wish.name).then(|| {
            format!(
                "the wallet belongs to the user {}; a list does not rename",
                user.name
            )
        })
    }

    fn create(&mut self, line: u32, wish: Wish) {
        let message = match wish.wallet {
            Some(wallet) => format!("new user with the wallet {}", wallet.to_short()),
            None => "new user without a wallet: a personal link to sign in is made with the list"
                .to_owned(),
        };
        let index = self.plan.lines.len();
        self.verdict(line, &wish.name, BulkVerdict::Create, &message);
        let user = NewUser {
            name: wish.name,
            wallet: wish.wallet,
            email: wish.email,
            role: wish.role.unwrap_or_default(),
            groups: wish.groups,
            profile: wish.profile,
            expires_at: wish.expires_at,
        };
        self.plan.changes.push(Change::Create { line: index, user });
    }

    fn update(&mut self, line: u32, user: &KnownUser, wish: Wish) {
        let change = ExistingChange {
            user_id: user.id,
            wallet: wish.wallet.filter(|wallet| !user.wallets.contains(wallet)),
            email: wish
                .email
                .filter(|email| user.email.as_ref() != Some(email)),
            role: wish.role.filter(|role| user.role != *role),
            groups: wish
                .groups
                .into_iter()
                .filter(|(group, standing)| user.groups.get(group).is_none_or(|has| has < standing))
                .collect(),
            profile: wish
                .profile
                .filter(|profile| user.profile.as_ref() != Some(profile)),
            expires_at: wish
                .expires_at
                .filter(|expires_at| user.expires_at != Some(*expires_at)),
        };
        if change.is_empty() {
            return self.verdict(
                line,
                &user.name,
                BulkVerdict::Unchanged,
                "there already, just like this",
            );
        }
        let index = self.plan.lines.len();
        self.verdict(line, &user.name, BulkVerdict::Update, &change.summary());
        self.plan.changes.push(Change::Update {
            line: index,
            change,
        });
    }

    /// Rejects the lines that would together leave the site without a lasting administrator.
    fn keep_an_administrator(&mut self) {
        let mut lasting = self.directory.lasting_administrators.clone();
        let mut is_new_one = false;
        let mut losing = Vec::new();
        for change in &self.plan.changes {
            match change {
                Change::Create { user, .. } => {
                    is_new_one |= user.role == Role::Administrator && user.expires_at.is_none();
                }
                Change::Update { line, change } => {
                    if change.role == Some(Role::Administrator) && change.expires_at.is_none() {
                        is_new_one = true;
                    } else if (change.role == Some(Role::Member) || change.expires_at.is_some())
                        && lasting.remove(&change.user_id)
                    {
                        losing.push(*line);
                    }
                }
            }
        }
        if is_new_one || !lasting.is_empty() {
            return;
        }
        for line in losing {
            let line = &mut self.plan.lines[line];
            line.verdict = BulkVerdict::Reject;
            line.message = "the site would be left without an administrator".to_owned();
        }
    }

    fn finish(mut self) -> Plan {
        let wanted = self.plan.changes.iter().flat_map(|change| match change {
            Change::Create { user, .. } => user.groups.keys(),
            Change::Update { change, .. } => change.groups.keys(),
        });
        let new_groups: BTreeSet<String> = wanted
            .filter(|group| !self.directory.groups.contains(*group))
            .cloned()
            .collect();
        self.plan.new_groups = new_groups.into_iter().collect();
        self.plan
    }
}

#[cfg(test)]
mod tests;
