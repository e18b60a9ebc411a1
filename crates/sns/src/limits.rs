//! SNS's quotas.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/sns.html>

/// A topic's name, characters.
pub(crate) const TOPIC_NAME_MAX: usize = 256;
/// A message with its attributes, bytes, unless the topic says otherwise.
pub(crate) const MESSAGE_BYTES_DEFAULT: usize = 262_144;
/// A subject, characters.
pub(crate) const SUBJECT_MAX: usize = 100;
/// Entries of a batch.
pub(crate) const BATCH_ENTRIES_MAX: usize = 10;
/// Topics, subscriptions on a page.
pub(crate) const PAGE: usize = 100;
/// A message of a topic that subscribers of every kind may have, bytes.
/// <https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html>
pub(crate) const LARGE_MESSAGE_BYTES: usize = 262_144;
/// Standard topics of an account in a Region.
pub(crate) const STANDARD_TOPICS_MAX: usize = 100_000;
/// FIFO topics of an account in a Region.
pub(crate) const FIFO_TOPICS_MAX: usize = 1000;
/// Subscriptions of an account that wait for their confirmation.
pub(crate) const PENDING_SUBSCRIPTIONS_MAX: usize = 5000;
/// Filter policies of an account.
/// <https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html>
pub(crate) const FILTER_POLICIES_OF_ACCOUNT_MAX: usize = 10_000;
/// Subscriptions that nobody has confirmed in time are looked for so often, seconds.
pub(crate) const UNCONFIRMED_FORGOTTEN_SECONDS: u32 = 3600;
/// Subscriptions of a topic that takes larger messages.
pub(crate) const LARGE_SUBSCRIPTIONS_MAX: usize = 100;
/// Subscriptions of a topic. AWS allows 12.5 million; ours are all read when a message is published.
pub(crate) const SUBSCRIPTIONS_MAX: usize = 100_000;
/// Subscriptions of a FIFO topic.
pub(crate) const FIFO_SUBSCRIPTIONS_MAX: usize = 100;
/// Tags of a topic.
pub(crate) const TAGS_MAX: usize = 50;
/// Keys of a filter policy.
pub(crate) const FILTER_KEYS_MAX: usize = 5;
/// Product of the numbers of values of a filter policy's keys.
pub(crate) const FILTER_COMBINATIONS_MAX: usize = 150;
/// A filter policy, bytes.
/// <https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html>
pub(crate) const FILTER_BYTES_MAX: usize = 262_144;
/// Numbers of a filter policy, either side of zero.
pub(crate) const FILTER_NUMBER_MAX: f64 = 1e9;
/// Filter policies of a topic.
pub(crate) const FILTER_POLICIES_MAX: usize = 200;
/// A group or deduplication id, characters.
pub(crate) const FIFO_ID_MAX: usize = 128;
/// Tries to deliver a mail.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>
pub(crate) const MAIL_TRIES_MAX: u32 = 50;
/// Retries of a delivery policy.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html#creating-delivery-policy>
pub(crate) const RETRIES_MAX: u32 = 100;
/// A delivery policy's delays, each and all together, seconds.
pub(crate) const RETRY_SECONDS_MAX: u32 = 3600;
/// An HTTP/S endpoint must have answered within so many seconds.
/// <https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html>
pub(crate) const HTTP_ANSWER_SECONDS: u32 = 15;
/// Deliveries under way at once to one HTTP/S endpoint.
pub(crate) const HTTP_IN_FLIGHT_MAX: u32 = 10;
/// What of an HTTP/S endpoint's answer is read, bytes.
pub(crate) const HTTP_ANSWER_BYTES_MAX: usize = 65_536;
/// A confirmation token is valid so long, seconds; then its subscription is removed.
/// <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>
/// <https://aws.amazon.com/about-aws/whats-new/2023/05/amazon-sns-automatic-deletion-unconfirmed-subscriptions/>
pub(crate) const TOKEN_SECONDS: u32 = 172_800;
/// Attributes of a message in a queue.
pub(crate) const QUEUE_ATTRIBUTES_MAX: usize = 10;
/// A platform application's name, characters.
pub(crate) const APPLICATION_NAME_MAX: usize = 256;
/// Arbitrary data of a platform endpoint, bytes.
/// <https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformEndpoint.html>
pub(crate) const CUSTOM_USER_DATA_BYTES_MAX: usize = 2048;
/// A device's token, bytes.
pub(crate) const DEVICE_TOKEN_BYTES_MAX: usize = 4096;
/// Endpoints of a platform application that are removed with it.
pub(crate) const ENDPOINTS_MAX: usize = 1_000_000;
/// A text message, characters.
/// <https://docs.aws.amazon.com/sns/latest/dg/sms_sending-overview.html>
pub(crate) const SMS_CHARACTERS_MAX: usize = 1600;
/// Verified and pending numbers of an SMS sandbox.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-sms-sandbox.html>
pub(crate) const SANDBOX_NUMBERS_MAX: usize = 10;
/// A number may be opted in again only after so many seconds.
/// <https://docs.aws.amazon.com/sns/latest/api/API_OptInPhoneNumber.html>
pub(crate) const OPT_IN_SECONDS: u32 = 2_592_000;
/// An access policy, and a data protection policy, bytes.
/// <https://docs.aws.amazon.com/sns/latest/api/API_PutDataProtectionPolicy.html>
pub(crate) const POLICY_BYTES_MAX: usize = 30_720;
/// Days that an archive may keep messages.
/// <https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html>
pub(crate) const ARCHIVE_DAYS_MAX: u32 = 365;
/// Archives forget what is too old so often, seconds.
pub(crate) const ARCHIVE_FORGETS_SECONDS: u32 = 3600;
/// Segments of an archive.
pub(crate) const SEGMENTS_MAX: usize = 10_000_000;
/// Replays that run at once.
pub(crate) const REPLAYS_MAX: usize = 50;
/// Records of replays, those that have ended included.
pub(crate) const REPLAY_RECORDS_MAX: usize = 100_000;
/// Messages that a replay sends in one commit.
pub(crate) const REPLAY_AT_ONCE: usize = 10;
/// A replay that could not go on tries again after so many seconds.
pub(crate) const REPLAY_PAUSE_SECONDS: u32 = 1;
/// Topics whose archives are looked after.
pub(crate) const TOPICS_MAX: usize = 1_000_000;
/// Queues of a kind that are served.
pub(crate) const QUEUES_MAX: usize = 1_000_000;
/// Subscriptions of all topics that are looked through for an endpoint.
pub(crate) const ALL_SUBSCRIPTIONS_MAX: usize = 100_000;
