//! Message move tasks.

use service::Tasks;

use super::*;

const DLQ: &str = "arn:aws:sqs:us-east-1:000000000000:dlq";
const SOURCE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
/// A task that does not get anywhere in so many turns is stuck.
const TURNS_MAX: usize = 10_000;

/// A dead-letter queue, its source and another queue; the mover runs.
struct Moves {
    bench: Bench,
    tasks: Tasks,
    dlq: String,
    source: String,
    other: String,
}

impl Moves {
    async fn new() -> Self {
        let bench = Bench::new();
        let dlq = bench.create("dlq", json!({})).await;
        let redrive = json!({"deadLetterTargetArn": DLQ, "maxReceiveCount": 1}).to_string();
        let source = bench.create("q", json!({"RedrivePolicy": redrive, "VisibilityTimeout": "1"})).await;
        let other = bench.create("other", json!({})).await;
        bench.create("other.fifo", json!({"FifoQueue": "true"})).await;
        let tasks = Tasks::default();
        let clock: Arc<dyn engine::Clock> = Arc::new(bench.clock.clone());
        crate::start(&bench.sqs, &clock, &tasks);
        Self { bench, tasks, dlq, source, other }
    }

    /// Messages that were received too often.
    async fn die(&self, count: usize) {
        for number in 0..count {
            self.bench.send(&self.source, &number.to_string()).await;
        }
        while !self.bench.receive(&self.source, json!({})).await.is_empty() {}
        self.bench.clock.advance(Duration::from_secs(1));
        let expected = json!(count.to_string());
        while self.visible(&self.dlq).await != expected {
            self.bench.receive(&self.source, json!({})).await;
            tokio::task::yield_now().await;
        }
    }

    async fn begin(&self, more: Json) -> Result<Json, ServiceError> {
        let mut input = json!({"SourceArn": DLQ});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.bench.call::<StartMessageMoveTask>(input).await
    }

    async fn list(&self, most: u32) -> Vec<Json> {
        let input = json!({"SourceArn": DLQ, "MaxResults": most});
        let answer = self.bench.call::<ListMessageMoveTasks>(input).await.unwrap();
        answer["Results"].as_array().unwrap().clone()
    }

    /// The newest task, once it is as it should be.
    async fn newest(&self, is: impl Fn(&Json) -> bool) -> Json {
        for _ in 0..TURNS_MAX {
            let newest = self.list(1).await.remove(0);
            if is(&newest) {
                return newest;
            }
            tokio::task::yield_now().await;
        }
        panic!("the task stays {:?}", self.list(1).await)
    }

    async fn ended(&self) -> Json {
        self.newest(|task| task["Status"] != "RUNNING" && task["Status"] != "CANCELLING").await
    }

    async fn visible(&self, url: &str) -> Json {
        self.bench.attribute(url, "ApproximateNumberOfMessages").await
    }
}

#[tokio::test]
async fn a_task_moves_all_messages_back_to_where_they_came_from() {
    let moves = Moves::new().await;
    moves.die(3).await;
    let handle = moves.begin(json!({})).await.unwrap()["TaskHandle"].clone();
    assert!(handle.as_str().is_some_and(|handle| handle.len() > 20));
    let ended = moves.ended().await;
    let expected = json!({
        "Status": "COMPLETED",
        "SourceArn": DLQ,
        "ApproximateNumberOfMessagesMoved": 3,
        "ApproximateNumberOfMessagesToMove": 3,
        "StartedTimestamp": 1_767_225_601_000_u64,
    });
    assert_eq!(ended, expected, "the handle is told of running tasks only");
    assert_eq!(moves.visible(&moves.dlq).await, "0");
    while moves.visible(&moves.source).await != "3" {
        tokio::task::yield_now().await;
    }
    let asked = json!({"MessageSystemAttributeNames": ["All"]});
    let one = moves.bench.receive(&moves.source, asked).await.remove(0);
    assert_eq!(one["Attributes"]["ApproximateReceiveCount"], "1");
    assert!(one["Attributes"].get("DeadLetterQueueSourceArn").is_none());
    moves.tasks.shut_down().await;
}

#[tokio::test]
async fn a_task_keeps_to_its_rate_and_can_be_cancelled() {
    let moves = Moves::new().await;
    moves.die(5).await;
    let more = json!({"DestinationArn": SOURCE.replace(":q", ":other"), "MaxNumberOfMessagesPerSecond": 1});
    let handle = moves.begin(more).await.unwrap()["TaskHandle"].clone();
    let has_moved = |count: u64| move |task: &Json| task["ApproximateNumberOfMessagesMoved"] == count;
    let running = moves.newest(has_moved(1)).await;
    assert_eq!(
        (&running["Status"], &running["TaskHandle"], &running["MaxNumberOfMessagesPerSecond"]),
        (&json!("RUNNING"), &handle, &json!(1))
    );
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(moves.visible(&moves.dlq).await, "4", "the next one comes a second later");
    let again = refused(moves.begin(json!({})).await);
    let text = "There is already a task running. Only one active task is allowed for a source queue arn at a given time.";
    assert_eq!(again, ("InvalidParameterValue".into(), text.into()));
    moves.bench.clock.advance(Duration::from_secs(1));
    moves.newest(has_moved(2)).await;
    let cancelled = moves.bench.call::<CancelMessageMoveTask>(json!({"TaskHandle": handle})).await.unwrap();
    assert_eq!(cancelled, json!({"ApproximateNumberOfMessagesMoved": 2}));
    assert_eq!(moves.newest(|_| true).await["Status"], "CANCELLING");
    moves.bench.clock.advance(Duration::from_secs(1));
    let ended = moves.ended().await;
    assert_eq!(
        (&ended["Status"], &ended["ApproximateNumberOfMessagesMoved"]),
        (&json!("CANCELLED"), &json!(2))
    );
    assert_eq!(
        (moves.visible(&moves.dlq).await, moves.visible(&moves.other).await),
        (json!("3"), json!("2"))
    );
    let over = moves.bench.call::<CancelMessageMoveTask>(json!({"TaskHandle": handle})).await;
    assert_eq!(refused(over), ("ResourceNotFoundException".into(), "Task does not exist.".into()));
    moves.begin(json!({})).await.unwrap();
    assert_eq!(moves.ended().await["Status"], "COMPLETED");
    let statuses: Vec<Json> = moves.list(10).await.iter().map(|task| task["Status"].clone()).collect();
    assert_eq!(statuses, ["COMPLETED", "CANCELLED"], "the newest first");
    moves.tasks.shut_down().await;
}

#[tokio::test]
async fn a_message_of_unknown_origin_fails_a_task_without_destination() {
    let moves = Moves::new().await;
    moves.bench.send(&moves.dlq, "direct").await;
    moves.begin(json!({})).await.unwrap();
    let ended = moves.ended().await;
    assert_eq!(
        (&ended["Status"], &ended["FailureReason"]),
        (&json!("FAILED"), &json!("CouldNotDetermineMessageSource"))
    );
    assert_eq!(moves.visible(&moves.dlq).await, "1");
    moves.tasks.shut_down().await;
}

#[tokio::test]
async fn a_destination_that_is_deleted_meanwhile_fails_the_task() {
    let moves = Moves::new().await;
    moves.die(2).await;
    let more = json!({"DestinationArn": SOURCE.replace(":q", ":other"), "MaxNumberOfMessagesPerSecond": 1});
    moves.begin(more).await.unwrap();
    moves.newest(|task| task["ApproximateNumberOfMessagesMoved"] == 1).await;
    moves.bench.call::<actions::DeleteQueue>(json!({"QueueUrl": moves.other})).await.unwrap();
    moves.bench.clock.advance(Duration::from_secs(1));
    assert_eq!(moves.ended().await["FailureReason"], "AWS.SimpleQueueService.NonExistentQueue");
    assert_eq!(moves.visible(&moves.dlq).await, "1", "nothing is lost");
    moves.tasks.shut_down().await;
}

#[tokio::test]
async fn tasks_are_refused_in_aws_words() {
    let moves = Moves::new().await;
    let none = "arn:aws:sqs:us-east-1:000000000000:none";
    let gone = |parameter: &str| {
        format!("The resource that you specified for the {parameter} parameter doesn't exist.")
    };
    let invalid = "InvalidParameterValue";
    for (more, code, text) in [
        (json!({"SourceArn": none}), "ResourceNotFoundException", gone("SourceArn")),
        (json!({"SourceArn": "junk"}), "ResourceNotFoundException", gone("SourceArn")),
        (json!({"SourceArn": SOURCE}), invalid, "Source queue must be configured as a Dead Letter Queue.".into()),
        (json!({"DestinationArn": none}), "ResourceNotFoundException", gone("DestinationArn")),
        (json!({"DestinationArn": DLQ}), invalid, "Source queue arn and destination queue arn must be different.".into()),
        (json!({"DestinationArn": SOURCE.replace(":q", ":other.fifo")}), invalid, "Source queue and destination queue must be of the same type.".into()),
        (json!({"MaxNumberOfMessagesPerSecond": 501}), invalid, "Value 501 for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and 500, if provided.".into()),
    ] {
        assert_eq!(refused(moves.begin(more).await), (code.into(), text));
    }
    let list = async |input: Json| refused(moves.bench.call::<ListMessageMoveTasks>(input).await).0;
    assert_eq!(list(json!({"SourceArn": none})).await, "ResourceNotFoundException");
    assert_eq!(list(json!({"SourceArn": DLQ, "MaxResults": 11})).await, invalid);
    let cancel = moves.bench.call::<CancelMessageMoveTask>(json!({"TaskHandle": "junk"})).await;
    assert_eq!(refused(cancel), (invalid.into(), "Value for parameter TaskHandle is invalid.".into()));
    assert_eq!(moves.list(10).await, [] as [Json; 0]);
    moves.tasks.shut_down().await;
}

#[tokio::test]
async fn the_ten_newest_tasks_are_kept_as_long_as_their_queue() {
    let moves = Moves::new().await;
    for _ in 0..12 {
        moves.begin(json!({})).await.unwrap();
        moves.ended().await;
        moves.bench.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(moves.list(10).await.len(), 10);
    assert_eq!(moves.list(1).await[0]["StartedTimestamp"], 1_767_225_611_000_u64);
    moves.bench.call::<actions::DeleteQueue>(json!({"QueueUrl": moves.dlq})).await.unwrap();
    moves.bench.create("dlq", json!({})).await;
    assert!(moves.list(10).await.is_empty());
    moves.tasks.shut_down().await;
}

#[tokio::test]
async fn a_task_runs_for_36_hours_at_most() {
    let moves = Moves::new().await;
    moves.die(3).await;
    moves.begin(json!({"MaxNumberOfMessagesPerSecond": 1})).await.unwrap();
    moves.newest(|task| task["ApproximateNumberOfMessagesMoved"] == 1).await;
    moves.bench.clock.advance(Duration::from_hours(36));
    let ended = moves.ended().await;
    assert_eq!(
        (&ended["Status"], &ended["FailureReason"]),
        (&json!("FAILED"), &json!("MaximumDurationExceeded"))
    );
    assert_eq!(moves.visible(&moves.dlq).await, "2");
    moves.tasks.shut_down().await;
}

#[tokio::test]
async fn an_account_has_at_most_100_active_tasks() {
    // Nobody serves these tasks: they stay active.
    let bench = Bench::new();
    let begin = async |number: u32| {
        let (dlq, source) = (format!("dlq-{number}"), format!("q-{number}"));
        let arn = DLQ.replace(":dlq", &format!(":{dlq}"));
        bench.create(&dlq, json!({})).await;
        let redrive = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 1}).to_string();
        bench.create(&source, json!({"RedrivePolicy": redrive})).await;
        bench.call::<StartMessageMoveTask>(json!({"SourceArn": arn})).await
    };
    for number in 0..100 {
        begin(number).await.unwrap();
    }
    assert_eq!(refused(begin(100).await).0, "RequestThrottled");
}
