//! Every route of the hub's origin, and which origin a request is for.

use std::net::IpAddr;
use std::sync::Arc;

use app::{App, shell};
use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use chain::service::Sealer;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use identity::SessionStorage;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list};
use proxy::{ClientAddress, HostPattern, Proxy, ProxyLimits, ProxySettings, RESERVED_PATH_PREFIX};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

use crate::api;
use crate::api::chain::{AddressBook, ChainApi};
use crate::config::Settings;
use crate::door::gate::Gate;
use crate::layers::address::refuse_foreign_address;
use crate::layers::client::client_address;
use crate::layers::cross_site::{drop_foreign_words, refuse_cross_site};
use crate::layers::deadline::keep_deadline;
use crate::layers::headers::{Transport, add_security_headers, page_policy};
use crate::layers::log::log_requests;
use crate::layers::rate::{RateLimits, limit_chain_rate, limit_rate};
use crate::layers::session::{Resolver, resolve_caller};
use crate::listener::Handler;
use crate::node::OwnNode;
use crate::services::Services;

/// The site: the hub's origin and, on all others that fit the pattern, the notebook servers.
#[derive(Clone)]
pub struct Site {
    hub: Router,
    notebooks: Proxy<Gate>,
    gate: Arc<Gate>,
    server_origin: Arc<HostPattern>,
    trusted_proxies: Arc<[IpAddr]>,
}

impl Site {
    /// Puts the origins together.
    #[must_use]
    pub fn new(
        services: &Services,
        sessions: SessionStorage,
        gate: Gate,
        server_origin: HostPattern,
        limits: &RateLimits,
    ) -> Self {
        let gate = Arc::new(gate);
        let settings = ProxySettings {
            server_origin: server_origin.clone(),
            hub_origin: services.settings.public_origin.clone(),
            limits: ProxyLimits::default(),
        };
        Self {
            hub: hub(services, sessions, limits),
            notebooks: Proxy::new(gate.clone(), settings),
            gate,
            server_origin: Arc::new(server_origin),
            trusted_proxies: services.settings.trusted_proxies.clone().into(),
        }
    }
}

impl Handler for Site {
    async fn handle(&self, mut request: Request<Incoming>) -> Response<Body> {
        let authority = request
            .headers()
            .get(HOST)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if let Some(label) = proxy::host_label(authority, &self.server_origin) {
            if request.uri().path().starts_with(RESERVED_PATH_PREFIX) {
                let label = label.into_owned();
                let (parts, _) = request.into_parts();
                return self.gate.reserved(&parts, &label).map(Body::new);
            }
            let client = client_address(&request, &self.trusted_proxies);
            request.extensions_mut().insert(ClientAddress(client));
            return self.notebooks.handle(request).await.map(Body::new);
        }
        match self.hub.clone().oneshot(request.map(Body::new)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

fn hub(services: &Services, sessions: SessionStorage, limits: &RateLimits) -> Router {
    let secure = services.settings.public_origin.starts_with("https://");
    let transport = if secure {
        Transport::Tls
    } else {
        Transport::Plain
    };
    let resolver = Resolver {
        identity: services.identity.clone(),
        trusted_proxies: services.settings.trusted_proxies.clone().into(),
    };
    let hub_origin: Arc<str> = Arc::from(services.settings.public_origin.as_str());
    // Streams of events go on for as long as they are read.
    let timed = Router::new()
        .merge(links())
        .merge(pages(services))
        .layer(from_fn(keep_deadline));
    Router::new()
        .merge(timed)
        .merge(streams())
        .route("/metrics", get(api::health::metrics))
        .layer(from_fn_with_state(resolver, resolve_caller))
        .layer(session_layer(services, sessions, secure))
        .merge(health())
        .merge(document())
        .merge(files(services))
        .layer(from_fn(refuse_foreign_address))
        .layer(from_fn(drop_foreign_words))
        .layer(from_fn_with_state(hub_origin, refuse_cross_site))
        .layer(from_fn_with_state(limits.clone(), limit_rate))
        .layer(DefaultBodyLimit::max(services.settings.limits.body_bytes))
        .layer(tower_http::limit::RequestBodyLimitLayer::new(
            services.settings.limits.body_bytes,
        ))
        // Beside what guards sessions: the chain's interfaces know none.
        .merge(chain_interfaces(services))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(transport, add_security_headers))
        .layer(from_fn(log_requests))
        .with_state(services.clone())
}

/// What the node offers to everyone, if there is one.
fn chain_interfaces(services: &Services) -> Router<Services> {
    let Some(own) = services.chain.own() else {
        return Router::new();
    };
    let explorer = services.explorer.clone();
    let address_book = explorer.map(|explorer| Arc::new(explorer) as Arc<dyn AddressBook>);
    chain_routes(own, address_book, &services.settings)
}

/// JSON-RPC, the REST interface, and the one between nodes.
pub fn chain_routes<S: Clone + Send + Sync + 'static>(
    own: &OwnNode,
    address_book: Option<Arc<dyn AddressBook>>,
    settings: &Settings,
) -> Router<S> {
    let api = ChainApi::new(own.dispatcher.clone(), own.peers.clone(), |parts| {
        parts.sealer = own.sealer.as_ref().map(Sealer::address);
        parts.faucet = own.faucet.clone();
        parts.address_book = address_book;
        parts.trusted_proxies = settings.trusted_proxies.clone().into();
    });
    api::json_rpc::routes(own.dispatcher.clone())
        .merge(api::chain::routes(api))
        .layer(from_fn_with_state(own.rate.clone(), limit_chain_rate))
        .layer(api::chain::every_origin())
        .with_state(())
}

fn session_layer(
    services: &Services,
    sessions: SessionStorage,
    secure: bool,
) -> SessionManagerLayer<SessionStorage> {
    // The cookie is sent once, so its age is that of the longest session. The ends of sessions,
    // idle and absolute, are the store's own business.
    let max_hours = i64::from(services.settings.sign_in.session_max_hours);
    SessionManagerLayer::new(sessions)
        .with_name(if secure {
            "__Host-ledgercloud-session"
        } else {
            "ledgercloud-session"
        })
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(
            tower_sessions::cookie::time::Duration::hours(max_hours),
        ))
}

fn health() -> Router<Services> {
    Router::new()
        .route("/health", get(api::health::health))
        .route("/v1/health", get(api::health::health))
}

/// For pages of every origin, as what it describes.
fn document() -> Router<Services> {
    Router::new()
        .route("/api/openapi.json", get(api::openapi::document))
        .layer(api::chain::every_origin())
}

fn links() -> Router<Services> {
    Router::new()
        .route("/join/{secret}", get(api::arrival::join))
        .route("/setup/{secret}", get(api::arrival::setup))
        .route("/oauth/{provider}/start", get(api::oauth::start))
        .route("/oauth/{provider}/callback", get(api::oauth::callback))
        .route(
            "/explorer/export/address/{address}/{file}",
            get(api::explorer::export),
        )
        .route("/sign-out", post(api::sign_out::sign_out))
        .route("/open/{server_id}", get(api::doors::open))
        .route("/door/{host_label}", get(api::doors::door))
        // Links of JupyterLab's own menu: "Hub Control Panel" and "Log Out".
        .route(
            "/hub/",
            get(|| async { axum::response::Redirect::to("/dashboard") }),
        )
        .route(
            "/hub/home",
            get(|| async { axum::response::Redirect::to("/dashboard") }),
        )
        .route(
            "/hub/logout",
            get(|| async { axum::response::Redirect::to("/account") }),
        )
        .route(
            "/hub/spawn",
            get(|| async { axum::response::Redirect::to("/dashboard") }),
        )
        .route(
            "/hub/spawn/{*server}",
            get(|| async { axum::response::Redirect::to("/dashboard") }),
        )
}

fn streams() -> Router<Services> {
    Router::new()
        .route("/explorer/events", get(api::explorer::events))
        .route("/hub/api/lc/servers/events", get(api::events::servers))
        .route(
            "/hub/api/lc/servers/{server_id}/events",
            get(api::events::progress),
        )
}

/// The pages and their server functions.
fn pages(services: &Services) -> Router<Services> {
    let context = {
        let pages = services.pages();
        move || {
            provide_context(pages.clone());
            send_page_policy();
        }
    };
    let options = services.leptos.clone();
    Router::new().leptos_routes_with_context(
        services,
        generate_route_list(App),
        context,
        move || shell(options.clone()),
    )
}

/// Each page names in its policy the nonce that its scripts carry.
fn send_page_policy() {
    let (Some(nonce), Some(response)) = (
        leptos::nonce::use_nonce(),
        leptos::prelude::use_context::<leptos_axum::ResponseOptions>(),
    ) else {
        return;
    };
    if let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce.to_string())) {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// Files of `public` that have a name of their own at the top.
const STATIC_FILES: [&str; 4] = [
    "/favicon.svg",
    "/manifest.webmanifest",
    "/no-script.css",
    "/users-template.csv",
];

/// Compiled and static files, compressed beforehand. Names under `/pkg` carry a hash of their
/// content, and a font never changes under its name, so they are kept for ever.
fn files(services: &Services) -> Router<Services> {
    let root = &services.settings.site_root;
    let forever = SetResponseHeaderLayer::overriding(
        CACHE_CONTROL,
        if_found("public, max-age=31536000, immutable"),
    );
    let a_day =
        SetResponseHeaderLayer::overriding(CACHE_CONTROL, if_found("public, max-age=86400"));
    let packages = ServeDir::new(root.join("pkg"))
        .precompressed_br()
        .precompressed_gzip();
    let options = services.leptos.clone();
    let pages = services.pages();
    let not_found = move |request: axum::extract::Request| {
        let render = leptos_axum::render_app_async_with_context(
            {
                let pages = pages.clone();
                move || {
                    provide_context(pages.clone());
                    send_page_policy();
                    if let Some(response) =
                        leptos::prelude::use_context::<leptos_axum::ResponseOptions>()
                    {
                        response.set_status(StatusCode::NOT_FOUND);
                    }
                }
            },
            {
                let options = options.clone();
                move || shell(options.clone())
            },
        );
        async move { render(request).await.into_response() }
    };
    let fonts = ServeDir::new(root.join("fonts"));
    let mut router = Router::new()
        .nest_service(
            "/pkg",
            tower::ServiceBuilder::new()
                .layer(forever.clone())
                .service(packages),
        )
        .nest_service(
            "/fonts",
            tower::ServiceBuilder::new().layer(forever).service(fonts),
        )
        // Asked for by browsers that take no notice of the page's own link.
        .route(
            "/favicon.ico",
            get(|| async { axum::response::Redirect::permanent("/favicon.svg") }),
        );
    for path in STATIC_FILES {
        let file = ServeFile::new(root.join(path.trim_start_matches('/')))
            .precompressed_br()
            .precompressed_gzip();
        router = router.route_service(
            path,
            tower::ServiceBuilder::new()
                .layer(a_day.clone())
                .service(file),
        );
    }
    router.fallback(not_found)
}

/// The value for files that are there: that one is missing must not be remembered.
fn if_found<B>(value: &'static str) -> impl Fn(&Response<B>) -> Option<HeaderValue> + Clone {
    move |response| (!response.status().is_client_error()).then(|| HeaderValue::from_static(value))
}
