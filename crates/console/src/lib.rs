//! The console: pages under `/_konekuta/` that show what the server holds and does, and act through the services' own
//! actions.
//!
//! A request's way: `front` (protection, routes), a screen of `screens/` (or a deed of `deeds/`), `page` (the frame around
//! it). Pages are HTML, written with maud, which escapes whatever comes from outside. `live` sends a page's middle anew
//! whenever it has changed; `assets/` has the style and the little script that puts it in place.
//! What is shown comes from views (`service::views`) and from actions (`services`); nothing is stored here but counts
//! over time (`history`).

mod ask;
mod assets;
mod deeds;
mod figures;
mod front;
mod history;
mod json;
mod limits;
mod live;
mod mail;
mod object_versions;
mod objects;
mod page;
mod parts;
mod protection;
mod screens;
mod services;
mod texts;
mod topology;
mod trouble;

use std::sync::Arc;

use service::views::{BucketView, FunctionView, OutboxView, QueueView, TopicView};
use service::{Clock, Ids, Mount, Service, Stop, Streaming, Tasks};
use tokio::sync::Semaphore;

/// Where the console lives.
pub const PREFIX: &str = "/_konekuta";

/// What the console is built on.
pub struct Parts {
    /// The services' actions, called as every client calls them.
    pub services: Vec<Service>,
    /// S3, likewise.
    pub s3: Arc<dyn Streaming>,
    /// Queues.
    pub queues: Arc<dyn QueueView>,
    /// Topics.
    pub topics: Arc<dyn TopicView>,
    /// Functions.
    pub functions: Arc<dyn FunctionView>,
    /// Buckets.
    pub buckets: Arc<dyn BucketView>,
    /// The outbox.
    pub outbox: Arc<dyn OutboxView>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids, and the token that proves where a form came from.
    pub ids: Arc<dyn Ids>,
}

/// The console's state.
pub(crate) struct Console {
    pub(crate) parts: Parts,
    pub(crate) history: history::History,
    /// Forms carry it; a page of another origin cannot read it.
    pub(crate) token: String,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) stop: Stop,
}

/// Puts the console together and starts counting.
pub fn mount(parts: Parts, tasks: &Tasks) -> Mount {
    let console = Arc::new(Console {
        token: parts.ids.token(),
        parts,
        history: history::History::default(),
        streams: Arc::new(Semaphore::new(limits::STREAMS_MAX)),
        stop: tasks.stop(),
    });
    tasks.spawn("console-history", history::run(Arc::clone(&console), tasks.stop()));
    Mount { path_prefix: PREFIX, front: Arc::new(front::Front(console)) }
}
