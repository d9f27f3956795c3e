//! Metrics. The first four have the names of configurable-http-proxy, which dashboards know.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::StatusCode;
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// Statuses whose series exist from the start, so that graphs have no gaps.
const USUAL_STATUSES: [u16; 18] = [
    101, 200, 201, 204, 206, 301, 302, 304, 400, 401, 403, 404, 408, 424, 500, 502, 503, 504,
];
const STATUS_FIRST: usize = 100;
const STATUSES: usize = 900;

/// Handles of every series, looked up once.
#[derive(Clone)]
pub(crate) struct Measure {
    pub(crate) requests_web: Counter,
    pub(crate) requests_ws: Counter,
    pub(crate) last_activity_updating: Counter,
    find_target_for_req: Histogram,
    by_status: Arc<[OnceLock<Counter>]>,
    pub(crate) bytes_from_client: Counter,
    pub(crate) bytes_to_client: Counter,
    pub(crate) websockets_open: Gauge,
    pub(crate) connections_opened: Counter,
    pub(crate) connections_reused: Counter,
    pub(crate) requests_repeated: Counter,
}

impl Measure {
    /// Registers all series with the present recorder.
    pub(crate) fn register() -> Self {
        let measure = Self {
            requests_web: counter!("requests_web"),
            requests_ws: counter!("requests_ws"),
            last_activity_updating: counter!("last_activity_updating"),
            find_target_for_req: histogram!("find_target_for_req"),
            by_status: (0..STATUSES).map(|_| OnceLock::new()).collect(),
            bytes_from_client: counter!("ledgercloud_proxy_bytes_total", "direction" => "from_client"),
            bytes_to_client: counter!("ledgercloud_proxy_bytes_total", "direction" => "to_client"),
            websockets_open: gauge!("ledgercloud_proxy_websockets_open"),
            connections_opened: counter!("ledgercloud_proxy_upstream_connections_opened_total"),
            connections_reused: counter!("ledgercloud_proxy_upstream_connections_reused_total"),
            requests_repeated: counter!("ledgercloud_proxy_requests_repeated_total"),
        };
        for status in USUAL_STATUSES {
            measure.by_status(usize::from(status)).increment(0);
        }
        measure.websockets_open.increment(0.0);
        measure
    }

    /// One answer that a server or the proxy itself has given.
    pub(crate) fn count_answer(&self, status: StatusCode) {
        self.by_status(usize::from(status.as_u16())).increment(1);
    }

    /// How long the gatekeeper took to decide, thawing included.
    pub(crate) fn record_admission(&self, elapsed: Duration) {
        self.find_target_for_req.record(elapsed.as_secs_f64());
    }

    fn by_status(&self, status: usize) -> &Counter {
        let index = status.clamp(STATUS_FIRST, STATUS_FIRST + STATUSES - 1) - STATUS_FIRST;
        self.by_status[index]
            .get_or_init(|| counter!("requests_proxy", "status" => status.to_string()))
    }
}
