//! Nobody grants what they do not hold (CVE-2024-41942 of JupyterHub is what happens otherwise).

use std::collections::{BTreeMap, BTreeSet};

use types::account::Role;

/// What somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holding {
    /// Everything: administrators, and whoever can run commands on the machine.
    Everything,
    /// The management of these groups, by name; may be none.
    Groups(BTreeSet<String>),
}

/// What somebody is to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub role: Role,
    /// Groups by name, and whether to manage them.
    pub groups: BTreeMap<String, GroupStanding>,
}

/// What a grant makes of someone in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupStanding {
    Member,
    Manager,
}

/// Whether the holder may give it.
#[must_use]
pub fn may_grant(holding: &Holding, grant: &Grant) -> bool {
    match holding {
        Holding::Everything => true,
        // A grant of nothing would still let people in, which is for administrators to decide.
        Holding::Groups(managed) => {
            grant.role == Role::Member
                && !grant.groups.is_empty()
                && grant.groups.keys().all(|group| managed.contains(group))
        }
    }
}

/// The groups of `manager:<group>` and `<group>` texts. Of a group named twice the higher
/// standing counts.
#[must_use]
pub(crate) fn standings<'a>(
    texts: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<String, GroupStanding> {
    let mut groups = BTreeMap::new();
    for text in texts {
        let (group, standing) = match text.strip_prefix(MANAGER_PREFIX) {
            Some(group) => (group.trim(), GroupStanding::Manager),
            None => (text, GroupStanding::Member),
        };
        let kept = groups.entry(group.to_owned()).or_insert(standing);
        *kept = standing.max(*kept);
    }
    groups
}

/// Before the name of a group that is to be managed.
pub(crate) const MANAGER_PREFIX: &str = "manager:";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Everything that a grant lets its receiver do, spelled out.
    fn powers(grant: &Grant, all_groups: &[String]) -> BTreeSet<String> {
        if grant.role == Role::Administrator {
            return all_groups
                .iter()
                .cloned()
                .chain(["everything".to_owned()])
                .collect();
        }
        grant
            .groups
            .iter()
            .filter(|(_, standing)| **standing == GroupStanding::Manager)
            .map(|(group, _)| group.clone())
            .collect()
    }

    fn grants() -> impl Strategy<Value = Grant> {
        let standing = prop_oneof![Just(GroupStanding::Member), Just(GroupStanding::Manager)];
        let role = prop_oneof![Just(Role::Member), Just(Role::Administrator)];
        (
            role,
            proptest::collection::btree_map("[a-d]", standing, 0..4),
        )
            .prop_map(|(role, groups)| Grant { role, groups })
    }

    proptest! {
        #[test]
        fn a_grant_never_exceeds_what_its_giver_holds(
            grant in grants(),
            managed in proptest::collection::btree_set("[a-d]", 0..4),
        ) {
            let all: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
            if may_grant(&Holding::Groups(managed.clone()), &grant) {
                prop_assert!(powers(&grant, &all).is_subset(&managed));
                prop_assert!(grant.groups.keys().all(|group| managed.contains(group)));
            }
            prop_assert!(may_grant(&Holding::Everything, &grant));
        }

        #[test]
        fn who_manages_nothing_grants_nothing(grant in grants()) {
            prop_assert!(!may_grant(&Holding::Groups(BTreeSet::new()), &grant));
        }
    }

    #[test]
    fn the_higher_standing_counts() {
        let groups = standings(["a", "manager:a", "b", "manager: c"]);
        assert_eq!(groups["a"], GroupStanding::Manager);
        assert_eq!(groups["b"], GroupStanding::Member);
        assert_eq!(groups["c"], GroupStanding::Manager);
    }
}
