//! What an OpenID Connect provider says about a person, and whether to believe it
//! (OpenID Connect Core 1.0 §3.1.3.7).

use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use crate::capped::capped_to;

/// Difference between the provider's clock and ours that is let pass.
const CLOCK_SKEW_S: u64 = 60;
/// Signatures that are accepted. Never `none`, and never a shared secret: whoever knows the
/// client secret could then write tokens.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// Bytes of an ID token.
const ID_TOKEN_BYTES_MAX: usize = 32 * 1_024;
/// OpenID Connect Core §2: a subject has at most 255 characters.
const SUBJECT_CHARS_MAX: usize = 255;
/// Groups of a claim that are read.
const GROUPS_MAX: usize = 100;

/// What a token must say.
#[derive(Debug, Clone)]
pub struct TokenExpectation<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub group_claim: Option<&'a str>,
    /// Seconds since the Unix epoch.
    pub now_s: i64,
}

/// Somebody as their provider knows them. Issuer and subject are the identity; the rest is a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenIdentity {
    pub issuer: String,
    pub subject: String,
    pub email: Option<String>,
    pub preferred_name: Option<String>,
    /// The group claim's values, if a claim is configured.
    pub groups: Option<Vec<String>>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    #[error("it is not a signed token")]
    Malformed,
    #[error("its algorithm {0} is not accepted")]
    Algorithm(String),
    /// The keys may have changed: fetch them again.
    #[error("the provider has no key {0:?}")]
    UnknownKey(String),
    #[error("its signature is wrong")]
    Signature,
    #[error("it has expired")]
    Expired,
    #[error("it was issued in the future")]
    IssuedAt,
    #[error("it is by another issuer")]
    Issuer,
    #[error("it is for another client")]
    Audience,
    #[error("it belongs to another sign-in")]
    Nonce,
    #[error("its subject is empty or too long")]
    Subject,
    #[error("it lacks a claim, or has one of the wrong shape")]
    Claims,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    azp: Option<String>,
    aud: Audience,
    iat: f64,
    exp: f64,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    preferred_username: Option<String>,
    #[serde(flatten)]
    others: serde_json::Map<String, serde_json::Value>,
}

/// Whether we are among them is checked with the signature.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    Many(Vec<String>),
    One(#[allow(dead_code, reason = "it only tells one from many")] String),
}

impl Audience {
    fn is_several(&self) -> bool {
        matches!(self, Self::Many(parties) if parties.len() > 1)
    }
}

/// Checks a token against the provider's keys and reads the person from it.
///
/// # Errors
/// The first fault.
pub fn verify_id_token(
    token: &str,
    keys: &JwkSet,
    expected: &TokenExpectation<'_>,
) -> Result<ProvenIdentity, TokenFault> {
    if token.len() > ID_TOKEN_BYTES_MAX {
        return Err(TokenFault::Malformed);
    }
    let header = decode_header(token).map_err(|_| TokenFault::Malformed)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(TokenFault::Algorithm(format!("{:?}", header.alg)));
    }
    let key = find_key(keys, header.kid.as_deref(), header.alg)?;
    let decoding_key = DecodingKey::from_jwk(key)
        .map_err(|_| TokenFault::UnknownKey(key_name(header.kid.as_deref())))?;
    let claims = decode::<Claims>(token, &decoding_key, &validation(header.alg, expected))
        .map_err(fault_of)?
        .claims;
    check_claims(&claims, expected)?;
    Ok(ProvenIdentity {
        issuer: expected.issuer.to_owned(),
        groups: expected
            .group_claim
            .map(|claim| groups_of(&claims.others, claim)),
        subject: claims.sub,
        email: claims.email.map(|email| capped_to(&email, 254)),
        preferred_name: claims.preferred_username.map(|name| capped_to(&name, 64)),
    })
}

/// The key that a token names; without a name, the only one that fits.
fn find_key<'a>(
    keys: &'a JwkSet,
    kid: Option<&str>,
    algorithm: Algorithm,
) -> Result<&'a Jwk, TokenFault> {
    let mut fitting = keys.keys.iter().filter(|key| {
        let is_for_signing = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
        let is_named = kid.is_none() || key.common.key_id.as_deref() == kid;
        let is_of_algorithm = key
            .common
            .key_algorithm
            .is_none_or(|of_key| of_key == KeyAlgorithm::from(algorithm));
        is_for_signing && is_named && is_of_algorithm
    });
    let unknown = || TokenFault::UnknownKey(key_name(kid));
    let key = fitting.next().ok_or_else(unknown)?;
    // Several keys without a name to choose by: trying each would be guessing.
    if kid.is_none() && fitting.next().is_some() {
        return Err(unknown());
    }
    Ok(key)
}

fn key_name(kid: Option<&str>) -> String {
    capped_to(kid.unwrap_or_default(), 64)
}

fn validation(algorithm: Algorithm, expected: &TokenExpectation<'_>) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Times are checked against the caller's clock.
    validation.validate_exp = false;
    validation
}

fn check_claims(claims: &Claims, expected: &TokenExpectation<'_>) -> Result<(), TokenFault> {
    let (now_s, skew_s) = (expected.now_s as f64, CLOCK_SKEW_S as f64);
    if claims.exp + skew_s <= now_s || !claims.exp.is_finite() {
        return Err(TokenFault::Expired);
    }
    if claims.iat - skew_s > now_s || !claims.iat.is_finite() {
        return Err(TokenFault::IssuedAt);
    }
    let is_for_us = match &claims.azp {
        Some(party) => party == expected.client_id,
        None => !claims.aud.is_several(),
    };
    if !is_for_us {
        return Err(TokenFault::Audience);
    }
    let nonce = claims.nonce.as_deref().unwrap_or_default();
    if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
        return Err(TokenFault::Nonce);
    }
    let subject_chars = claims.sub.chars().count();
    if subject_chars == 0 || subject_chars > SUBJECT_CHARS_MAX {
        return Err(TokenFault::Subject);
    }
    Ok(())
}

/// The values of a claim that is a text or a list of texts; anything else counts as no groups.
fn groups_of(claims: &serde_json::Map<String, serde_json::Value>, claim: &str) -> Vec<String> {
    let values = match claims.get(claim) {
        Some(serde_json::Value::String(group)) => vec![group.clone()],
        Some(serde_json::Value::Array(groups)) => groups
            .iter()
            .filter_map(|group| group.as_str().map(str::to_owned))
            .take(GROUPS_MAX)
            .collect(),
        _ => Vec::new(),
    };
    values
        .into_iter()
        .filter(|group| crate::user_name::group_name(group).is_ok())
        .collect()
}

fn fault_of(error: jsonwebtoken::errors::Error) -> TokenFault {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::InvalidSignature => TokenFault::Signature,
        ErrorKind::InvalidIssuer => TokenFault::Issuer,
        ErrorKind::InvalidAudience => TokenFault::Audience,
        ErrorKind::ExpiredSignature => TokenFault::Expired,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) => TokenFault::Claims,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat => {
            TokenFault::Algorithm("of another key".to_owned())
        }
        _ => TokenFault::Malformed,
    }
}

#[cfg(test)]
mod tests;
