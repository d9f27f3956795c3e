//! One OpenID Connect provider: what it publishes, kept for a while, and its token endpoint.

use std::borrow::Cow;

use jsonwebtoken::jwk::JwkSet;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenUrl,
};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use types::{ErrorCode, Timestamp};
use url::Url;

use super::outbound::{OutboundError, send, unavailable};
use crate::IdentityError;
use crate::capped::capped;
use crate::clock::Clock;
use crate::config::OauthProviderConfig;
use crate::id_token::{ProvenIdentity, TokenExpectation, TokenFault, verify_id_token};
use crate::oidc_discovery::{ClientAuthentication, Discovery, discovery_url};

type Result<T> = std::result::Result<T, IdentityError>;

/// How long what a provider publishes is kept.
const PUBLISHED_TTL_MS: i64 = 60 * 60 * 1_000;
/// How often keys are fetched because a token named one that is not known: anyone can write such
/// tokens, so they must not make us hammer the provider.
const REFETCHES_PER_MINUTE: usize = 5;
const MINUTE_MS: i64 = 60_000;

/// A configured provider with what is known of it.
pub(crate) struct OidcProvider {
    pub(crate) config: OauthProviderConfig,
    redirect_uri: Url,
    http: reqwest::Client,
    clock: Clock,
    published: Mutex<Published>,
}

#[derive(Default)]
struct Published {
    discovery: Option<(Timestamp, Discovery)>,
    keys: Option<(Timestamp, JwkSet)>,
    /// When keys were fetched for an unknown name, within the last minute.
    refetches: Vec<Timestamp>,
}

/// What a flow must remember until its answer comes.
pub(crate) struct Started {
    pub(crate) authorize_url: Url,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) pkce_verifier: String,
}

/// The one field of the token answer that is not OAuth's own.
#[derive(Debug, Clone, Deserialize, Serialize)]
struct IdTokenField {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenField {}

type OidcClient = Client<
    BasicErrorResponse,
    StandardTokenResponse<IdTokenField, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

impl OidcProvider {
    pub(crate) fn new(
        config: OauthProviderConfig,
        hub_origin: &Url,
        http: reqwest::Client,
        clock: Clock,
    ) -> Result<Self> {
        let redirect_uri = hub_origin
            .join(&format!("/oauth/{}/callback", config.slug))
            .map_err(|error| {
                IdentityError::Bug(format!("the redirect URI of {}: {error}", config.slug))
            })?;
        Ok(Self {
            config,
            redirect_uri,
            http,
            clock,
            published: Mutex::default(),
        })
    }

    /// The provider's URL to go to, and what to keep until the person comes back.
    pub(crate) async fn start(&self) -> Result<Started> {
        let client = self.client(&self.discovery().await?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let state = crate::secret::generate_secret();
        let nonce = crate::secret::generate_secret();
        let csrf_state = CsrfToken::new(state.clone());
        let mut request = client
            .authorize_url(move || csrf_state)
            .set_pkce_challenge(challenge)
            .add_scope(Scope::new("openid".to_owned()))
            .add_extra_param("nonce", nonce.clone());
        for scope in self.config.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (authorize_url, _) = request.url();
        Ok(Started {
            authorize_url,
            state,
            nonce,
            pkce_verifier: verifier.into_secret(),
        })
    }

    /// Exchanges the code of an answer and reads who the person is.
    pub(crate) async fn finish(
        &self,
        code: &str,
        iss: Option<&str>,
        nonce: &str,
        pkce_verifier: String,
    ) -> Result<ProvenIdentity> {
        let discovery = self.discovery().await?;
        if !discovery.is_answer_of_issuer(iss) {
            return Err(self.refused("the answer came from another provider"));
        }
        let id_token = self.exchange(&discovery, code, pkce_verifier).await?;
        let expected = TokenExpectation {
            issuer: &discovery.issuer,
            client_id: &self.config.client_id,
            nonce,
            group_claim: self.config.group_claim.as_deref(),
            now_s: self.clock.now().0.div_euclid(1_000),
        };
        let keys = self.keys(&discovery).await?;
        match verify_id_token(&id_token, &keys, &expected) {
            // The provider may have changed its keys since they were fetched: look once more.
            Err(TokenFault::UnknownKey(_)) if self.may_refetch() => {
                let keys = self.fetch_keys(&discovery).await?;
                verify_id_token(&id_token, &keys, &expected)
            }
            verdict => verdict,
        }
        .map_err(|fault| self.refused(format!("the provider's token was not believed: {fault}")))
    }

    async fn exchange(
        &self,
        discovery: &Discovery,
        code: &str,
        pkce_verifier: String,
    ) -> Result<String> {
        let client = self.client(discovery)?;
        let http = self.http.clone();
        let http = move |request: HttpRequest| perform(http.clone(), request);
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(pkce_verifier))
            .request_async(&http)
            .await;
        match answer {
            Ok(tokens) => {
                let token = tokens.extra_fields().id_token.clone();
                token.ok_or_else(|| self.refused("the provider sent no ID token"))
            }
            Err(RequestTokenError::ServerResponse(error)) => Err(self.refused(format!(
                "the provider refused the code: {}",
                capped(error.error().as_ref())
            ))),
            Err(RequestTokenError::Request(error)) => {
                Err(unavailable(self.config.display_name.clone(), error))
            }
            Err(_) => Err(self.refused("the provider's answer cannot be read")),
        }
    }

    fn client(&self, discovery: &Discovery) -> Result<OidcClient> {
        let bug = |error: url::ParseError| {
            IdentityError::Bug(format!("an endpoint of {}: {error}", self.config.slug))
        };
        let mut client = Client::new(ClientId::new(self.config.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(discovery.authorization_endpoint.clone()))
            .set_token_uri(TokenUrl::from_url(discovery.token_endpoint.clone()))
            .set_redirect_uri(RedirectUrl::new(self.redirect_uri.to_string()).map_err(bug)?)
            .set_auth_type(match discovery.client_authentication() {
                ClientAuthentication::Basic => AuthType::BasicAuth,
                ClientAuthentication::RequestBody => AuthType::RequestBody,
            });
        if let Some(secret) = &self.config.client_secret {
            client = client.set_client_secret(ClientSecret::new(secret.clone()));
        }
        Ok(client)
    }

    async fn discovery(&self) -> Result<Discovery> {
        let now = self.clock.now();
        if let Some((read_at, discovery)) = &self.published.lock().discovery
            && now.since_ms(*read_at) < PUBLISHED_TTL_MS
        {
            return Ok(discovery.clone());
        }
        let discovery: Discovery = self.fetch(&discovery_url(&self.config.issuer)).await?;
        discovery
            .check(&self.config.issuer)
            .map_err(|problem| self.unusable(problem))?;
        self.published.lock().discovery = Some((now, discovery.clone()));
        Ok(discovery)
    }

    async fn keys(&self, discovery: &Discovery) -> Result<JwkSet> {
        let now = self.clock.now();
        if let Some((read_at, keys)) = &self.published.lock().keys
            && now.since_ms(*read_at) < PUBLISHED_TTL_MS
        {
            return Ok(keys.clone());
        }
        self.fetch_keys(discovery).await
    }

    async fn fetch_keys(&self, discovery: &Discovery) -> Result<JwkSet> {
        let keys: JwkSet = self.fetch(discovery.jwks_uri.as_str()).await?;
        self.published.lock().keys = Some((self.clock.now(), keys.clone()));
        Ok(keys)
    }

    fn may_refetch(&self) -> bool {
        let now = self.clock.now();
        let mut published = self.published.lock();
        published
            .refetches
            .retain(|moment| now.since_ms(*moment) < MINUTE_MS);
        if published.refetches.len() >= REFETCHES_PER_MINUTE {
            return false;
        }
        published.refetches.push(now);
        true
    }

    async fn fetch<T: DeserializeOwned>(&self, url: &str) -> Result<T> {
        let answer = send(self.http.get(url))
            .await
            .map_err(|error| unavailable(self.config.display_name.clone(), error))?;
        if !answer.status.is_success() {
            return Err(self.unusable(format!(
                "it answered with status {}",
                answer.status.as_u16()
            )));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|error| unavailable(self.config.display_name.clone(), error))
    }

    fn unusable(&self, problem: String) -> IdentityError {
        unavailable(
            self.config.display_name.clone(),
            std::io::Error::other(problem),
        )
    }

    fn refused(&self, problem: impl Into<Cow<'static, str>>) -> IdentityError {
        IdentityError::refused(
            ErrorCode::OauthFailed,
            format!("{}: {}", self.config.display_name, problem.into()),
        )
    }
}

/// The HTTP client of the `oauth2` crate, over ours.
async fn perform(
    http: reqwest::Client,
    request: HttpRequest,
) -> std::result::Result<HttpResponse, PerformError> {
    let (parts, body) = request.into_parts();
    let request = http
        .request(parts.method, parts.uri.to_string())
        .headers(parts.headers)
        .body(body);
    let answer = send(request).await?;
    Ok(oauth2::http::Response::builder()
        .status(answer.status)
        .body(answer.body)?)
}

#[derive(Debug, thiserror::Error)]
enum PerformError {
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    #[error(transparent)]
    Http(#[from] oauth2::http::Error),
}
