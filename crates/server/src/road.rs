//! The way of a request: recognise, authenticate, decode, decide, commit, encode. Decoding, deciding, committing and
//! encoding happen inside the action that is called.

use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use aws::{AccountId, Region, RequestId, TraceHeader};
use bytes::{Bytes, BytesMut};
use engine::{Clock, History, Hop, HopKind, HopOutcome, Link, SpanId, Timestamp, TraceId};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::{Entry, HOST};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use prometheus_client::registry::Registry;
use service::{
    Answer, BoundAction, Caller, Context, Endpoint, Ids, Mount, PageRequest, Service, ServiceError,
    Streaming, StreamingBody,
};
use tokio::sync::Semaphore;
use wire::sigv4::{Credential, Presence};
use wire::{Protocol, QueryDialect, Reply, Request, headers};

use crate::measures::{Measures, STREAMING};
use crate::router::{self, Route};
use crate::{limits, protection, refusal};

/// What is served.
pub struct Services {
    /// Services with tables of actions.
    pub services: Vec<Service>,
    /// The service that takes every other request (S3).
    pub streaming: Option<Arc<dyn Streaming>>,
    /// Parts of the path space that are served whole.
    pub mounts: Vec<Mount>,
    /// Whether what the services stand on works.
    pub health: Health,
    /// Figures besides those of requests.
    pub metrics: Registry,
    /// Where calls are recorded that belong to a trace.
    pub history: Arc<dyn History>,
    /// Names under which what lies below `/_konekuta/` may be reached besides this machine's own.
    pub hosts: Vec<String>,
}

/// Why nothing is accepted any more, if that is so.
pub type Health = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Where all requests travel.
pub struct Road {
    services: Vec<Service>,
    streaming: Option<Arc<dyn Streaming>>,
    mounts: Vec<Mount>,
    health: Health,
    measures: Measures,
    history: Arc<dyn History>,
    hosts: Vec<String>,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
    in_flight: Semaphore,
}

/// How an unknown Query service's errors are written.
const NO_DIALECT: &QueryDialect = &QueryDialect {
    version: "",
    namespace: "http://webservices.amazon.com/AWSFault/2005-15-09",
    flattened: false,
    path_member: None,
    names: &[],
};

type Refused = (Protocol, ServiceError);

/// What the head of a request tells.
struct Recognised<'a> {
    route: Route<'a>,
    context: Context,
    /// What is wrong with its signature.
    malformed: Option<String>,
    /// The service it is signed for, where the head does not tell the action.
    scope: Option<String>,
}

/// An action that runs.
struct Call<'a> {
    action: &'a BoundAction,
    protocol: Protocol,
    begun: Instant,
    /// Of a call that came with a trace.
    traced: Option<Box<Hop>>,
    /// When it came.
    at: Timestamp,
    running: BoxFuture<'static, Result<Answer, Refused>>,
}

impl Road {
    /// Over a set of services.
    pub fn new(services: Services, ids: Arc<dyn Ids>, clock: Arc<dyn Clock>) -> Arc<Self> {
        let Services { services, streaming, mounts, health, metrics, history, hosts } = services;
        let measures = Measures::new(metrics, &services);
        let in_flight = Semaphore::new(limits::REQUESTS_IN_FLIGHT_MAX);
        Arc::new(Self {
            services,
            streaming,
            mounts,
            health,
            measures,
            history,
            hosts,
            ids,
            clock,
            in_flight,
        })
    }

    /// Answers one request, whatever happens.
    pub(crate) fn travel(
        self: Arc<Self>,
        request: http::Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response<StreamingBody>> + Send + 'static {
        let request_id = RequestId(self.ids.uuid());
        // Put together, not awaited: each async function around another would hold the request once more.
        AssertUnwindSafe(self.answer(request, request_id, peer)).catch_unwind().map(move |answered| {
            let mut response = answered.unwrap_or_else(|_| {
                tracing::error!(%request_id, "a request ended in a panic");
                let error = ServiceError::internal("panic");
                response(refused(Protocol::RestJson(router::NO_REST), &error, request_id))
            });
            if !response.headers().contains_key(headers::S3_REQUEST_ID)
                && let Entry::Vacant(absent) = response.headers_mut().entry(headers::REQUEST_ID)
                && let Ok(value) = HeaderValue::from_str(request_id.write(&mut [0; 36]))
            {
                absent.insert(value);
            }
            tracing::debug!(%request_id, status = response.status().as_u16(), "answered");
            response
        })
    }

    /// What a waiting request keeps, thousands of long polls keep: nothing of it stays here once its action runs, and
    /// what only few requests need is in a box.
    async fn answer(
        self: Arc<Self>,
        request: http::Request<Incoming>,
        request_id: RequestId,
        peer: SocketAddr,
    ) -> Response<StreamingBody> {
        tracing::debug!(%request_id, method = %request.method(), path = request.uri().path(), "came");
        let (head, body) = request.into_parts();
        let Recognised { route, context, malformed, scope } = self.recognise(&head, request_id, peer);
        if protection::is_guarded(&route, &head)
            && let Some(reason) = protection::refusal(&head, peer.ip(), &self.hosts)
        {
            let error = refusal::protected(reason);
            return response(refused(Protocol::RestJson(router::NO_REST), &error, request_id));
        }
        let protocol = match &route {
            Route::Action { protocol, .. } | Route::Unknown { protocol, .. } => *protocol,
            Route::Query => Protocol::AwsQuery(NO_DIALECT),
            _ => return Box::pin(self.answer_other(route, head, body, context)).await,
        };
        if let Some(text) = malformed {
            return response(refused(protocol, &refusal::incomplete_signature(text), request_id));
        }
        let Ok(_place) = self.in_flight.try_acquire() else {
            return response(refused(protocol, &refusal::throttled(), request_id));
        };
        let body = match collect(body, bytes_max(protocol)).await {
            Ok(body) => body,
            Err(error) => return response(refused(protocol, &error, request_id)),
        };
        let answered = match self.begin(route, head, body, context, scope.as_deref()) {
            Ok(call) => self.finish(call, request_id).await,
            Err(refused) => Err(refused),
        };
        match answered {
            Ok(Answer::Whole(reply)) => response(reply),
            Ok(Answer::Stream(streamed)) => streamed,
            Err((protocol, error)) => response(refused(protocol, &error, request_id)),
        }
    }

    /// What is no action of a table.
    async fn answer_other(
        &self,
        route: Route<'_>,
        head: Parts,
        body: Incoming,
        context: Context,
    ) -> Response<StreamingBody> {
        match route {
            Route::Health => response(self.health(&context)),
            Route::Site(site) => self.visit(site, head, body, context).await,
            Route::Metrics => response(self.measures.page()),
            Route::Page(page) => {
                let query = head.uri.query().unwrap_or_default().to_owned();
                let path = head.uri.path().to_owned();
                response((page.answer)(PageRequest { path, query, context }).await)
            }
            Route::Mount(mount) => {
                let body = body.map_err(Into::into).boxed_unsync();
                mount.front.call(context, http::Request::from_parts(head, body)).await
            }
            _ => {
                let begun = now();
                let answered = self.stream(head, body, context).await;
                if let Some(measured) = self.measures.of(STREAMING.0, STREAMING.1) {
                    measured.count(answered.status(), begun.elapsed());
                }
                answered
            }
        }
    }

    /// Who asks, and what for.
    fn recognise(&self, head: &Parts, request_id: RequestId, peer: SocketAddr) -> Recognised<'_> {
        let presence = wire::sigv4::find(&head.headers, head.uri.query().unwrap_or_default());
        let credential = if let Presence::Signed(credential) = &presence { Some(credential) } else { None };
        let route = router::recognise(&self.services, &self.mounts, head, credential);
        let context = self.context(head, credential, request_id, peer);
        let scope = credential
            .filter(|_| matches!(route, Route::Query))
            .map(|credential| credential.service.clone().into_owned());
        let malformed = if let Presence::Malformed(text) = presence { Some(text) } else { None };
        Recognised { route, context, malformed, scope }
    }

    /// Finds the action if it stands in the body, and calls it.
    fn begin<'a>(
        &'a self,
        route: Route<'a>,
        head: Parts,
        body: Bytes,
        context: Context,
        scope: Option<&str>,
    ) -> Result<Call<'a>, Refused> {
        let (action, request) = match route {
            Route::Action { action, protocol, path_members } => {
                (action, Request { path_members, ..request(protocol, action, head, body) })
            }
            Route::Unknown { protocol, action } => {
                return Err((protocol, refusal::unknown_operation(&action)));
            }
            _ => self.query(head, &body, &context, scope)?,
        };
        let protocol = request.protocol;
        let traced = context.trace.is_some().then(|| {
            let resource = format!("{}:{}", action.service, action.name);
            Box::new(context.hop(HopKind::Call, resource).noting("action", action.name))
        });
        let at = context.now;
        Ok(Call { action, protocol, begun: now(), traced, at, running: action.call(context, request) })
    }

    fn query(
        &self,
        head: Parts,
        body: &[u8],
        context: &Context,
        scope: Option<&str>,
    ) -> Result<(&BoundAction, Request), Refused> {
        let mut form = if body.is_empty() {
            head.uri.query().unwrap_or_default().to_owned()
        } else {
            String::from_utf8_lossy(body).into_owned()
        };
        if let Some(query) = head.uri.query().filter(|_| !body.is_empty()) {
            form.extend(["&", query]);
        }
        let (dialect, action, name) = router::query(&self.services, &form, scope);
        let dialect = dialect.unwrap_or(NO_DIALECT);
        let protocol = if router::accepts_json(&head) {
            Protocol::AwsQueryJson(dialect)
        } else {
            Protocol::AwsQuery(dialect)
        };
        let action = action.ok_or_else(|| (protocol, refusal::invalid_action(&name)))?;
        if let Some(member) = dialect.path_member
            && head.uri.path().matches('/').count() == 2
            && router::parameter(Some(&form), member).is_none()
        {
            form.extend(["&", member, "=", &context.endpoint.to_string(), head.uri.path()]);
        }
        Ok((action, request(protocol, action, head, form.into())))
    }

    /// Waits for an action and counts it; a panic in it is its own and answered in its protocol.
    async fn finish(&self, call: Call<'_>, request_id: RequestId) -> Result<Answer, Refused> {
        let Call { action, protocol, begun, traced, at, running } = call;
        let answered = AssertUnwindSafe(running).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(%request_id, action = action.name, "an action ended in a panic");
            Err((protocol, ServiceError::internal("panic")))
        });
        if let Some(measured) = self.measures.of(action.service, action.name) {
            let status = match &answered {
                Ok(answer) => answer.status(),
                Err((_, error)) => {
                    StatusCode::from_u16(error.row.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
                }
            };
            measured.count(status, begun.elapsed());
        }
        match traced {
            Some(hop) => self.tell(*hop, action, begun, &answered),
            None if answered.is_err() && !is_ours(action) => {
                self.tell(untraced(action, request_id, at), action, begun, &answered);
            }
            None => {}
        }
        answered
    }

    /// Records a call that belongs to a trace, unless the action did.
    fn tell(&self, hop: Hop, action: &BoundAction, begun: Instant, answered: &Result<Answer, Refused>) {
        let took_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let hop = Hop { took_us, ..hop };
        match answered {
            Ok(_) if action.tells => {}
            Ok(answer) => self.history.record(Hop { count: answer.status().as_u16().into(), ..hop }),
            Err((_, error)) => {
                let outcome = if error.row.sender { HopOutcome::Refused } else { HopOutcome::Failed };
                let hop = hop.noting("error", error.row.query_code).noting("message", &*error.message);
                self.history.record(Hop { count: error.row.status.into(), outcome, ..hop });
            }
        }
    }

    async fn visit(
        &self,
        site: &service::Site,
        head: Parts,
        body: Incoming,
        context: Context,
    ) -> Response<StreamingBody> {
        let Ok(_place) = self.in_flight.try_acquire() else {
            let protocol = Protocol::RestJson(router::NO_REST);
            return response(refused(protocol, &refusal::throttled(), context.request_id));
        };
        let body = body.map_err(Into::into).boxed_unsync();
        site.answer.call(context, http::Request::from_parts(head, body)).await
    }

    async fn stream(&self, head: Parts, body: Incoming, context: Context) -> Response<StreamingBody> {
        let Some(streaming) = &self.streaming else {
            let error = refusal::unknown_operation(head.uri.path());
            return response(refused(Protocol::RestJson(router::NO_REST), &error, context.request_id));
        };
        let Ok(_place) = self.in_flight.try_acquire() else {
            return response(refused(
                Protocol::AwsQuery(NO_DIALECT),
                &refusal::throttled(),
                context.request_id,
            ));
        };
        let body = body.map_err(Into::into).boxed_unsync();
        streaming.call(context, http::Request::from_parts(head, body)).await
    }

    fn context(
        &self,
        head: &Parts,
        credential: Option<&Credential<'_>>,
        request_id: RequestId,
        peer: SocketAddr,
    ) -> Context {
        let header = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
        let access_key_id =
            credential.map(|credential| credential.access_key_id.clone().into_owned()).unwrap_or_default();
        let caller = Caller {
            account: AccountId::parse(&access_key_id).unwrap_or_else(AccountId::local),
            region: credential
                .and_then(|credential| Region::parse(&credential.region))
                .unwrap_or_else(Region::default_region),
            access_key_id,
        };
        let host = header(HOST).or_else(|| Some(head.uri.authority()?.as_str()));
        Context {
            request_id,
            now: self.clock.now(),
            caller,
            endpoint: host.map_or_else(Endpoint::default, Endpoint::of_host),
            trace: header(headers::TRACE_ID)
                .and_then(TraceHeader::parse)
                .or_else(|| header(headers::TRACEPARENT).and_then(TraceHeader::from_traceparent)),
            source_ip: peer.ip(),
        }
    }

    fn health(&self, context: &Context) -> Reply {
        let reason = (self.health)();
        let status = if reason.is_some() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        let health = HealthPage {
            status: if reason.is_some() { "failed" } else { "running" },
            reason,
            version: env!("CARGO_PKG_VERSION"),
            services: self.services.iter().map(|service| service.name).collect(),
        };
        let reply = Protocol::RestJson(OK_REST).encode("Health", &context.request_id.to_string(), &health);
        Reply { status, ..reply }
    }
}

/// The hop of a call that came without a trace: it begins one, as whatever the action told would have.
fn untraced(action: &BoundAction, request_id: RequestId, at: Timestamp) -> Hop {
    let id = request_id.0.as_u128();
    let link = Link { trace: TraceId::begun(at, id), span: SpanId::of(id) };
    let resource = format!("{}:{}", action.service, action.name);
    let hop = Hop::new(HopKind::Call, link, SpanId(0), at, resource.into());
    Hop { id, ..hop }.noting("action", action.name)
}

/// Whoever looks at journeys makes none.
fn is_ours(action: &BoundAction) -> bool {
    action.rest.is_some_and(|rest| rest.path.starts_with("/_konekuta/"))
}

#[allow(clippy::disallowed_methods, reason = "a request takes less than the clock's milliseconds")]
fn now() -> Instant {
    Instant::now()
}

const OK_REST: &wire::Rest = &wire::Rest::new(wire::Method::Get, "/_konekuta/health", 200);

/// What `/_konekuta/health` answers.
#[derive(serde::Serialize)]
struct HealthPage {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    version: &'static str,
    services: Vec<&'static str>,
}

fn request(protocol: Protocol, action: &BoundAction, head: Parts, body: Bytes) -> Request {
    let query = head.uri.query().unwrap_or_default().to_owned();
    Request { protocol, action: action.name, path_members: Vec::new(), query, headers: head.headers, body }
}

fn bytes_max(protocol: Protocol) -> usize {
    match protocol {
        Protocol::RestJson(_) => limits::REST_BODY_BYTES_MAX,
        _ => limits::MESSAGE_BODY_BYTES_MAX,
    }
}

/// The whole body. Most come in one piece, which is then handed on as it is.
async fn collect(mut body: Incoming, bytes_max: usize) -> Result<Bytes, ServiceError> {
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(refusal::too_large(bytes_max));
    }
    let mut whole = Bytes::new();
    let mut pieces = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|error| ServiceError::internal(format!("the request's body ended early: {error}")))?;
        let Ok(piece) = frame.into_data() else { continue };
        if pieces.len() + whole.len() + piece.len() > bytes_max {
            return Err(refusal::too_large(bytes_max));
        }
        if whole.is_empty() && pieces.is_empty() {
            whole = piece;
        } else {
            pieces.extend_from_slice(&std::mem::take(&mut whole));
            pieces.extend_from_slice(&piece);
        }
    }
    Ok(if pieces.is_empty() { whole } else { pieces.freeze() })
}

fn refused(protocol: Protocol, error: &ServiceError, request_id: RequestId) -> Reply {
    match &error.detail {
        Some(detail) => tracing::error!(%request_id, detail, "internal failure"),
        None => tracing::debug!(%request_id, %error, "refused"),
    }
    let status = StatusCode::from_u16(error.row.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Reply { status, ..protocol.encode_fault(&request_id.to_string(), &error.fault()) }
}

fn response(reply: Reply) -> Response<StreamingBody> {
    let body = Full::new(reply.body).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

#[cfg(test)]
mod tests;
