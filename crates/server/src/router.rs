//! Which service, protocol and action a request is for.

use http::Method as HttpMethod;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::request::Parts;
use percent_encoding::percent_decode_str;
use service::{BoundAction, Method, Mount, Service};
use wire::sigv4::Credential;
use wire::{Protocol, QueryDialect, Rest};

use crate::path;

/// For requests that no service recognises but that look like REST.
pub(crate) const NO_REST: &Rest = &Rest::new(Method::Get, "/", 404);
const JSON_1_0: &str = "application/x-amz-json-1.0";
const JSON_1_1: &str = "application/x-amz-json-1.1";

/// What the head of a request tells.
pub(crate) enum Route<'a> {
    /// An action, all told.
    Action { action: &'a BoundAction, protocol: Protocol, path_members: Vec<(&'static str, String)> },
    /// A JSON or REST action that nobody has.
    Unknown { protocol: Protocol, action: String },
    /// A Query request: its action stands in the form.
    Query,
    /// A site of a service.
    Site(&'a service::Site),
    /// A page of a service.
    Page(&'a service::Page),
    /// A part of the path space that is served whole.
    Mount(&'a Mount),
    /// Whether the server is up.
    Health,
    /// What operators look at.
    Metrics,
    /// Everything else: S3.
    Streaming,
}

/// Recognises a request by its head.
pub(crate) fn recognise<'a>(
    services: &'a [Service],
    mounts: &'a [Mount],
    head: &Parts,
    credential: Option<&Credential<'_>>,
) -> Route<'a> {
    let path = head.uri.path();
    let scope = credential.map(|credential| &*credential.service);
    if let Some(site) = site(services, head) {
        return Route::Site(site);
    }
    if let Some(target) = head.headers.get(wire::headers::TARGET) {
        return json(services, head, target.to_str().unwrap_or_default());
    }
    if path == "/_konekuta/health" {
        return Route::Health;
    }
    if path == "/_konekuta/metrics" {
        return Route::Metrics;
    }
    if scope == Some("s3") {
        return Route::Streaming;
    }
    if let Some(page) = page(services, head) {
        return Route::Page(page);
    }
    if let Some(route) = rest(services, head, scope) {
        return route;
    }
    if let Some(mount) = mounts.iter().find(|mount| path.starts_with(mount.path_prefix)) {
        return Route::Mount(mount);
    }
    if is_query(head) {
        return Route::Query;
    }
    Route::Streaming
}

fn site<'a>(services: &'a [Service], head: &Parts) -> Option<&'a service::Site> {
    let host = head.headers.get(HOST).and_then(|value| value.to_str().ok());
    let host = host.or_else(|| Some(head.uri.authority()?.as_str())).unwrap_or_default();
    let mut sites = services.iter().flat_map(|service| &service.sites);
    sites.find(|site| (site.claims)(host, head.uri.path()))
}

fn page<'a>(services: &'a [Service], head: &Parts) -> Option<&'a service::Page> {
    let mut pages = services.iter().flat_map(|service| &service.pages);
    pages.find(|page| head.method == HttpMethod::GET && head.uri.path().starts_with(page.path_prefix))
}

fn json<'a>(services: &'a [Service], head: &Parts, target: &str) -> Route<'a> {
    let (prefix, name) = target.split_once('.').unwrap_or((target, ""));
    let service = services.iter().find(|service| service.speaks.json_target == Some(prefix));
    let content_type =
        head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = if content_type.starts_with(JSON_1_1) { JSON_1_1 } else { JSON_1_0 };
    let query_error = service.is_some_and(|service| service.speaks.query.is_some());
    let protocol = Protocol::AwsJson { content_type, query_error };
    match service.and_then(|service| service.actions.iter().find(|action| action.name == name)) {
        Some(action) => Route::Action { action, protocol, path_members: Vec::new() },
        None => Route::Unknown { protocol, action: target.to_owned() },
    }
}

fn rest<'a>(services: &'a [Service], head: &Parts, scope: Option<&str>) -> Option<Route<'a>> {
    let spoken_to = |service: &&Service| !service.signed_only || scope == Some(service.name);
    let actions = services.iter().filter(spoken_to).flat_map(|service| &service.actions);
    let fitting = actions.filter_map(|action| {
        let rest = action.rest.filter(|rest| is_method(rest.method, &head.method))?;
        let fits = has_literal(rest, head.uri.query());
        fits.then_some((action, rest, path::members(rest.path, head.uri.path())?))
    });
    // Of two on one path, the one that asks for more is meant.
    if let Some((action, rest, path_members)) =
        fitting.max_by_key(|(_, rest, _)| rest.query_literal.is_some())
    {
        return Some(Route::Action { action, protocol: Protocol::RestJson(rest), path_members });
    }
    let of_rest_service = services.iter().any(|service| {
        scope == Some(service.name) && service.actions.iter().any(|action| action.rest.is_some())
    });
    of_rest_service.then(|| Route::Unknown {
        protocol: Protocol::RestJson(NO_REST),
        action: format!("{} {}", head.method, head.uri.path()),
    })
}

fn has_literal(rest: &Rest, query: Option<&str>) -> bool {
    rest.query_literal.is_none_or(|(name, value)| parameter(query, name).as_deref() == Some(value))
}

fn is_method(method: Method, http: &HttpMethod) -> bool {
    match method {
        Method::Get => http == HttpMethod::GET,
        Method::Post => http == HttpMethod::POST,
        Method::Put => http == HttpMethod::PUT,
        Method::Delete => http == HttpMethod::DELETE,
    }
}

fn is_query(head: &Parts) -> bool {
    let form = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match head.method {
        HttpMethod::POST => {
            form.starts_with("application/x-www-form-urlencoded")
                || parameter(head.uri.query(), "Action").is_some()
        }
        HttpMethod::GET => parameter(head.uri.query(), "Action").is_some(),
        _ => false,
    }
}

/// Whether a Query request wants its answer in JSON instead of XML.
pub(crate) fn accepts_json(head: &Parts) -> bool {
    let accepts = head.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepts.starts_with("application/json")
}

/// The value of a form's parameter.
pub(crate) fn parameter(form: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form?.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned())
}

/// A Query request's service and action. The service is the scope's, else the one of that version, else the one that
/// has the action.
pub(crate) fn query<'a>(
    services: &'a [Service],
    form: &str,
    scope: Option<&str>,
) -> (Option<&'static QueryDialect>, Option<&'a BoundAction>, String) {
    let name = parameter(Some(form), "Action").unwrap_or_default();
    let version = parameter(Some(form), "Version");
    let speaking = || services.iter().filter_map(|service| Some((service, service.speaks.query?)));
    let find = |service: &'a Service| service.actions.iter().find(|action| action.name == name);
    let chosen = speaking()
        .find(|(service, _)| scope == Some(service.name))
        .or_else(|| speaking().find(|(_, dialect)| version.as_deref() == Some(dialect.version)))
        .or_else(|| speaking().find(|(service, _)| find(service).is_some()));
    let dialect = chosen.map(|(_, dialect)| dialect);
    (dialect, chosen.and_then(|(service, _)| find(service)), name)
}
