//! Finds the directories under which this process may make groups.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Group, Placed, create_directory, write};

/// A control group file system that is mounted here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    /// Of version 1: what it was mounted for. Empty: version 2.
    controllers: BTreeSet<String>,
    mount_point: PathBuf,
    /// Where this process is.
    own: PathBuf,
}

/// Functions that a base can have.
const CONTROLLERS: [&str; 3] = ["memory", "cpu", "pids"];

/// The engine's base directories, made if they are not there. A function that the host does not
/// let us use is left out.
pub(crate) fn detect(engine_name: &str, chosen_parent: Option<&Path>, is_root: bool) -> Group {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let mounts = parse(&read("/proc/self/mountinfo"), &read("/proc/self/cgroup"));
    let base_name = format!("ledgercloud-{engine_name}");
    let mut base = Group::default();
    for mount in mounts.iter().filter(|mount| mount.controllers.is_empty()) {
        use_unified(
            &mut base,
            &unified_parents(mount, chosen_parent, is_root),
            &base_name,
        );
    }
    for mount in &mounts {
        use_legacy(&mut base, mount, &base_name);
    }
    base
}

/// Fills from a version 1 hierarchy what version 2 does not offer.
fn use_legacy(base: &mut Group, mount: &Mount, base_name: &str) {
    let slots: [(&str, &mut Option<Placed>); 5] = [
        ("memory", &mut base.memory),
        ("cpu", &mut base.cpu),
        ("cpuacct", &mut base.cpu_account),
        ("pids", &mut base.pids),
        ("freezer", &mut base.freezer),
    ];
    let open: Vec<&mut Option<Placed>> = slots
        .into_iter()
        .filter(|(name, slot)| mount.controllers.contains(*name) && slot.is_none())
        .map(|(_, slot)| slot)
        .collect();
    if open.is_empty() {
        return;
    }
    let parents = [mount.own.as_path(), mount.mount_point.as_path()];
    let Some(directory) = parents
        .into_iter()
        .find_map(|parent| usable(parent, base_name))
    else {
        return;
    };
    for slot in open {
        *slot = Some(Placed::V1(directory.clone()));
    }
}

/// Where to try, best first. Root goes to the top, so that the servers are outside of the unit that
/// a service manager kills when it restarts us; others must stay below what was delegated to them.
fn unified_parents(mount: &Mount, chosen_parent: Option<&Path>, is_root: bool) -> Vec<PathBuf> {
    let mut parents: Vec<PathBuf> = chosen_parent.map(Path::to_owned).into_iter().collect();
    if is_root {
        parents.push(mount.mount_point.clone());
    }
    parents.extend(
        mount
            .own
            .ancestors()
            .take_while(|ancestor| ancestor.starts_with(&mount.mount_point))
            .map(Path::to_owned),
    );
    parents
}

/// Takes the parent that gives most controllers, the earlier one among equals.
fn use_unified(base: &mut Group, parents: &[PathBuf], base_name: &str) {
    let mut best: Option<(PathBuf, BTreeSet<String>)> = None;
    for parent in parents {
        let Some(directory) = usable(parent, base_name) else {
            continue;
        };
        let controllers = enabled_controllers(parent, &directory);
        if best
            .as_ref()
            .is_none_or(|(_, so_far)| controllers.len() > so_far.len())
        {
            best = Some((directory, controllers));
        }
        if best
            .as_ref()
            .is_some_and(|(_, so_far)| so_far.len() == CONTROLLERS.len())
        {
            break;
        }
    }
    let Some((directory, controllers)) = best else {
        return;
    };
    let placed = |name: &str| {
        controllers
            .contains(name)
            .then(|| Placed::V2(directory.clone()))
    };
    base.memory = placed("memory");
    base.cpu = placed("cpu");
    base.pids = placed("pids");
    base.cpu_account = directory
        .join("cpu.stat")
        .exists()
        .then(|| Placed::V2(directory.clone()));
    base.freezer = freezes(&directory).then(|| Placed::V2(directory.clone()));
    base.unified = Some(directory);
}

/// Passes the controllers on from `parent` through the base to the servers' groups.
fn enabled_controllers(parent: &Path, base: &Path) -> BTreeSet<String> {
    let listed = |path: &Path| -> BTreeSet<String> {
        std::fs::read_to_string(path)
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    };
    let offered = listed(&parent.join("cgroup.controllers"));
    let wanted: Vec<&str> = CONTROLLERS
        .into_iter()
        .filter(|name| offered.contains(*name))
        .collect();
    let passed_on = listed(&parent.join("cgroup.subtree_control"));
    for name in &wanted {
        if !passed_on.contains(*name) {
            let _ = enable(parent, name);
        }
        let _ = enable(base, name);
    }
    let here = listed(&base.join("cgroup.subtree_control"));
    wanted
        .into_iter()
        .filter(|name| here.contains(*name))
        .map(str::to_owned)
        .collect()
}

/// A group with processes in it cannot pass controllers on ("no internal process constraint"): if
/// only we are in it, as in a delegated service unit, we step down into a leaf of our own.
fn enable(group: &Path, controller: &str) -> std::io::Result<()> {
    let switch = group.join("cgroup.subtree_control");
    let command = format!("+{controller}");
    let Err(error) = write(&switch, &command) else {
        return Ok(());
    };
    let inside = std::fs::read_to_string(group.join("cgroup.procs"))?;
    if inside.trim() != std::process::id().to_string() {
        return Err(error);
    }
    let leaf = group.join("ledgercloud-hub");
    create_directory(&leaf)?;
    write(&leaf.join("cgroup.procs"), "0")?;
    write(&switch, &command)
}

/// The base below a parent if groups can be made and removed in it.
fn usable(parent: &Path, base_name: &str) -> Option<PathBuf> {
    let base = parent.join(base_name);
    create_directory(&base).ok()?;
    let trial = base.join("trial");
    create_directory(&trial).ok()?;
    // Inside a read-only or foreign hierarchy one of the two fails.
    let joins = std::fs::OpenOptions::new()
        .write(true)
        .open(trial.join("cgroup.procs"))
        .is_ok();
    std::fs::remove_dir(&trial).ok()?;
    joins.then_some(base)
}

fn freezes(base: &Path) -> bool {
    base.join("cgroup.freeze").exists()
}

/// Reads `/proc/self/mountinfo` and `/proc/self/cgroup`, see proc(5) and cgroups(7).
fn parse(mountinfo: &str, own_groups: &str) -> Vec<Mount> {
    mountinfo
        .lines()
        .filter_map(|line| parse_mount(line, own_groups))
        .collect()
}

fn parse_mount(line: &str, own_groups: &str) -> Option<Mount> {
    let (before, after) = line.split_once(" - ")?;
    let mut after = after.split(' ');
    let (kind, _source, options) = (after.next()?, after.next()?, after.next()?);
    let mut before = before.split(' ').skip(3);
    let (root, mount_point) = (before.next()?, PathBuf::from(before.next()?));
    let controllers: BTreeSet<String> = match kind {
        "cgroup2" => BTreeSet::new(),
        "cgroup" => options
            .split(',')
            .filter(|option| *option != "rw" && *option != "ro")
            .map(str::to_owned)
            .collect(),
        _ => return None,
    };
    let own = own_groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            Some((fields.next()?, fields.next()?))
        })
        .find(|(names, _)| match controllers.is_empty() {
            true => names.is_empty(),
            false => names.split(',').any(|name| controllers.contains(name)),
        })
        .and_then(|(_, path)| Path::new(path).strip_prefix(root).ok())
        .map(|inside| mount_point.join(inside))
        .filter(|own| own.is_dir())
        .unwrap_or_else(|| mount_point.clone());
    Some(Mount {
        controllers,
        mount_point,
        own,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_of_both_versions_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path().display();
        let mountinfo = format!(
            "24 1 0:5 / /proc rw - proc proc rw\n\
             36 24 0:31 / {top}/memory rw,relatime - cgroup cgroup rw,memory\n\
             37 24 0:32 / {top}/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
             38 24 0:33 /inner {top}/unified rw - cgroup2 cgroup2 rw\n"
        );
        let own = "4:memory:/a/b\n3:cpu,cpuacct:/gone\n0::/inner/c\n";
        std::fs::create_dir_all(directory.path().join("memory/a/b")).unwrap();
        std::fs::create_dir_all(directory.path().join("unified/c")).unwrap();
        let found = parse(&mountinfo, own);
        let names = |list: &[&str]| {
            list.iter()
                .map(|name| (*name).to_owned())
                .collect::<BTreeSet<_>>()
        };
        let at = |path: &str| directory.path().join(path);
        assert_eq!(
            found,
            [
                Mount {
                    controllers: names(&["memory"]),
                    mount_point: at("memory"),
                    own: at("memory/a/b")
                },
                // The directory of the line above cannot be seen here: the mount point stands in.
                Mount {
                    controllers: names(&["cpu", "cpuacct"]),
                    mount_point: at("cpu"),
                    own: at("cpu")
                },
                Mount {
                    controllers: names(&[]),
                    mount_point: at("unified"),
                    own: at("unified/c")
                },
            ]
        );
    }

    #[test]
    fn root_prefers_the_top_and_others_their_own_group() {
        let mount = Mount {
            controllers: BTreeSet::new(),
            mount_point: PathBuf::from("/sys/fs/cgroup"),
            own: PathBuf::from("/sys/fs/cgroup/user/app"),
        };
        let paths = |list: &[&str]| list.iter().map(PathBuf::from).collect::<Vec<_>>();
        let up = [
            "/sys/fs/cgroup/user/app",
            "/sys/fs/cgroup/user",
            "/sys/fs/cgroup",
        ];
        assert_eq!(unified_parents(&mount, None, false), paths(&up));
        assert_eq!(unified_parents(&mount, None, true)[0], mount.mount_point);
        let chosen = Path::new("/sys/fs/cgroup/chosen");
        assert_eq!(unified_parents(&mount, Some(chosen), true)[0], chosen);
    }
}
