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
/// Subscriptions of a topic that are delivered to.
pub(crate) const SUBSCRIPTIONS_MAX: usize = 100_000;
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
/// A confirmation token is valid so long, seconds.
/// <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>
pub(crate) const TOKEN_SECONDS: u32 = 172_800;
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
/// Queues of a kind that are served.
pub(crate) const QUEUES_MAX: usize = 1_000_000;
