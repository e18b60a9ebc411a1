//! Lambda's quotas, and our own bounds.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>

use std::time::Duration;

/// Characters of a function's name.
pub(crate) const FUNCTION_NAME_CHARACTERS_MAX: usize = 64;
/// `Timeout` where none is given, seconds.
pub(crate) const TIMEOUT_SECONDS_DEFAULT: u32 = 3;
/// The longest `Timeout`, seconds.
pub(crate) const TIMEOUT_SECONDS_MAX: u32 = 900;
/// `MemorySize` where none is given, and the least, MB.
pub(crate) const MEMORY_MB_MIN: u32 = 128;
/// The greatest `MemorySize`, MB.
pub(crate) const MEMORY_MB_MAX: u32 = 10_240;
/// `EphemeralStorage.Size` where none is given, and the least, MB.
pub(crate) const EPHEMERAL_STORAGE_MB_MIN: u32 = 512;
/// The greatest `EphemeralStorage.Size`, MB.
pub(crate) const EPHEMERAL_STORAGE_MB_MAX: u32 = 10_240;
/// Bytes of all environment variables, names and values, as JSON.
pub(crate) const ENVIRONMENT_BYTES_MAX: usize = 4096;
/// Characters of `Description`.
pub(crate) const DESCRIPTION_CHARACTERS_MAX: usize = 256;
/// Characters of `Handler`.
pub(crate) const HANDLER_CHARACTERS_MAX: usize = 128;
/// Processes and threads of an environment.
pub(crate) const PROCESSES_MAX: u64 = 1024;
/// Tags of a function.
pub(crate) const TAGS_MAX: usize = 50;
/// Bytes of a deployment package sent with the call.
pub(crate) const ZIP_BYTES_MAX: u64 = 52_428_800;
/// Bytes of a deployment package, unzipped; also the most that is read from S3.
pub(crate) const UNZIPPED_BYTES_MAX: u64 = 262_144_000;
/// Layers of a function.
pub(crate) const LAYERS_MAX: usize = 5;
/// `CompatibleRuntimes` of a layer's version.
pub(crate) const COMPATIBLE_RUNTIMES_MAX: usize = 15;
/// Ours: files and folders in a deployment package.
pub(crate) const ZIP_ENTRIES_MAX: usize = 100_000;
/// Bytes of an event of a synchronous invocation.
pub(crate) const SYNCHRONOUS_PAYLOAD_BYTES_MAX: usize = 6_291_456;
/// Bytes of an event of an asynchronous invocation.
pub(crate) const ASYNCHRONOUS_PAYLOAD_BYTES_MAX: usize = 1_048_576;
/// Characters of a client context, in base64.
pub(crate) const CLIENT_CONTEXT_CHARACTERS_MAX: usize = 3583;
/// Bytes of a function's resource-based policy.
pub(crate) const POLICY_BYTES_MAX: usize = 20_480;
/// Concurrent executions of an account.
pub(crate) const CONCURRENT_EXECUTIONS: u32 = 1000;
/// Concurrent executions that must stay unreserved.
pub(crate) const UNRESERVED_EXECUTIONS_MIN: u32 = 100;
/// Bytes of all deployment packages of an account.
pub(crate) const CODE_STORAGE_BYTES: u64 = 80_530_636_800;
/// Functions in one answer of ListFunctions or ListVersionsByFunction.
pub(crate) const LISTED_FUNCTIONS_MAX: usize = 50;
/// Mappings in one answer of ListEventSourceMappings.
pub(crate) const LISTED_MAPPINGS_MAX: usize = 100;
/// Ours: functions whose records are remembered between calls.
pub(crate) const FUNCTIONS_REMEMBERED_MAX: usize = 1024;
/// Ours: records read from the registry at once.
pub(crate) const REGISTRY_PAGE: usize = 500;

/// Retries of an asynchronous invocation that failed, where nothing else is configured.
pub(crate) const ASYNCHRONOUS_RETRIES_DEFAULT: u32 = 2;
/// An asynchronous event is given up at this age, seconds, where nothing else is configured; also the greatest.
pub(crate) const EVENT_AGE_SECONDS_MAX: u32 = 21_600;
/// The least `MaximumEventAgeInSeconds`.
pub(crate) const EVENT_AGE_SECONDS_MIN: u32 = 60;
/// Wait before the first and the second retry, seconds.
pub(crate) const ASYNCHRONOUS_RETRY_SECONDS: [u32; 2] = [60, 120];
/// Longest wait after throttling of an asynchronous event, seconds.
pub(crate) const ASYNCHRONOUS_BACKOFF_SECONDS_MAX: u32 = 300;
/// Ours: asynchronous events of one function that run at once.
pub(crate) const ASYNCHRONOUS_CONCURRENCY_MAX: usize = 64;

/// `BatchSize` where none is given.
pub(crate) const BATCH_SIZE_DEFAULT: u32 = 10;
/// The greatest `BatchSize` of a standard queue.
pub(crate) const BATCH_SIZE_MAX: u32 = 10_000;
/// The greatest `BatchSize` of a FIFO queue, and of one without a batching window.
pub(crate) const BATCH_SIZE_WITHOUT_WINDOW_MAX: u32 = 10;
/// The longest `MaximumBatchingWindowInSeconds`.
pub(crate) const BATCHING_WINDOW_SECONDS_MAX: u32 = 300;
/// Messages that SQS hands out in one call.
pub(crate) const RECEIVE_MESSAGES_MAX: u32 = 10;
/// `ScalingConfig.MaximumConcurrency`.
pub(crate) const MAXIMUM_CONCURRENCY: std::ops::RangeInclusive<u32> = 2..=1000;
/// Batches at once when a mapping begins, where there are as many processors.
pub(crate) const BATCHES_AT_FIRST: usize = 5;
/// The least batches at once that errors of the function leave, and where there is but one processor.
pub(crate) const BATCHES_MIN: usize = 2;
/// Batches at once of one provisioned poller.
pub(crate) const BATCHES_OF_POLLER: usize = 10;
/// `ProvisionedPollerConfig.MinimumPollers`; the first is also the default.
pub(crate) const MINIMUM_POLLERS: std::ops::RangeInclusive<u32> = 2..=200;
/// `ProvisionedPollerConfig.MaximumPollers`.
pub(crate) const MAXIMUM_POLLERS: std::ops::RangeInclusive<u32> = 2..=10_000;
/// `MaximumPollers` where none is given.
pub(crate) const MAXIMUM_POLLERS_DEFAULT: u32 = 200;
/// `FilterCriteria.Filters`.
pub(crate) const FILTERS_MAX: usize = 10;
/// Batches at once of one mapping. What it does not ask for by itself is bounded by a setting.
pub(crate) const BATCHES_MAX: usize = 1250;
/// Batches at once of one mapping with provisioned pollers: AWS says 16 times as many as without.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
pub(crate) const BATCHES_PROVISIONED_MAX: usize = 16 * BATCHES_MAX;
/// How long one receive waits for a message.
pub(crate) const LONG_POLL: Duration = Duration::from_secs(20);
/// First and longest wait after an error of a poller or a throttled batch.
pub(crate) const BACKOFF: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(200)..=Duration::from_secs(10);
/// At the end of the program running batches may take so long.
pub(crate) const DRAIN: Duration = Duration::from_secs(10);
/// A function's answer, bytes.
pub(crate) const RESPONSE_BYTES_MAX: usize = 6_291_556;
/// A function's answer that is handed on as it comes, bytes.
pub(crate) const STREAMED_RESPONSE_BYTES_MAX: usize = 209_715_200;
