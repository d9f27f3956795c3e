//! What a provider publishes about itself (OpenID Connect Discovery 1.0).

use serde::Deserialize;
use url::Url;

use crate::config::is_trustworthy;

/// The parts of the document that are used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Discovery {
    pub issuer: String,
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub jwks_uri: Url,
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// RFC 9207: answers name the issuer.
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// How the client proves itself at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthentication {
    Basic,
    RequestBody,
}

/// Where the document of an issuer is (§4.1).
#[must_use]
pub fn discovery_url(issuer: &Url) -> String {
    format!(
        "{}/.well-known/openid-configuration",
        issuer.as_str().trim_end_matches('/')
    )
}

/// The issuer as it is configured, without the slash that URL parsers add to a bare host.
#[must_use]
pub fn issuer_text(issuer: &Url) -> String {
    let text = issuer.as_str();
    if issuer.path() == "/" {
        text.trim_end_matches('/').to_owned()
    } else {
        text.to_owned()
    }
}

impl Discovery {
    /// Checks that the document is by the issuer that was asked (§4.3), and that nothing in it
    /// leads to an unprotected place.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn check(&self, issuer: &Url) -> Result<(), String> {
        let expected = issuer_text(issuer);
        let is_same = self.issuer == expected || self.issuer == format!("{expected}/");
        if !is_same {
            return Err("the discovery document is by another issuer".to_owned());
        }
        for endpoint in [
            &self.authorization_endpoint,
            &self.token_endpoint,
            &self.jwks_uri,
        ] {
            if !is_trustworthy(endpoint) {
                return Err("the discovery document names an endpoint without https".to_owned());
            }
        }
        let has_s256 = self
            .code_challenge_methods_supported
            .as_ref()
            .is_none_or(|methods| methods.iter().any(|method| method == "S256"));
        if !has_s256 {
            return Err("the provider does not support PKCE with S256".to_owned());
        }
        Ok(())
    }

    /// Basic unless the provider says that it only knows the other way (§3: Basic is the default).
    #[must_use]
    pub fn client_authentication(&self) -> ClientAuthentication {
        let methods = &self.token_endpoint_auth_methods_supported;
        let knows = |method: &str| methods.iter().any(|known| known == method);
        if !methods.is_empty() && !knows("client_secret_basic") && knows("client_secret_post") {
            return ClientAuthentication::RequestBody;
        }
        ClientAuthentication::Basic
    }

    /// Checks the `iss` of an answer (RFC 9207 §2.4): it must be right if there is one, and there
    /// must be one if the provider says so. Otherwise one provider's answer could be taken for
    /// another's.
    #[must_use]
    pub fn is_answer_of_issuer(&self, iss: Option<&str>) -> bool {
        match iss {
            Some(iss) => iss == self.issuer,
            None => !self.authorization_response_iss_parameter_supported,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(change: impl FnOnce(&mut serde_json::Value)) -> Discovery {
        let mut value = serde_json::json!({
            "issuer": "https://idp.example",
            "authorization_endpoint": "https://idp.example/auth",
            "token_endpoint": "https://idp.example/token",
            "jwks_uri": "https://idp.example/jwks",
        });
        change(&mut value);
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_document_is_checked_against_its_issuer() {
        let issuer: Url = "https://idp.example".parse().unwrap();
        assert_eq!(
            discovery_url(&issuer),
            "https://idp.example/.well-known/openid-configuration"
        );
        assert_eq!(document(|_| ()).check(&issuer), Ok(()));
        assert!(
            document(|value| value["issuer"] = "https://evil.example".into())
                .check(&issuer)
                .is_err()
        );
        assert!(
            document(|value| value["jwks_uri"] = "http://idp.example/jwks".into())
                .check(&issuer)
                .is_err()
        );
        let plain = document(|value| {
            value["code_challenge_methods_supported"] = serde_json::json!(["plain"]);
        });
        assert!(plain.check(&issuer).is_err());
    }

    #[test]
    fn the_client_proves_itself_as_the_provider_can_read_it() {
        for (methods, expected) in [
            (serde_json::json!([]), ClientAuthentication::Basic),
            (
                serde_json::json!(["client_secret_post"]),
                ClientAuthentication::RequestBody,
            ),
            (
                serde_json::json!(["client_secret_post", "client_secret_basic"]),
                ClientAuthentication::Basic,
            ),
        ] {
            let document =
                document(|value| value["token_endpoint_auth_methods_supported"] = methods);
            assert_eq!(document.client_authentication(), expected);
        }
    }

    #[test]
    fn an_answer_of_another_issuer_is_seen() {
        let silent = document(|_| ());
        assert!(silent.is_answer_of_issuer(None));
        assert!(silent.is_answer_of_issuer(Some("https://idp.example")));
        assert!(!silent.is_answer_of_issuer(Some("https://evil.example")));
        let naming =
            document(|value| value["authorization_response_iss_parameter_supported"] = true.into());
        assert!(!naming.is_answer_of_issuer(None));
    }
}
