//! Instance sizes: which are offered, which is the default, and what makes a list of them wrong.

use types::notebook::ProfileSummary;
use types::{ApiError, ErrorCode};

/// Smallest memory in which JupyterLab and one kernel start.
pub const MEMORY_BYTES_MIN: u64 = 256 * 1024 * 1024;
/// JupyterLab alone has about ten threads, a kernel as many; threads count as processes.
pub const PROCESSES_MIN: u32 = 64;
/// A tenth of a core: less and the start never ends.
pub const CPU_MILLIS_MIN: u32 = 100;
/// Room for settings and a few notebooks.
pub const DISK_BYTES_MIN: u64 = 16 * 1024 * 1024;
const SLUG_CHARS_MAX: usize = 40;

/// The profile of that slug.
///
/// # Errors
/// `notebook.profile_invalid`, naming those that exist.
pub fn find<'a>(
    profiles: &'a [ProfileSummary],
    slug: &str,
) -> Result<&'a ProfileSummary, ApiError> {
    profiles
        .iter()
        .find(|profile| profile.slug == slug)
        .ok_or_else(|| {
            let offered: Vec<&str> = profiles
                .iter()
                .map(|profile| profile.slug.as_str())
                .collect();
            ApiError::new(
                ErrorCode::ProfileInvalid,
                "there is no instance size of that name",
            )
            .with_field("profile")
            .with_hint(format!("choose one of: {}", offered.join(", ")))
        })
}

/// The profile for servers that name none: the one marked as default, else the first.
///
/// # Errors
/// `notebook.profile_invalid` when none is configured.
pub fn default_of(profiles: &[ProfileSummary]) -> Result<&ProfileSummary, ApiError> {
    profiles
        .iter()
        .find(|profile| profile.is_default)
        .or_else(|| profiles.first())
        .ok_or_else(|| ApiError::new(ErrorCode::ProfileInvalid, "no instance size is configured"))
}

/// What is wrong with a list of profiles, a sentence each.
#[must_use]
pub fn problems(profiles: &[ProfileSummary]) -> Vec<String> {
    let mut problems = Vec::new();
    if profiles.is_empty() {
        problems.push("at least one profile is needed".to_owned());
    }
    if profiles.iter().filter(|profile| profile.is_default).count() > 1 {
        problems.push("only one profile can be the default".to_owned());
    }
    for (position, profile) in profiles.iter().enumerate() {
        let slug = &profile.slug;
        if profiles[..position]
            .iter()
            .any(|earlier| earlier.slug == *slug)
        {
            problems.push(format!("profile {slug:?} is there twice"));
        }
        if !is_slug(slug) {
            problems.push(format!(
                "profile {slug:?}: a slug has 1 to 40 small letters, digits and hyphens"
            ));
        }
        for (what, value, least) in [
            ("memory_bytes", profile.memory_bytes, MEMORY_BYTES_MIN),
            (
                "cpu_millis",
                profile.cpu_millis.into(),
                CPU_MILLIS_MIN.into(),
            ),
            ("disk_bytes", profile.disk_bytes, DISK_BYTES_MIN),
            (
                "processes_max",
                profile.processes_max.into(),
                PROCESSES_MIN.into(),
            ),
        ] {
            if value < least {
                problems.push(format!(
                    "profile {slug:?}: {what} is {value}, but must be at least {least}"
                ));
            }
        }
    }
    problems
}

fn is_slug(slug: &str) -> bool {
    (1..=SLUG_CHARS_MAX).contains(&slug.len())
        && slug
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::profile;

    #[test]
    fn the_default_is_the_marked_one_or_the_first() {
        let mut profiles = vec![profile("small"), profile("large")];
        profiles[0].is_default = false;
        assert_eq!(default_of(&profiles).unwrap().slug, "small");
        profiles[1].is_default = true;
        assert_eq!(default_of(&profiles).unwrap().slug, "large");
        assert_eq!(default_of(&[]).unwrap_err().code, ErrorCode::ProfileInvalid);
    }

    #[test]
    fn an_unknown_profile_names_those_that_exist() {
        let error = find(&[profile("small"), profile("large")], "huge").unwrap_err();
        assert_eq!(error.code, ErrorCode::ProfileInvalid);
        assert_eq!(error.hint.as_deref(), Some("choose one of: small, large"));
    }

    #[test]
    fn problems_are_named() {
        assert_eq!(problems(&[profile("small")]), Vec::<String>::new());
        assert_eq!(problems(&[]).len(), 1);
        let mut tiny = profile("Tiny");
        (
            tiny.memory_bytes,
            tiny.cpu_millis,
            tiny.disk_bytes,
            tiny.processes_max,
        ) = (1, 1, 1, 1);
        assert_eq!(problems(&[tiny]).len(), 5);
        assert_eq!(problems(&[profile("small"), profile("small")]).len(), 2);
    }
}
