//! What the operator decides about identity.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use url::Url;

use crate::admission::AllowPolicy;
use crate::wallet_message::checked_statement;

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Everything that [`Identity::open`](crate::Identity::open) needs to know.
#[derive(Clone)]
pub struct IdentityConfig {
    /// Public origin of the hub: `https://hub.example`. The only authority for the domain that
    /// wallets are shown and for redirect URIs.
    pub hub_origin: Url,
    /// Chains (EIP-155) on which a wallet may sign in; the first is the default. Never empty.
    pub chain_ids: Vec<u64>,
    /// What signing in means, in plain ASCII words; the wallet shows it.
    pub statement: String,
    pub allow: AllowPolicy,
    /// A development instance: anyone may sign in, whatever `allow` says.
    pub development: bool,
    /// A session ends after this time without a request.
    pub session_idle_ms: i64,
    /// A session ends after this time whatever happens.
    pub session_absolute_ms: i64,
    /// JSON-RPC endpoint of each chain, by which contract wallets are checked. Only the first of
    /// `chain_ids` is asked; on the others only keys count.
    pub rpc_endpoints: BTreeMap<u64, Url>,
    pub oauth_providers: Vec<OauthProviderConfig>,
    pub rate_limits: RateLimits,
}

/// An OpenID Connect provider.
#[derive(Clone)]
pub struct OauthProviderConfig {
    /// In URLs: letters, digits and `-`.
    pub slug: String,
    pub display_name: String,
    /// Exactly as the provider writes it in its tokens.
    pub issuer: Url,
    pub client_id: String,
    /// None for a public client, which PKCE alone protects.
    pub client_secret: Option<String>,
    /// `openid` is always asked for.
    pub scopes: Vec<String>,
    /// Claim of the ID token that lists the person's groups; memberships then follow it at each
    /// sign-in.
    pub group_claim: Option<String>,
}

/// How often things may be tried. All counts are per process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Sign-ins begun from one network address (IPv6: /64), in a minute.
    pub challenges_per_minute_and_ip: NonZeroU32,
    /// Proofs handed in from one network address, in a minute.
    pub proofs_per_minute_and_ip: NonZeroU32,
    /// Proofs for one wallet whose signature is not by the wallet's own key, in an hour.
    pub proofs_per_hour_and_address: NonZeroU32,
}

impl Default for RateLimits {
    fn default() -> Self {
        const fn number(value: u32) -> NonZeroU32 {
            match NonZeroU32::new(value) {
                Some(number) => number,
                None => NonZeroU32::MIN,
            }
        }
        Self {
            challenges_per_minute_and_ip: number(10),
            proofs_per_minute_and_ip: number(5),
            proofs_per_hour_and_address: number(10),
        }
    }
}

impl IdentityConfig {
    /// Sensible values for a site at `hub_origin` that admits whom an administrator invites.
    #[must_use]
    pub fn new(hub_origin: Url) -> Self {
        Self {
            hub_origin,
            chain_ids: vec![31_337, 1],
            statement:
                "Sign in to Stoxus LedgerCloud. This costs nothing and sends no transaction."
                    .to_owned(),
            allow: AllowPolicy::Invitation,
            development: false,
            session_idle_ms: 12 * HOUR_MS,
            session_absolute_ms: 7 * 24 * HOUR_MS,
            rpc_endpoints: BTreeMap::new(),
            oauth_providers: Vec::new(),
            rate_limits: RateLimits::default(),
        }
    }

    /// The policy that holds.
    #[must_use]
    pub(crate) fn policy(&self) -> &AllowPolicy {
        if self.development {
            &AllowPolicy::Open
        } else {
            &self.allow
        }
    }

    /// One line for each thing that is wrong; empty when nothing is.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(problem) = origin_problem(&self.hub_origin) {
            problems.push(format!("hub_origin: {problem}"));
        }
        if self.chain_ids.is_empty() {
            problems.push("chain_ids: name at least one chain".to_owned());
        }
        if let Err(problem) = checked_statement(&self.statement) {
            problems.push(format!("statement: {problem}"));
        }
        if self.session_idle_ms <= 0 || self.session_absolute_ms < self.session_idle_ms {
            problems.push(
                "sessions: the absolute time must be at least the idle time, and both above zero"
                    .to_owned(),
            );
        }
        for (chain_id, endpoint) in &self.rpc_endpoints {
            if !self.chain_ids.contains(chain_id) {
                problems.push(format!(
                    "rpc_endpoints: chain {chain_id} is not among chain_ids"
                ));
            }
            if !matches!(endpoint.scheme(), "http" | "https") {
                problems.push(format!(
                    "rpc_endpoints: chain {chain_id} needs an http or https address"
                ));
            }
        }
        for (index, provider) in self.oauth_providers.iter().enumerate() {
            let is_twice = self.oauth_providers[..index]
                .iter()
                .any(|other| other.slug == provider.slug);
            if is_twice {
                problems.push(format!("oauth_providers: {} is there twice", provider.slug));
            }
            problems.extend(provider.problems());
        }
        problems
    }
}

impl OauthProviderConfig {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let is_slug = !self.slug.is_empty()
            && self
                .slug
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !is_slug {
            problems.push(format!(
                "oauth_providers: {:?} is no slug: use a-z, 0-9 and -",
                self.slug
            ));
        }
        if self.client_id.is_empty() {
            problems.push(format!("oauth_providers: {} needs a client id", self.slug));
        }
        if !is_trustworthy(&self.issuer) {
            problems.push(format!(
                "oauth_providers: the issuer of {} must use https",
                self.slug
            ));
        }
        problems
    }
}

/// HTTPS, or HTTP that does not leave the machine.
pub(crate) fn is_trustworthy(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback)
}

fn origin_problem(origin: &Url) -> Option<&'static str> {
    if !matches!(origin.scheme(), "http" | "https") || origin.host_str().is_none() {
        return Some("write an http or https address");
    }
    let is_bare = origin.path() == "/"
        && origin.query().is_none()
        && origin.fragment().is_none()
        && origin.username().is_empty()
        && origin.password().is_none();
    (!is_bare).then_some("write scheme, host and port only")
}

impl std::fmt::Debug for OauthProviderConfig {
    /// Without the secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("OauthProviderConfig")
            .field("slug", &self.slug)
            .field("issuer", &self.issuer.as_str())
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(slug: &str, issuer: &str) -> OauthProviderConfig {
        OauthProviderConfig {
            slug: slug.to_owned(),
            display_name: slug.to_owned(),
            issuer: issuer.parse().unwrap(),
            client_id: "hub".to_owned(),
            client_secret: Some("hush".to_owned()),
            scopes: Vec::new(),
            group_claim: None,
        }
    }

    fn check(change: impl FnOnce(&mut IdentityConfig), part: &str) {
        let mut config = IdentityConfig::new("https://hub.example".parse().unwrap());
        assert!(config.problems().is_empty());
        change(&mut config);
        let problems = config.problems().join("\n");
        assert!(problems.contains(part), "{problems:?} has no {part:?}");
    }

    #[test]
    fn each_mistake_has_a_line() {
        check(
            |config| config.hub_origin = "https://hub.example/path".parse().unwrap(),
            "hub_origin",
        );
        check(
            |config| config.hub_origin = "ftp://hub.example".parse().unwrap(),
            "hub_origin",
        );
        check(|config| config.chain_ids.clear(), "chain_ids");
        check(
            |config| config.statement = "two\nlines".to_owned(),
            "statement",
        );
        check(|config| config.session_absolute_ms = 1, "sessions");
        check(
            |config| drop(config.rpc_endpoints.insert(5, "http://x".parse().unwrap())),
            "chain 5",
        );
        check(
            |config| drop(config.rpc_endpoints.insert(1, "ws://x".parse().unwrap())),
            "http or https",
        );
        check(
            |config| config.oauth_providers = vec![provider("A b", "https://x")],
            "no slug",
        );
        check(
            |config| config.oauth_providers = vec![provider("a", "http://x")],
            "https",
        );
        check(
            |config| {
                config.oauth_providers =
                    vec![provider("a", "https://x"), provider("a", "https://y")];
            },
            "twice",
        );
    }

    #[test]
    fn secrets_do_not_reach_the_log() {
        assert!(!format!("{:?}", provider("a", "https://x")).contains("hush"));
    }

    #[test]
    fn development_opens_the_site() {
        let mut config = IdentityConfig::new("https://hub.example".parse().unwrap());
        assert_eq!(config.policy(), &AllowPolicy::Invitation);
        config.development = true;
        assert_eq!(config.policy(), &AllowPolicy::Open);
    }
}
