//! Who may sign in: a rule on evidence, decided before anything is written.

use std::collections::HashSet;

use types::WalletAddress;

/// Who may sign in besides the people whom an administrator made or invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowPolicy {
    /// Everyone who proves a wallet or identity.
    Open,
    /// The holders of these wallets.
    AllowList { addresses: HashSet<WalletAddress> },
    /// Nobody else.
    Invitation,
}

impl AllowPolicy {
    /// The policy in one sentence, for people who are about to sign in.
    #[must_use]
    pub const fn sentence(&self) -> &'static str {
        match self {
            Self::Open => "Anyone with a wallet may sign in.",
            Self::AllowList { .. } => {
                "Wallets that the operator has listed, and people who were invited, may sign in."
            }
            Self::Invitation => "People who were invited may sign in.",
        }
    }
}

/// How an account came to be: decides whether a stricter policy shuts it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdmittedBy {
    /// The policy of that day.
    Policy,
    /// An invitation, a bulk list, an administrator or the set-up link.
    Person,
}

impl AdmittedBy {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Person => "person",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "person" => Self::Person,
            _ => Self::Policy,
        }
    }
}

/// Whether an account that exists may go on being used. `wallets` are all that are linked to it.
///
/// An allow list names wallets, so it is asked again at each sign-in; the other policies are about
/// making accounts, and an unwanted account is suspended.
#[must_use]
pub fn admits_account(
    policy: &AllowPolicy,
    admitted_by: AdmittedBy,
    wallets: &[WalletAddress],
) -> bool {
    match (policy, admitted_by) {
        (AllowPolicy::AllowList { addresses }, AdmittedBy::Policy) => {
            wallets.iter().any(|wallet| addresses.contains(wallet))
        }
        _ => true,
    }
}

/// Whether a newcomer without an invitation may make an account. `wallet` is the proven wallet,
/// none for an OAuth identity.
#[must_use]
pub fn admits_newcomer(policy: &AllowPolicy, wallet: Option<WalletAddress>) -> bool {
    match policy {
        AllowPolicy::Open => true,
        AllowPolicy::AllowList { addresses } => {
            wallet.is_some_and(|wallet| addresses.contains(&wallet))
        }
        AllowPolicy::Invitation => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: WalletAddress = WalletAddress([1; 20]);
    const OTHER: WalletAddress = WalletAddress([2; 20]);

    fn list() -> AllowPolicy {
        AllowPolicy::AllowList {
            addresses: HashSet::from([LISTED]),
        }
    }

    #[test]
    fn newcomers_need_the_policy() {
        for (policy, wallet, admitted) in [
            (AllowPolicy::Open, Some(OTHER), true),
            (AllowPolicy::Open, None, true),
            (list(), Some(LISTED), true),
            (list(), Some(OTHER), false),
            (list(), None, false),
            (AllowPolicy::Invitation, Some(LISTED), false),
            (AllowPolicy::Invitation, None, false),
        ] {
            assert_eq!(
                admits_newcomer(&policy, wallet),
                admitted,
                "{policy:?} {wallet:?}"
            );
        }
    }

    #[test]
    fn accounts_outlive_every_policy_but_a_list_that_left_them_out() {
        for (policy, admitted_by, wallets, admitted) in [
            (AllowPolicy::Open, AdmittedBy::Policy, &[OTHER][..], true),
            (AllowPolicy::Invitation, AdmittedBy::Policy, &[OTHER], true),
            (list(), AdmittedBy::Policy, &[OTHER, LISTED], true),
            (list(), AdmittedBy::Policy, &[OTHER], false),
            (list(), AdmittedBy::Policy, &[], false),
            (list(), AdmittedBy::Person, &[], true),
        ] {
            assert_eq!(
                admits_account(&policy, admitted_by, wallets),
                admitted,
                "{policy:?} {admitted_by:?}"
            );
        }
    }
}
