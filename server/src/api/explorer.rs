//! What the explorer's pages need beside server functions: its stream, and lists as files.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use explorer::Explorer;
use futures::stream::{self, StreamExt, TryStreamExt};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::{Deserialize, Deserializer};
use tokio::time::Instant;
use types::explorer::{Export, ExportKind};
use types::{ApiError, ErrorCode, WalletAddress};

use super::events::{Events, sse};
use super::failure::Failure;
use crate::services::Services;

/// Pages learn of a new block at most so often.
const STATUS_INTERVAL: Duration = Duration::from_secs(1);

/// `GET /explorer/events`: the status of the index, at once and when it changes.
pub async fn events(State(services): State<Services>) -> Result<Events, Failure> {
    let mut changes = explorer_of(&services)?.changes();
    changes.mark_changed();
    let statuses = stream::unfold(changes, |mut changes| async move {
        changes.changed().await.ok()?;
        let status = changes.borrow_and_update().clone();
        let event = Event::default().event("chain").json_data(status);
        Some((event, changes))
    });
    let events = statuses.filter_map(|event| async { event.ok().map(Ok::<_, Infallible>) });
    Ok(sse(throttle(events).boxed()))
}

/// Lets one event through in [`STATUS_INTERVAL`].
fn throttle<T: Send + 'static>(
    events: impl stream::Stream<Item = T> + Send + 'static,
) -> impl stream::Stream<Item = T> + Send {
    let begin = (Box::pin(events), None::<Instant>);
    stream::unfold(begin, |(mut events, last)| async move {
        if let Some(last) = last {
            tokio::time::sleep_until(last + STATUS_INTERVAL).await;
        }
        let event = events.next().await?;
        Some((event, (events, Some(Instant::now()))))
    })
}

/// Which blocks.
#[derive(Debug, Deserialize)]
pub struct Range {
    #[serde(default, deserialize_with = "block_number")]
    from_block: Option<u64>,
    #[serde(default, deserialize_with = "block_number")]
    to_block: Option<u64>,
}

/// A field of a form: left empty, it bounds nothing.
fn block_number<'de, D: Deserializer<'de>>(field: D) -> Result<Option<u64>, D::Error> {
    let text = String::deserialize(field)?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| serde::de::Error::custom("a block is named by its number"))
}

/// `GET /explorer/export/address/<address>/<kind>.csv`: a list of an address as a file.
pub async fn export(
    State(services): State<Services>,
    Path((address, file)): Path<(String, String)>,
    Query(range): Query<Range>,
) -> Result<Response, Failure> {
    let not_found = || Failure(ApiError::new(ErrorCode::NotFound, "there is no such file"));
    let explorer = explorer_of(&services)?;
    let address: WalletAddress = address.parse().map_err(|_| not_found())?;
    let kind = file
        .strip_suffix(".csv")
        .and_then(ExportKind::parse)
        .ok_or_else(not_found)?;
    let lines = explorer
        .export(Export {
            kind,
            address,
            from_block: range.from_block,
            to_block: range.to_block,
        })
        .inspect_err(|error| tracing::warn!(%error, "an export ended early"));
    let name = format!("attachment; filename=\"{address}-{}.csv\"", kind.as_str());
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

fn explorer_of(services: &Services) -> Result<&Explorer, Failure> {
    services.explorer.as_ref().ok_or_else(|| {
        Failure(ApiError::new(
            ErrorCode::NotFound,
            "this site shows no chain",
        ))
    })
}
