//! A service as the server is handed it: a table of actions, and perhaps pages of its own.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::HeaderMap;
use serde_json::Value as Json;
use wire::{DecodeError, Protocol, QueryDialect, Reply, Request, Rest};

use crate::action::{OnDecodeError, Row};
use crate::{Answer, Context, ServiceError, Streaming};

/// The ways a service is spoken to.
#[derive(Clone, Copy, Debug)]
pub struct Speaks {
    /// awsJson: the prefix of `X-Amz-Target` before the dot.
    pub json_target: Option<&'static str>,
    /// awsQuery.
    pub query: Option<&'static QueryDialect>,
    /// What a malformed body is called here.
    pub on_decode_error: fn(DecodeError) -> ServiceError,
}

/// How actions are spoken to without a wire.
const IN_PROCESS: Protocol =
    Protocol::AwsJson { content_type: "application/x-amz-json-1.0", query_error: false };

type BoundCall = Box<
    dyn Fn(Context, Request) -> BoxFuture<'static, Result<Answer, (Protocol, ServiceError)>> + Send + Sync,
>;

/// An action with its service, ready to be called.
pub struct BoundAction {
    /// The service's name.
    pub service: &'static str,
    /// AWS's name of it.
    pub name: &'static str,
    /// Where it lives, for services that speak restJson.
    pub rest: Option<&'static Rest>,
    /// It records a hop of its own when it succeeds.
    pub tells: bool,
    call: BoundCall,
}

impl BoundAction {
    /// Calls the action in this process, by the members of AWS's model in JSON. Not for actions that answer as they go.
    pub async fn ask(&self, context: Context, input: &Json) -> Result<Json, ServiceError> {
        let request = Request {
            protocol: IN_PROCESS,
            action: self.name,
            path_members: Vec::new(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: input.to_string().into(),
        };
        let answer = self.call(context, request).await.map_err(|(_, error)| error)?;
        let Answer::Whole(reply) = answer else {
            return Err(ServiceError::internal(format!("{} answers as it goes", self.name)));
        };
        serde_json::from_slice(&reply.body).map_err(|error| ServiceError::internal(error.to_string()))
    }

    /// Decodes, runs, encodes. A fault comes back unencoded, so that the road can log it.
    pub fn call(
        &self,
        context: Context,
        request: Request,
    ) -> BoxFuture<'static, Result<Answer, (Protocol, ServiceError)>> {
        (self.call)(context, request)
    }
}

/// A plain GET that is no action: a certificate, a page behind a link in a mail.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// The path.
    pub path: String,
    /// The raw query string.
    pub query: String,
    /// The circumstances.
    pub context: Context,
}

/// What serves such pages; `path_prefix` decides.
pub struct Page {
    /// Paths that begin so are this page's.
    pub path_prefix: &'static str,
    /// Answers the request.
    pub answer: Box<dyn Fn(PageRequest) -> BoxFuture<'static, Reply> + Send + Sync>,
}

/// A web site that a service serves beside its actions: whole HTTP exchanges of any method.
pub struct Site {
    /// Whether a request is the site's, by its host (with port) and path.
    pub claims: fn(&str, &str) -> bool,
    /// Answers the request.
    pub answer: Arc<dyn Streaming>,
}

/// One AWS service.
pub struct Service {
    /// Its name in SigV4 credential scopes (`sqs`).
    pub name: &'static str,
    /// How it is spoken to.
    pub speaks: Speaks,
    /// Its actions.
    pub actions: Vec<BoundAction>,
    /// Its pages.
    pub pages: Vec<Page>,
    /// Its sites.
    pub sites: Vec<Site>,
    /// Its REST paths are its own only in requests that are signed for it: they carry no version, and S3 may have them.
    pub signed_only: bool,
}

/// Binds a table of actions to the state they work on.
pub fn bind<S: Send + Sync + 'static>(
    name: &'static str,
    speaks: Speaks,
    rows: &'static [Row<S>],
    state: &Arc<S>,
) -> Service {
    let actions = rows
        .iter()
        .map(|row| {
            let (state, call) = (Arc::clone(state), row.call);
            let on_decode_error: OnDecodeError = speaks.on_decode_error;
            BoundAction {
                service: name,
                name: row.name,
                rest: row.rest,
                tells: row.tells,
                call: Box::new(move |context, request| {
                    call(Arc::clone(&state), on_decode_error, context, request)
                }),
            }
        })
        .collect();
    Service { name, speaks, actions, pages: Vec::new(), sites: Vec::new(), signed_only: false }
}
