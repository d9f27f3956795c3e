//! The service: a request's way from its first check to the server's answer.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Empty, Full, Limited};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use metrics::Counter;
use tokio::sync::OwnedSemaphorePermit;

use crate::activity::activity_of_request;
use crate::automatic::{Automatic, automatic, lasting_part};
use crate::exchange::{Outgoing, agrees_to_websocket, exchange};
use crate::failure;
use crate::forwarded_body::ForwardedBody;
use crate::measure::Measure;
use crate::memory::{Asked, ENTRY_BYTES_MAX, Memory};
use crate::request_head::{self, Origin, RequestKind};
use crate::upload::Upload;
use crate::upstream::{Connection, Pool, Upstream};
use crate::websocket::frame::FrameKind;
use crate::websocket::{Tunnel, TunnelEnds};
use crate::{
    ActivityKind, Admission, BoxError, Gatekeeper, Passage, ProxyBody, ProxyError, ProxySettings,
    Target, host_label, response_head, same_origin,
};

/// What a page sends so soon after it has opened a WebSocket it sends by itself: JupyterLab asks the
/// kernel who it is, also each time it connects anew because something on the way had closed the
/// connection. A forgotten page does so for ever.
const OPENING: Duration = Duration::from_secs(3);

/// Address of the client, as an extension of the request: what a server is told in
/// `X-Forwarded-For`. Set by whoever accepts connections, because only that side knows whether
/// another proxy stands before it; without it nothing is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// The proxy before all servers. Cheap to clone; never fails and is always ready.
pub struct Proxy<G> {
    inner: Arc<Inner<G>>,
}

struct Inner<G> {
    gatekeeper: Arc<G>,
    settings: ProxySettings,
    pool: Arc<Pool>,
    measure: Measure,
    memory: Arc<Memory>,
}

impl<G> Clone for Proxy<G> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<G: Gatekeeper> Proxy<G> {
    /// Must be called within a Tokio runtime, and after the metrics recorder is installed.
    #[must_use]
    pub fn new(gatekeeper: Arc<G>, settings: ProxySettings) -> Self {
        let measure = Measure::register();
        let pool = Pool::open(settings.limits, measure.clone());
        Self {
            inner: Arc::new(Inner {
                gatekeeper,
                settings,
                pool,
                measure,
                memory: Arc::default(),
            }),
        }
    }

    /// The answer to one request, whatever becomes of it.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<ProxyBody>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.inner.answer(request).await
    }

    /// Closes the connections kept to a server that has stopped, so that its end is not delayed
    /// and none of them is tried again. Requests under way go on.
    pub fn forget(&self, target: &Target) {
        self.inner.memory.forget(target);
        self.inner.pool.forget(target);
    }
}

impl<G, B> tower::Service<Request<B>> for Proxy<G>
where
    G: Gatekeeper,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<ProxyBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let proxy = self.clone();
        Box::pin(async move { Ok(proxy.handle(request).await) })
    }
}

/// An admitted request.
struct Admitted<'a> {
    parts: &'a Parts,
    kind: RequestKind,
    origin: Origin<'a>,
    passage: Passage,
    upstream: Arc<Upstream>,
}

impl<G: Gatekeeper> Inner<G> {
    async fn answer<B>(self: &Arc<Self>, request: Request<B>) -> Response<ProxyBody>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let (mut parts, body) = request.into_parts();
        let on_upgrade = parts.extensions.remove::<OnUpgrade>();
        match self.handle(&parts, body, on_upgrade).await {
            Ok(response) => response,
            Err(error) => {
                self.measure.count_answer(error.status());
                let hub_origin = &self.settings.hub_origin;
                failure::answer(&error, failure::reader_of(&parts), hub_origin)
            }
        }
    }

    /// Everything that needs no decision is checked first: a request that is refused anyway thaws
    /// no server, and its refusal does not tell whether there is one.
    async fn handle<B>(
        self: &Arc<Self>,
        parts: &Parts,
        body: B,
        on_upgrade: Option<OnUpgrade>,
    ) -> Result<Response<ProxyBody>, ProxyError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let pattern = &self.settings.server_origin;
        let limits = &self.settings.limits;
        let (authority, kind) = request_head::check(parts, limits.header_bytes_max)?;
        let label = host_label(authority, pattern).ok_or(ProxyError::UnknownHost)?;
        same_origin::check(parts, kind, authority, pattern)?;

        let asked = Instant::now();
        let admission = self.gatekeeper.admit(parts, &label).await;
        self.measure.record_admission(asked.elapsed());
        let mut passage = match admission {
            Admission::Forward(passage) => passage,
            Admission::Respond(response) => return Ok(*response),
        };
        if request_head::is_reserved(parts.uri.path()) {
            return Err(ProxyError::ReservedPath);
        }
        let mut ended = passage.ended.take();
        let mut upload = Upload::new(
            body,
            limits.body_stall_timeout,
            self.measure.bytes_from_client.clone(),
        );
        let mut asked = self.asked(parts, &passage);
        if let Some(asked) = &mut asked
            && automatic(parts) == Some(Automatic::Statement)
        {
            asked.said = whole(upload).await?;
            upload = self.upload_of(asked.said.clone());
        }
        if let Some(wake) = passage.wake.take() {
            if let Some(asked) = &asked
                && let Some(answer) = self.memory.answer(&asked.target, &asked.key, &asked.said)
            {
                self.measure.count_answer(answer.status());
                self.gatekeeper
                    .note_activity(passage.server_id, ActivityKind::Presence);
                return Ok(answer);
            }
            if let Err(refusal) = wake.await {
                return Ok(*refusal);
            }
        }
        let admitted = Admitted {
            parts,
            kind,
            origin: Origin {
                authority,
                scheme: pattern.scheme().as_str(),
                client_address: parts
                    .extensions
                    .get::<ClientAddress>()
                    .map(|address| address.0),
            },
            upstream: self.pool.upstream(&passage.target),
            passage,
        };
        match kind {
            RequestKind::Plain => self.forward(admitted, upload, ended, asked).await,
            RequestKind::WebSocket => {
                let on_upgrade = on_upgrade.ok_or(ProxyError::Malformed(
                    "its connection cannot become a WebSocket",
                ))?;
                let joined = self.join(admitted, on_upgrade, &mut ended).await?;
                Ok(joined.unwrap_or_else(|answer| answer.into_response(self, ended, None)))
            }
        }
    }

    /// What to remember of an automatic request that is small enough.
    fn asked(&self, parts: &Parts, passage: &Passage) -> Option<Asked> {
        automatic(parts)?;
        let length = parts.headers.get(CONTENT_LENGTH);
        let length = length.map_or(Some(0), |value| value.to_str().ok()?.parse::<usize>().ok());
        if length? > ENTRY_BYTES_MAX || parts.headers.contains_key(TRANSFER_ENCODING) {
            return None;
        }
        Some(Asked {
            memory: Arc::clone(&self.memory),
            target: passage.target.clone(),
            // Some answers are about the person.
            key: format!("{} {}", passage.user_name, lasting_part(parts)),
            said: Bytes::new(),
        })
    }

    fn upload_of(&self, body: Bytes) -> Upload {
        let timeout = self.settings.limits.body_stall_timeout;
        Upload::new(Full::from(body), timeout, Counter::noop())
    }

    async fn forward(
        &self,
        admitted: Admitted<'_>,
        upload: Upload,
        mut ended: Option<BoxFuture<'static, ()>>,
        asked: Option<Asked>,
    ) -> Result<Response<ProxyBody>, ProxyError> {
        self.measure.requests_web.increment(1);
        let kind = activity_of_request(admitted.parts);
        if kind == ActivityKind::Interaction {
            self.memory.forget(&admitted.passage.target);
        }
        self.note_activity(&admitted, kind);
        let answer = unless_ended(&mut ended, self.ask(admitted, upload)).await?;
        Ok(answer.into_response(self, ended, asked))
    }

    /// Hands both ends of an agreed WebSocket to a task of its own. An answer other than an
    /// agreement comes back to be forwarded.
    async fn join(
        self: &Arc<Self>,
        admitted: Admitted<'_>,
        on_upgrade: OnUpgrade,
        ended: &mut Option<BoxFuture<'static, ()>>,
    ) -> Result<Result<Response<ProxyBody>, Answer>, ProxyError> {
        self.measure.requests_ws.increment(1);
        self.note_activity(&admitted, ActivityKind::Presence);
        let upstream = Arc::clone(&admitted.upstream);
        let server_id = admitted.passage.server_id;
        let websocket_permit = upstream.websocket_permit()?;
        let answer = unless_ended(ended, self.ask(admitted, Upload::Empty)).await?;
        if answer.head.status != StatusCode::SWITCHING_PROTOCOLS {
            return Ok(Err(answer));
        }
        if !agrees_to_websocket(&answer.head.headers) {
            return Err(ProxyError::Broken);
        }
        let (stream, from_upstream) = answer
            .connection
            .into_stream()
            .await
            .ok_or(ProxyError::Broken)?;
        let ended = ended.take();
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            // The client may be gone before it has our agreement.
            let Ok(client) = on_upgrade.await else { return };
            let client = TokioIo::new(client);
            let ends = TunnelEnds {
                client,
                upstream: stream,
                from_upstream,
                ended,
            };
            inner
                .run_tunnel(ends, server_id, upstream, websocket_permit)
                .await;
        });
        let mut head = answer.head;
        response_head::filter(&mut head.headers);
        let mut response = answer_with(head, Empty::new().map_err(|e| match e {}).boxed());
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        self.measure.count_answer(StatusCode::SWITCHING_PROTOCOLS);
        Ok(Ok(response))
    }

    async fn run_tunnel(
        self: Arc<Self>,
        ends: TunnelEnds<TokioIo<hyper::upgrade::Upgraded>, crate::upstream::UpstreamStream>,
        server_id: types::ServerId,
        upstream: Arc<Upstream>,
        _permit: OwnedSemaphorePermit,
    ) {
        self.measure.websockets_open.increment(1.0);
        let inner = Arc::clone(&self);
        let opened = Instant::now();
        let on_client_frame = move |kind| {
            let kind = match kind {
                FrameKind::Data if opened.elapsed() >= OPENING => ActivityKind::Interaction,
                FrameKind::Data | FrameKind::Control => ActivityKind::Presence,
            };
            inner.note(server_id, &upstream, kind);
        };
        let from_client = self.measure.bytes_from_client.clone();
        let to_client = self.measure.bytes_to_client.clone();
        Tunnel::new(ends, from_client, to_client, on_client_frame).await;
        self.measure.websockets_open.decrement(1.0);
    }

    async fn ask(&self, admitted: Admitted<'_>, upload: Upload) -> Result<Answer, ProxyError> {
        let Admitted {
            parts,
            kind,
            origin,
            passage,
            upstream,
        } = admitted;
        let Passage {
            user_name,
            identity_key,
            ..
        } = passage;
        let permit = upstream.request_permit().await?;
        let outgoing = Outgoing {
            parts,
            kind,
            origin,
            user_name: &user_name,
            identity_key: &identity_key,
        };
        let (response, connection) = exchange(&upstream, &outgoing, upload, &self.measure).await?;
        let (head, body) = response.into_parts();
        if head.status == StatusCode::SWITCHING_PROTOCOLS && kind == RequestKind::Plain {
            return Err(ProxyError::Broken);
        }
        Ok(Answer {
            head,
            body,
            connection,
            upstream,
            permit,
        })
    }

    fn note_activity(&self, admitted: &Admitted<'_>, kind: ActivityKind) {
        self.note(admitted.passage.server_id, &admitted.upstream, kind);
    }

    fn note(&self, server_id: types::ServerId, upstream: &Upstream, kind: ActivityKind) {
        if upstream.activity.is_due(kind, Instant::now()) {
            if kind == ActivityKind::Interaction {
                self.memory.forget(upstream.target());
            }
            self.measure.last_activity_updating.increment(1);
            self.gatekeeper.note_activity(server_id, kind);
        }
    }
}

/// A server's answer of which the head is here.
struct Answer {
    head: http::response::Parts,
    body: hyper::body::Incoming,
    connection: Box<Connection>,
    upstream: Arc<Upstream>,
    permit: OwnedSemaphorePermit,
}

impl Answer {
    fn into_response<G>(
        self,
        inner: &Inner<G>,
        ended: Option<BoxFuture<'static, ()>>,
        asked: Option<Asked>,
    ) -> Response<ProxyBody> {
        let mut head = self.head;
        inner.measure.count_answer(head.status);
        response_head::filter(&mut head.headers);
        let recorder = asked.and_then(|asked| asked.recorder(head.status, &head.headers));
        let body = ForwardedBody::new(
            self.body,
            self.connection,
            self.upstream,
            self.permit,
            ended,
            inner.measure.bytes_to_client.clone(),
            recorder,
        );
        answer_with(head, ProxyBody::new(body))
    }
}

/// An answer with a status and fields, and nothing else of the head that they come from.
fn answer_with(head: http::response::Parts, body: ProxyBody) -> Response<ProxyBody> {
    let mut response = Response::new(body);
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    response
}

/// The whole of a small body.
async fn whole(upload: Upload) -> Result<Bytes, ProxyError> {
    let collected = Limited::new(upload, ENTRY_BYTES_MAX).collect().await;
    collected
        .map(http_body_util::Collected::to_bytes)
        .map_err(|_| ProxyError::BodyStalled)
}

/// The outcome of `work`, unless the permission ends first.
async fn unless_ended<T>(
    ended: &mut Option<BoxFuture<'static, ()>>,
    work: impl Future<Output = Result<T, ProxyError>>,
) -> Result<T, ProxyError> {
    let Some(ended) = ended else {
        return work.await;
    };
    tokio::select! {
        biased;
        () = ended => Err(ProxyError::AccessEnded),
        outcome = work => outcome,
    }
}
