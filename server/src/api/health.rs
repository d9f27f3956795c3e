//! Whether the program works, for load balancers and monitoring.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use identity::RequestContext;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{ApiError, ErrorCode};

use super::failure::Failure;
use crate::layers::client::address_of;
use crate::services::Services;

#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
    components: Vec<Component>,
}

#[derive(Debug, Serialize)]
struct Component {
    name: &'static str,
    status: &'static str,
    detail: String,
}

/// `GET /health`: 200 when every part works, else 503; one line per part.
pub async fn health(State(services): State<Services>) -> Response {
    let database = match services.database.execute_unprepared("SELECT 1").await {
        Ok(_) => component(
            "database",
            true,
            format!("{:?}", services.database.get_database_backend()),
        ),
        Err(_) => component("database", false, "does not answer".to_owned()),
    };
    let capabilities = services.spawner.capabilities();
    let notebooks = component(
        "notebooks",
        true,
        format!(
            "{} engine, isolation: {}",
            capabilities.engine, capabilities.isolation
        ),
    );
    let components = vec![database, notebooks];
    let works = components.iter().all(|component| component.status == "ok");
    let status = if works {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = Health {
        status: if works { "ok" } else { "failing" },
        version: env!("CARGO_PKG_VERSION"),
        components,
    };
    (status, Json(body)).into_response()
}

fn component(name: &'static str, works: bool, detail: String) -> Component {
    Component {
        name,
        status: if works { "ok" } else { "failing" },
        detail,
    }
}

/// `GET /metrics`: Prometheus text, for this machine and for administrators.
pub async fn metrics(
    State(services): State<Services>,
    request: Request,
) -> Result<Response, Failure> {
    let (parts, _) = request.into_parts();
    let is_local = address_of(&parts, &services.settings.trusted_proxies).is_loopback();
    let is_administrator = parts
        .extensions
        .get::<RequestContext>()
        .is_some_and(|context| context.administrator().is_ok());
    if !is_local && !is_administrator {
        return Err(Failure(ApiError::new(ErrorCode::NotFound, "not found")));
    }
    let text = services.metrics.render();
    Ok((
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response())
}
