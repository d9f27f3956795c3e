use super::*;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

const NOW_S: i64 = 1_790_000_000;
const ISSUER: &str = "https://idp.example";

fn key(seed: u8) -> EncodingKey {
    // PKCS #8 of an Ed25519 key (RFC 8410 §7).
    let mut der = hex::decode("302e020100300506032b657004220420").unwrap();
    der.extend_from_slice(&[seed; 32]);
    EncodingKey::from_ed_der(&der)
}

fn jwk(seed: u8, kid: Option<&str>) -> Jwk {
    let mut jwk = Jwk::from_encoding_key(&key(seed), Algorithm::EdDSA).unwrap();
    jwk.common.key_id = kid.map(str::to_owned);
    jwk
}

fn keys() -> JwkSet {
    JwkSet {
        keys: vec![jwk(1, Some("one")), jwk(2, Some("two"))],
    }
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "subject", "aud": "hub", "nonce": "nonce",
        "iat": NOW_S, "exp": NOW_S + 600, "email": "ada@example.org",
    })
}

fn token(claims: &Value, seed: u8, kid: Option<&str>) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = kid.map(str::to_owned);
    encode(&header, claims, &key(seed)).unwrap()
}

fn verify(token: &str, keys: &JwkSet) -> Result<ProvenIdentity, TokenFault> {
    let expected = TokenExpectation {
        issuer: ISSUER,
        client_id: "hub",
        nonce: "nonce",
        group_claim: Some("groups"),
        now_s: NOW_S,
    };
    verify_id_token(token, keys, &expected)
}

/// Changes one claim of a good token (`null` removes it).
fn check(claim: &str, value: Value, fault: TokenFault) {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(claim);
    } else {
        claims[claim] = value.clone();
    }
    assert_eq!(
        verify(&token(&claims, 1, Some("one")), &keys()),
        Err(fault),
        "{claim}: {value}"
    );
}

#[test]
fn a_good_token_says_who_it_is() {
    let identity = verify(&token(&claims(), 1, Some("one")), &keys()).unwrap();
    assert_eq!(
        (identity.issuer.as_str(), identity.subject.as_str()),
        (ISSUER, "subject")
    );
    assert_eq!(identity.email.as_deref(), Some("ada@example.org"));
    assert_eq!(identity.groups, Some(Vec::new()));
}

#[test]
fn claims_that_are_not_for_us_are_refused() {
    check("aud", json!("other"), TokenFault::Audience);
    check("aud", json!(["other", "third"]), TokenFault::Audience);
    check("aud", json!(["hub", "other"]), TokenFault::Audience);
    check("azp", json!("other"), TokenFault::Audience);
    check("iss", json!("https://evil.example"), TokenFault::Issuer);
    check("nonce", json!("another"), TokenFault::Nonce);
    check("nonce", Value::Null, TokenFault::Nonce);
    check("exp", json!(NOW_S - 60), TokenFault::Expired);
    check("iat", json!(NOW_S + 61), TokenFault::IssuedAt);
    check("sub", json!(""), TokenFault::Subject);
    check("sub", json!("x".repeat(256)), TokenFault::Subject);
    for claim in ["sub", "aud", "exp", "iat", "iss"] {
        check(claim, Value::Null, TokenFault::Claims);
    }
    check("exp", json!("tomorrow"), TokenFault::Claims);
}

#[test]
fn clocks_may_differ_by_a_minute() {
    for (claim, value) in [("exp", NOW_S - 59), ("iat", NOW_S + 60)] {
        let mut claims = claims();
        claims[claim] = json!(value);
        assert!(
            verify(&token(&claims, 1, Some("one")), &keys()).is_ok(),
            "{claim}"
        );
    }
}

#[test]
fn several_audiences_need_the_authorized_party() {
    let mut claims = claims();
    claims["aud"] = json!(["hub", "other"]);
    claims["azp"] = json!("hub");
    assert!(verify(&token(&claims, 1, Some("one")), &keys()).is_ok());
}

#[test]
fn only_the_providers_keys_count() {
    let good = claims();
    assert_eq!(
        verify(&token(&good, 2, Some("one")), &keys()),
        Err(TokenFault::Signature)
    );
    let unknown = TokenFault::UnknownKey("three".to_owned());
    assert_eq!(
        verify(&token(&good, 1, Some("three")), &keys()),
        Err(unknown)
    );
    // Without a name there must be one key to choose.
    assert_eq!(
        verify(&token(&good, 1, None), &keys()),
        Err(TokenFault::UnknownKey(String::new()))
    );
    assert!(
        verify(
            &token(&good, 1, None),
            &JwkSet {
                keys: vec![jwk(1, None)]
            }
        )
        .is_ok()
    );
    let mut encryption = jwk(1, Some("one"));
    encryption.common.public_key_use = Some(PublicKeyUse::Encryption);
    let keys = JwkSet {
        keys: vec![encryption],
    };
    assert_eq!(
        verify(&token(&good, 1, Some("one")), &keys),
        Err(TokenFault::UnknownKey("one".to_owned()))
    );
}

#[test]
fn unsigned_and_shared_secret_tokens_are_refused() {
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("one".to_owned());
    let by_secret = encode(
        &header,
        &claims(),
        &EncodingKey::from_secret(b"a secret of the hub"),
    )
    .unwrap();
    assert_eq!(
        verify(&by_secret, &keys()),
        Err(TokenFault::Algorithm("HS256".to_owned()))
    );
    // {"alg":"none"}
    let good = token(&claims(), 1, Some("one"));
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).unwrap());
    assert_eq!(verify(&unsigned, &keys()), Err(TokenFault::Malformed));
    let cut = good.rsplit_once('.').unwrap().0;
    for text in ["", "a.b.c", cut, &"x".repeat(ID_TOKEN_BYTES_MAX + 1)] {
        assert!(verify(text, &keys()).is_err());
    }
}

#[test]
fn groups_are_read_from_text_or_list() {
    for (value, groups) in [
        (json!("lab"), vec!["lab"]),
        (json!(["lab", "team", 5, "a/b"]), vec!["lab", "team"]),
        (json!({"lab": true}), vec![]),
    ] {
        let mut claims = claims();
        claims["groups"] = value;
        let identity = verify(&token(&claims, 1, Some("one")), &keys()).unwrap();
        assert_eq!(identity.groups.unwrap(), groups);
    }
}
