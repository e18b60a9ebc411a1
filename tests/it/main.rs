//! Whole journeys through an in-process server, spoken to by a small signed client.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

mod function_policy;
mod in_process;

/// Requests that must be refused, each in its protocol's own words.
mod bad_input;
/// From a bucket's event to a queue.
mod bucket_to_queue;
/// The page that says what is as at AWS.
mod compatibility;
/// Starts and replays that are to end somewhere, by every way on which something goes on.
mod ends;
/// What became of a request: traces carried through every hop.
mod journeys;
/// Versions of objects: what buckets tell of them, and replays that bring back the version of then.
mod object_versions;
/// The list of journeys, page by page.
mod pages;
/// From a publish to an HTTP endpoint and back by its links.
mod publish_to_endpoint;
/// From a publish through a queue and a function to another queue.
mod publish_to_function;
/// Queues whose policies do not let a topic in.
mod queue_policy;
/// The Query protocol that SNS speaks.
mod sns_in_query_protocol;
/// The Query protocol that SQS's SDKs spoke before 2023.
mod sqs_in_query_protocol;
/// Segments and sampling at the X-Ray daemon's port.
mod xray_daemon;
