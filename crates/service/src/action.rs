//! An action of AWS's model, and its row in a service's table.

use std::future::{Future, ready};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::{DecodeError, Protocol, Request, Rest};

use crate::{Answer, Context, ServiceError, StreamingBody};

/// One action: what it takes, what it answers, what it does.
pub trait Action: 'static {
    /// AWS's name of it.
    const NAME: &'static str;
    /// Where it lives, for services that speak restJson.
    const REST: Option<&'static Rest> = None;
    /// It records a hop of its own when it succeeds; for others the road records that they were called.
    const TELLS: bool = false;
    /// The service it belongs to.
    type Service: Send + Sync + 'static;
    /// Its input shape; fields are named as in AWS's model.
    type Input: DeserializeOwned + Send + 'static;
    /// Its output shape, likewise.
    type Output: Serialize + Send;

    /// Checks AWS's rules and asks the engine. Answers only faults that AWS's model lists for the action.
    fn run(
        service: &Self::Service,
        context: &Context,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, ServiceError>> + Send;
}

/// An action that answers as it goes: an event stream, or the bytes of a response.
pub trait StreamingAction: 'static {
    /// AWS's name of it.
    const NAME: &'static str;
    /// Where it lives, for services that speak restJson.
    const REST: Option<&'static Rest> = None;
    /// It records a hop of its own when it succeeds; for others the road records that they were called.
    const TELLS: bool = false;
    /// The service it belongs to.
    type Service: Send + Sync + 'static;
    /// Its input shape; fields are named as in AWS's model.
    type Input: DeserializeOwned + Send + 'static;

    /// Checks AWS's rules and begins to answer. Faults as for `Action`; what fails later is an event of the stream.
    fn run(
        service: &Self::Service,
        context: &Context,
        input: Self::Input,
    ) -> impl Future<Output = Result<Response<StreamingBody>, ServiceError>> + Send;
}

/// Turns what is malformed on the wire into a service's own fault.
pub(crate) type OnDecodeError = fn(DecodeError) -> ServiceError;

/// An answer on its way, or a refusal in its protocol.
type Called = BoxFuture<'static, Result<Answer, (Protocol, ServiceError)>>;

pub(crate) type Call<S> = fn(Arc<S>, OnDecodeError, Context, Request) -> Called;

/// An action in its service's table.
pub struct Row<S> {
    /// AWS's name of it.
    pub name: &'static str,
    /// Where it lives, for services that speak restJson.
    pub rest: Option<&'static Rest>,
    /// It records a hop of its own when it succeeds.
    pub tells: bool,
    pub(crate) call: Call<S>,
}

/// The row of an action.
pub const fn row<A: Action>() -> Row<A::Service> {
    Row { name: A::NAME, rest: A::REST, tells: A::TELLS, call: call::<A> }
}

/// The row of an action that answers as it goes.
pub const fn streaming_row<A: StreamingAction>() -> Row<A::Service> {
    Row { name: A::NAME, rest: A::REST, tells: A::TELLS, call: call_streaming::<A> }
}

fn call_streaming<A: StreamingAction>(
    service: Arc<A::Service>,
    on_decode_error: OnDecodeError,
    context: Context,
    request: Request,
) -> Called {
    decoded(on_decode_error, request, |protocol, input| async move {
        let response = A::run(&service, &context, input).await.map_err(|error| (protocol, error))?;
        Ok(Answer::Stream(response))
    })
}

fn call<A: Action>(
    service: Arc<A::Service>,
    on_decode_error: OnDecodeError,
    context: Context,
    request: Request,
) -> Called {
    decoded(on_decode_error, request, |protocol, input| async move {
        let output = A::run(&service, &context, input).await.map_err(|error| (protocol, error))?;
        Ok(Answer::Whole(protocol.encode(A::NAME, context.request_id.write(&mut [0; 36]), &output)))
    })
}

/// Hands on what a request says. It is decoded before anything waits: what came is let go of, and only what was
/// understood is kept.
fn decoded<I: DeserializeOwned, F>(
    on_decode_error: OnDecodeError,
    request: Request,
    run: impl FnOnce(Protocol, I) -> F,
) -> Called
where
    F: Future<Output = Result<Answer, (Protocol, ServiceError)>> + Send + 'static,
{
    let protocol = request.protocol;
    match request.decode() {
        Ok(input) => {
            drop(request);
            Box::pin(run(protocol, input))
        }
        Err(error) => Box::pin(ready(Err((protocol, on_decode_error(error))))),
    }
}
