//! The extensions of one environment: who has registered, what each is told, where each stands.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::{Value as Json, json};
use tokio::sync::{Mutex as AsyncMutex, mpsc, watch};

/// Extensions of one environment.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
const EXTENSIONS_MAX: usize = 10;
/// Events that wait for one extension: an invocation and the end.
const EVENTS_WAITING_MAX: usize = 4;

/// What extensions are told of the function.
#[derive(Clone, Debug, Default)]
pub(crate) struct FunctionFacts {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) handler: String,
    pub(crate) account: String,
}

/// What an extension may ask to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventType {
    Invoke,
    Shutdown,
}

impl EventType {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "INVOKE" => Some(Self::Invoke),
            "SHUTDOWN" => Some(Self::Shutdown),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Invoke => "INVOKE",
            Self::Shutdown => "SHUTDOWN",
        }
    }
}

/// Why a call of an extension is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Extensions register while the environment initialises.
    Closed,
    /// One of that name has registered.
    Registered,
    TooMany,
    /// Internal extensions are not told of the end.
    ShutdownOfInternal,
    UnknownIdentifier,
}

/// How an extension failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) name: String,
    /// `Extension.InitError`, `Extension.ExitError`, or what its header says.
    pub(crate) kind: String,
    pub(crate) document: Bytes,
}

struct Extension {
    name: String,
    external: bool,
    events: Vec<EventType>,
    tell: mpsc::Sender<Json>,
    told: Arc<AsyncMutex<mpsc::Receiver<Json>>>,
    asked: u64,
    delivered: u64,
}

impl Extension {
    fn waits(&self) -> bool {
        self.asked > self.delivered
    }
}

#[derive(Default)]
struct State {
    /// By identifier.
    registered: BTreeMap<String, Extension>,
    closed: bool,
}

/// All extensions of one environment.
pub(crate) struct Extensions {
    pub(crate) function: FunctionFacts,
    /// The names of the external ones: files in `/opt/extensions`.
    external: Vec<String>,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    failed: watch::Sender<Option<Failure>>,
}

impl Extensions {
    pub(crate) fn new(function: FunctionFacts, external: Vec<String>) -> Self {
        Self {
            function,
            external,
            state: Mutex::default(),
            changed: watch::Sender::new(0),
            failed: watch::Sender::new(None),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There are none, and none registers any more.
    pub(crate) fn is_empty(&self) -> bool {
        self.external.is_empty() && self.state().registered.is_empty()
    }

    pub(crate) fn has_external(&self) -> bool {
        !self.external.is_empty()
    }

    pub(crate) fn register(
        &self,
        identifier: String,
        name: String,
        events: Vec<EventType>,
    ) -> Result<(), Refused> {
        let external = self.external.contains(&name);
        let mut state = self.state();
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.registered.values().any(|extension| extension.name == name) {
            return Err(Refused::Registered);
        }
        if state.registered.len() >= EXTENSIONS_MAX {
            return Err(Refused::TooMany);
        }
        if !external && events.contains(&EventType::Shutdown) {
            return Err(Refused::ShutdownOfInternal);
        }
        let (tell, told) = mpsc::channel(EVENTS_WAITING_MAX);
        let told = Arc::new(AsyncMutex::new(told));
        let extension = Extension { name, external, events, tell, told, asked: 0, delivered: 0 };
        state.registered.insert(identifier, extension);
        drop(state);
        self.changed.send_modify(|changes| *changes += 1);
        Ok(())
    }

    /// The extension asks for its next event.
    pub(crate) async fn next(&self, identifier: &str) -> Result<Option<Json>, Refused> {
        let told = {
            let mut state = self.state();
            let extension = state.registered.get_mut(identifier).ok_or(Refused::UnknownIdentifier)?;
            extension.asked = extension.delivered + 1;
            Arc::clone(&extension.told)
        };
        self.changed.send_modify(|changes| *changes += 1);
        let event = told.lock().await.recv().await;
        if let Some(extension) = self.state().registered.get_mut(identifier) {
            extension.delivered += 1;
        }
        Ok(event)
    }

    /// The extension reports that it failed.
    pub(crate) fn fail(&self, identifier: &str, kind: String, document: Bytes) -> Result<(), Refused> {
        let state = self.state();
        let extension = state.registered.get(identifier).ok_or(Refused::UnknownIdentifier)?;
        self.failed.send_replace(Some(Failure { name: extension.name.clone(), kind, document }));
        Ok(())
    }

    /// The extension's name.
    pub(crate) fn name_of(&self, identifier: &str) -> Option<String> {
        self.state().registered.get(identifier).map(|extension| extension.name.clone())
    }

    /// Completes when one has reported that it failed.
    pub(crate) async fn failed(&self) -> Failure {
        let mut failed = self.failed.subscribe();
        let found = failed.wait_for(Option::is_some).await.map(|failure| failure.clone());
        match found.ok().flatten() {
            Some(failure) => failure,
            None => std::future::pending().await,
        }
    }

    async fn until(&self, holds: impl Fn(&State) -> bool) {
        let mut changed = self.changed.subscribe();
        while !holds(&self.state()) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Completes when all external ones have registered.
    pub(crate) async fn all_registered(&self) {
        let named = |state: &State, name: &String| state.registered.values().any(|one| one.name == *name);
        self.until(|state| self.external.iter().all(|name| named(state, name))).await;
    }

    /// Completes when all wait for their next event.
    pub(crate) async fn all_wait(&self) {
        self.until(|state| state.registered.values().all(Extension::waits)).await;
    }

    /// None registers any more. Names and events of those who have, for the log.
    pub(crate) fn close(&self) -> Vec<(String, Vec<EventType>)> {
        let mut state = self.state();
        state.closed = true;
        state.registered.values().map(|one| (one.name.clone(), one.events.clone())).collect()
    }

    /// Tells those who want to know of an invocation.
    pub(crate) fn tell_of_invocation(&self, deadline_ms: u64, request_id: &str, arn: &str, trace: &str) {
        let event = json!({
            "eventType": "INVOKE", "deadlineMs": deadline_ms, "requestId": request_id, "invokedFunctionArn": arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": trace},
        });
        self.tell(EventType::Invoke, &event);
    }

    /// Tells those who want to know that the environment ends.
    pub(crate) fn tell_of_shutdown(&self, reason: &str, deadline_ms: u64) {
        let event = json!({"eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": deadline_ms});
        self.tell(EventType::Shutdown, &event);
    }

    fn tell(&self, kind: EventType, event: &Json) {
        for extension in self.state().registered.values_mut() {
            if extension.events.contains(&kind) {
                // One that has not taken its last event is stuck, which ends the environment by its timeout.
                let _ = extension.tell.try_send(event.clone());
                // It no longer waits, even before it has read this.
                extension.asked = extension.asked.min(extension.delivered);
            }
        }
    }

    /// Whether any has registered that is part of the runtime's own process.
    pub(crate) fn has_internal(&self) -> bool {
        self.state().registered.values().any(|extension| !extension.external)
    }
}
