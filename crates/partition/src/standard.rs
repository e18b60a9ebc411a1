//! Standard queues: best-effort order.

/// A message received so often without being deleted goes to the back of the queue.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>
pub(crate) const RECEIVES_BEFORE_BACK: u32 = 3;
