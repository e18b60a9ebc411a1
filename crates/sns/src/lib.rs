//! SNS: topics, their subscriptions, and the one commit in which a message reaches all of them.
//!
//! The publish path in reading order: `actions/publish.rs`, `outgoing.rs`, `fan_out.rs`, `filter_policy/`, `envelope.rs`.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/welcome.html>

mod access;
mod actions;
mod archive;
mod arns;
mod circumstances;
mod confirmation;
mod data_protection;
mod delivery_policy;
mod delivery_status;
mod direct;
mod eight_primes;
mod email;
mod envelope;
mod errors;
mod fan_out;
mod fifo;
mod filter_policy;
mod hops;
mod http_endpoint;
mod large_messages;
mod limits;
mod message_attributes;
mod message_structure;
mod outbox;
mod outgoing;
mod pages;
mod platform;
mod ports;
mod queue_tasks;
mod quotas;
mod recorded;
mod records;
mod registry;
mod replay;
mod signature;
mod signing_key;
mod sms;
mod subscriber;
mod subscription_attributes;
mod topic_attributes;
mod topic_policy;
mod topics;
mod unconfirmed;
mod view;
mod waiting;

use std::path::PathBuf;
use std::sync::Arc;

use engine::{Clock, Engine};
use service::{DecodeError, Ids, Ports, QueryDialect, QueryName, Row, ServiceError, Speaks, Tasks, row};

pub use ports::Topics;

/// The actions.
pub const ACTIONS: &[Row<Sns>] = &[
    row::<actions::AddPermission>(),
    row::<actions::CheckIfPhoneNumberIsOptedOut>(),
    row::<actions::ConfirmSubscription>(),
    row::<actions::CreatePlatformApplication>(),
    row::<actions::CreatePlatformEndpoint>(),
    row::<actions::CreateSmsSandboxPhoneNumber>(),
    row::<actions::CreateTopic>(),
    row::<actions::DeleteEndpoint>(),
    row::<actions::DeletePlatformApplication>(),
    row::<actions::DeleteSmsSandboxPhoneNumber>(),
    row::<actions::DeleteTopic>(),
    row::<actions::GetDataProtectionPolicy>(),
    row::<actions::GetEndpointAttributes>(),
    row::<actions::GetPlatformApplicationAttributes>(),
    row::<actions::GetSmsAttributes>(),
    row::<actions::GetSmsSandboxAccountStatus>(),
    row::<actions::GetSubscriptionAttributes>(),
    row::<actions::GetTopicAttributes>(),
    row::<actions::ListEndpointsByPlatformApplication>(),
    row::<actions::ListOriginationNumbers>(),
    row::<actions::ListPhoneNumbersOptedOut>(),
    row::<actions::ListPlatformApplications>(),
    row::<actions::ListSmsSandboxPhoneNumbers>(),
    row::<actions::ListSubscriptions>(),
    row::<actions::ListSubscriptionsByTopic>(),
    row::<actions::ListTagsForResource>(),
    row::<actions::ListTopics>(),
    row::<actions::OptInPhoneNumber>(),
    row::<actions::Publish>(),
    row::<actions::PublishBatch>(),
    row::<actions::PutDataProtectionPolicy>(),
    row::<actions::RemovePermission>(),
    row::<actions::SetEndpointAttributes>(),
    row::<actions::SetPlatformApplicationAttributes>(),
    row::<actions::SetSmsAttributes>(),
    row::<actions::SetSubscriptionAttributes>(),
    row::<actions::SetTopicAttributes>(),
    row::<actions::Subscribe>(),
    row::<actions::TagResource>(),
    row::<actions::Unsubscribe>(),
    row::<actions::UntagResource>(),
    row::<actions::VerifySmsSandboxPhoneNumber>(),
];

const DIALECT: QueryDialect = QueryDialect {
    version: "2010-03-31",
    namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
    flattened: false,
    path_member: None,
    names: &[QueryName { action: "", member: "MessageAttributes", element: "", key: "Name", value: "Value" }],
};

/// What the service is told when it starts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Under which links in mails and envelopes reach this server (`http://127.0.0.1:4566`).
    pub endpoint: String,
    /// Where mails land without an SMTP server.
    pub outbox: PathBuf,
    /// Where mails go.
    pub smtp_url: Option<String>,
    /// Topics' policies are kept, and turn nobody away.
    pub lenient_policies: bool,
}

/// The service's state. Topics and subscriptions live in the registry.
pub struct Sns {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ports: Ports,
    pub(crate) settings: Settings,
    pub(crate) subscriptions: topics::SubscriptionCache,
    pub(crate) signer: signature::Signer,
    pub(crate) http: http_endpoint::client::Client,
    /// Shared while messages of a FIFO topic are archived and handed on; alone, a replay decides that it has caught up.
    pub(crate) handing_on: tokio::sync::RwLock<()>,
    pub(crate) archives: archive::Ends,
    pub(crate) denied: policy::Denied,
    /// Tries to post whose outcome is noted: tests let time pass only then.
    #[cfg(test)]
    pub(crate) tries_noted: tokio::sync::watch::Sender<u64>,
}

impl Sns {
    /// Over an engine and the other services' ports.
    pub fn new(
        engine: Arc<dyn Engine>,
        ids: Arc<dyn Ids>,
        clock: Arc<dyn Clock>,
        ports: Ports,
        settings: Settings,
    ) -> Arc<Self> {
        Arc::new(Self {
            engine,
            ids,
            clock,
            ports,
            settings,
            subscriptions: topics::SubscriptionCache::default(),
            signer: signature::Signer::default(),
            http: http_endpoint::client::Client::default(),
            handing_on: tokio::sync::RwLock::new(()),
            archives: archive::Ends::default(),
            denied: policy::Denied::default(),
            #[cfg(test)]
            tries_noted: tokio::sync::watch::Sender::new(0),
        })
    }
}

impl Sns {
    /// How many messages each topic's policy has turned away since the start: topic, principal, count.
    pub fn denied(&self) -> Vec<(String, String, u64)> {
        self.denied.counts()
    }
}

/// The service as the server takes it.
pub fn service(state: &Arc<Sns>) -> service::Service {
    let speaks = Speaks {
        json_target: None,
        query: Some(&DIALECT),
        on_decode_error: |error| match error {
            DecodeError::Missing(member) => ServiceError::new(
                &errors::VALIDATION,
                format!(
                    "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
                ),
            ),
            DecodeError::Malformed(text) => errors::invalid(&text),
        },
    };
    let mut service = service::bind("sns", speaks, ACTIONS, state);
    service.pages.push(signature::certificate_page(state));
    service.pages.extend(pages::of(state));
    service
}

/// Starts what happens without a request: mails and posts are delivered, FIFO topics hand their
/// messages on and replay archived ones, text messages and push notifications are recorded, subscriptions that nobody confirms go.
pub fn start(state: &Arc<Sns>, tasks: &Tasks) {
    tasks.spawn("sns-email", email::delivery::run(Arc::clone(state), tasks.stop()));
    tasks.spawn("sns-recorded", recorded::run(Arc::clone(state), tasks.stop()));
    let fifo = queue_tasks::run(Arc::clone(state), tasks.stop(), fifo::QUEUES, fifo::deliver);
    tasks.spawn("sns-fifo", fifo);
    tasks.spawn("sns-unconfirmed", unconfirmed::run(Arc::clone(state), tasks.stop()));
    tasks.spawn("sns-replay", replay::run_all(Arc::clone(state), tasks.stop()));
    tasks.spawn(
        "sns-http",
        queue_tasks::run(Arc::clone(state), tasks.stop(), http_endpoint::POSTS, http_endpoint::deliver),
    );
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
