//! What stops a start: settings that are wrong or weak, one line each.

use types::WalletAddress;
use url::Url;

use super::{Settings, SignInPolicy};

/// Shortest client secret that is not a placeholder.
const CLIENT_SECRET_LENGTH_MIN: usize = 16;

/// Every problem of the settings; empty when the site may start.
#[must_use]
pub fn problems(settings: &Settings) -> Vec<String> {
    let mut problems = Vec::new();
    check_origins(settings, &mut problems);
    check_sign_in(settings, &mut problems);
    check_oauth(settings, &mut problems);
    check_notebooks(settings, &mut problems);
    super::chain::check(settings, &mut problems);
    problems
}

fn check_origins(settings: &Settings, problems: &mut Vec<String>) {
    let loopback = settings.listen.ip().is_loopback();
    if settings.development && !loopback {
        problems.push(format!(
            "development: anyone could sign in from {}; listen on 127.0.0.1 or leave --dev out",
            settings.listen
        ));
    }
    if !settings.server_origin.contains("://{label}.") {
        problems.push(format!(
            "server_origin: {:?} needs {{label}} as its first part, for example https://{{label}}.notebooks.example",
            settings.server_origin
        ));
    }
    match Url::parse(&settings.public_origin) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && url.path() == "/"
                && url.query().is_none() =>
        {
            // Browsers send it so, and it is compared letter for letter.
            let canonical = url.origin().ascii_serialization();
            if canonical != settings.public_origin {
                problems.push(format!(
                    "public_origin: write {:?} as browsers do, {canonical}",
                    settings.public_origin
                ));
            }
            let authority = canonical
                .split_once("://")
                .map_or("", |(_, authority)| authority);
            if settings
                .server_origin
                .parse()
                .is_ok_and(|pattern| proxy::host_label(authority, &pattern).is_some())
            {
                problems.push(format!(
                    "server_origin: {} would also fit the hub itself; put the servers below a name of their own, for example https://{{label}}.notebooks.example",
                    settings.server_origin
                ));
            }
            let plain =
                url.scheme() == "http" && !is_loopback_name(url.host_str().unwrap_or_default());
            if plain && !settings.plain_http {
                problems.push(format!(
                    "public_origin: {} is not encrypted; use https, or set plain_http = true for a trial network",
                    settings.public_origin
                ));
            }
        }
        _ => problems.push(format!(
            "public_origin: {:?} is not a scheme and authority such as https://hub.example",
            settings.public_origin
        )),
    }
    let public_scheme = settings.public_origin.split("://").next();
    if settings.server_origin.split("://").next() != public_scheme {
        problems.push("server_origin: its scheme differs from that of public_origin".to_owned());
    }
}

fn is_loopback_name(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

fn check_sign_in(settings: &Settings, problems: &mut Vec<String>) {
    let sign_in = &settings.sign_in;
    if sign_in.chain_ids.is_empty() {
        problems.push("sign_in.chain_ids: at least one chain id is needed".to_owned());
    }
    for text in &sign_in.allow_list {
        if let Err(error) = text.parse::<WalletAddress>() {
            problems.push(format!("sign_in.allow_list: {text:?}: {error}"));
        }
    }
    if sign_in.policy != SignInPolicy::AllowList && !sign_in.allow_list.is_empty() {
        problems.push(
            "sign_in.allow_list: has no effect unless sign_in.policy is \"allow_list\"".to_owned(),
        );
    }
    if sign_in.session_idle_minutes == 0 || sign_in.session_max_hours == 0 {
        problems.push("sign_in: session times must be more than 0".to_owned());
    }
    for (chain, endpoint) in &settings.rpc {
        if chain.parse::<u64>().is_err() {
            problems.push(format!("rpc: {chain:?} is not a chain id"));
        }
        if !Url::parse(endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            problems.push(format!(
                "rpc.{chain}: {endpoint:?} is not an http or https URL"
            ));
        }
    }
}

fn check_oauth(settings: &Settings, problems: &mut Vec<String>) {
    let mut slugs = std::collections::BTreeSet::new();
    for provider in &settings.oauth {
        let slug = &provider.slug;
        let legal = !slug.is_empty()
            && slug.len() <= 40
            && slug
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !legal {
            problems.push(format!(
                "oauth: slug {slug:?} has other characters than a-z, 0-9 and -"
            ));
        }
        if !slugs.insert(slug) {
            problems.push(format!("oauth: slug {slug:?} is there twice"));
        }
        match Url::parse(&provider.issuer) {
            Ok(url)
                if url.scheme() == "https"
                    || is_loopback_name(url.host_str().unwrap_or_default()) => {}
            _ => problems.push(format!(
                "oauth.{slug}.issuer: {:?} is not an https URL",
                provider.issuer
            )),
        }
        match client_secret(&provider.client_secret) {
            Err(problem) => problems.push(format!("oauth.{slug}.client_secret: {problem}")),
            Ok(secret)
                if secret.len() < CLIENT_SECRET_LENGTH_MIN || secret.contains("changeme") =>
            {
                problems.push(format!(
                    "oauth.{slug}.client_secret: too short or a placeholder"
                ));
            }
            Ok(_) => {}
        }
    }
}

/// The secret itself, or the content of the file that it names with `file:`.
///
/// # Errors
/// The file cannot be read.
pub fn client_secret(setting: &str) -> Result<String, String> {
    match setting.strip_prefix("file:") {
        None => Ok(setting.to_owned()),
        Some(path) => std::fs::read_to_string(path)
            .map(|text| text.trim().to_owned())
            .map_err(|error| format!("{path}: {error}")),
    }
}

fn check_notebooks(settings: &Settings, problems: &mut Vec<String>) {
    let notebooks = &settings.notebooks;
    let mut slugs = std::collections::BTreeSet::new();
    for profile in &notebooks.profiles {
        if let Err(problem) = profile.resolve() {
            problems.push(format!("notebooks: {problem}"));
        }
        if !slugs.insert(&profile.slug) {
            problems.push(format!(
                "notebooks: profile {:?} is there twice",
                profile.slug
            ));
        }
    }
    if notebooks
        .profiles
        .iter()
        .filter(|profile| profile.default)
        .count()
        != 1
    {
        problems.push("notebooks: exactly one profile must have default = true".to_owned());
    }
    if notebooks.timeout != 0 && notebooks.freeze_after >= notebooks.timeout {
        problems.push(format!(
            "notebooks.freeze_after: {} s is not before the stop at {} s",
            notebooks.freeze_after, notebooks.timeout
        ));
    }
    for (key, value) in [
        (
            "concurrent_starts_max",
            u64::from(notebooks.concurrent_starts_max),
        ),
        ("start_timeout", notebooks.start_timeout),
        ("stop_grace", notebooks.stop_grace),
    ] {
        if value == 0 {
            problems.push(format!("notebooks.{key}: must be more than 0"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, load};

    fn check(change: impl FnOnce(&mut Settings), expected: &[&str]) {
        let mut settings = load(&Flags::default()).unwrap();
        change(&mut settings);
        let found = problems(&settings);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (problem, part) in found.iter().zip(expected) {
            assert!(problem.contains(part), "{problem:?} does not name {part:?}");
        }
    }

    #[test]
    fn the_defaults_are_sound() {
        check(|_| {}, &[]);
    }

    #[test]
    fn weak_settings_are_named() {
        check(
            |settings| {
                settings.development = true;
                settings.listen = ([0, 0, 0, 0], 3000).into();
            },
            &["development"],
        );
        check(
            |settings| settings.public_origin = "http://hub.example".to_owned(),
            &["not encrypted"],
        );
        check(
            |settings| settings.server_origin = "http://hub.example".to_owned(),
            &["{label}"],
        );
        check(
            |settings| settings.public_origin = "http://LOCALHOST:3000".to_owned(),
            &["http://localhost:3000"],
        );
        check(
            |settings| {
                settings.public_origin = "https://hub.example".to_owned();
                settings.server_origin = "https://{label}.example".to_owned();
            },
            &["the hub itself"],
        );
        check(
            |settings| settings.sign_in.chain_ids.clear(),
            &["chain_ids"],
        );
        check(
            |settings| settings.sign_in.allow_list.push("0x12".to_owned()),
            &["0x12", "no effect"],
        );
        check(
            |settings| settings.notebooks.freeze_after = 4_000,
            &["freeze_after"],
        );
        check(
            |settings| settings.notebooks.profiles[0].default = false,
            &["exactly one"],
        );
        check(
            |settings| settings.notebooks.profiles[1].memory = "x".to_owned(),
            &["medium"],
        );
    }

    #[test]
    fn each_problem_has_its_line() {
        check(
            |settings| {
                settings.oauth.push(crate::config::OauthSettings {
                    slug: "My Provider".to_owned(),
                    display_name: "Mine".to_owned(),
                    issuer: "http://idp.example".to_owned(),
                    client_id: "x".to_owned(),
                    client_secret: "changeme".to_owned(),
                    scopes: Vec::new(),
                    group_claim: None,
                });
                settings
                    .rpc
                    .insert("mainnet".to_owned(), "ftp://node".to_owned());
            },
            &[
                "chain id",
                "http or https",
                "slug",
                "issuer",
                "client_secret",
            ],
        );
    }
}
