//! The engine's figures for `/_konekuta/metrics`, read when somebody looks.

use std::fmt;
use std::sync::Arc;

use local::{Local, PartitionFigures};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

/// Reads the engine, and whom queues and topics turned away.
struct Engine(Arc<Local>, Arc<sqs::Sqs>, Arc<sns::Sns>);

impl fmt::Debug for Engine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Engine")
    }
}

/// The figures of an engine, and of SQS and SNS over it.
pub(crate) fn of(local: &Arc<Local>, sqs: &Arc<sqs::Sqs>, sns: &Arc<sns::Sns>) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Engine(Arc::clone(local), Arc::clone(sqs), Arc::clone(sns))));
    registry
}

fn signed(figure: u64) -> i64 {
    i64::try_from(figure).unwrap_or(i64::MAX)
}

impl Collector for Engine {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        self.queues(&mut encoder)?;
        self.partitions(&mut encoder)?;
        self.denied(&mut encoder)?;
        let failed = ConstGauge::new(i64::from(self.0.failure().is_some()));
        let help = "Whether a journal has failed and nothing is accepted until a restart";
        let metric =
            encoder.encode_descriptor("konekuta_journal_failed", help, None, failed.metric_type())?;
        failed.encode(metric)
    }
}

/// A name, its explanation, and where the figure is.
type Figure = (&'static str, &'static str, fn(&PartitionFigures) -> u64);

impl Engine {
    fn queues(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let help = "Messages in a queue";
        let mut messages =
            encoder.encode_descriptor("konekuta_queue_messages", help, None, MetricType::Gauge)?;
        for (queue, counts) in self.0.queue_counts() {
            let states = [
                ("visible", counts.visible),
                ("not_visible", counts.not_visible),
                ("delayed", counts.delayed),
            ];
            for (state, count) in states {
                let labels = [("queue", queue.as_str()), ("state", state)];
                ConstGauge::new(signed(count)).encode(messages.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }

    fn denied(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let help = "Messages of topics and buckets that a queue's policy turned away";
        let mut denied =
            encoder.encode_descriptor("konekuta_denied_messages", help, None, MetricType::Counter)?;
        for (queue, principal, count) in self.1.denied() {
            let labels = [("queue", queue), ("principal", principal)];
            ConstCounter::new(count).encode(denied.encode_family(&labels)?)?;
        }
        let help = "Messages of buckets and functions that a topic's policy turned away";
        let mut denied =
            encoder.encode_descriptor("konekuta_denied_publishes", help, None, MetricType::Counter)?;
        for (topic, principal, count) in self.2.denied() {
            let labels = [("topic", topic), ("principal", principal)];
            ConstCounter::new(count).encode(denied.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn partitions(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let partitions = self.0.partition_figures();
        let gauges: [Figure; 3] = [
            ("konekuta_content_bytes", "Bytes of all messages", |figures| figures.content_bytes),
            ("konekuta_log_bytes", "Bytes of the log that are still there", |figures| figures.log_bytes),
            ("konekuta_waiting_receivers", "Long polls that wait", |figures| figures.waiting as u64),
        ];
        for (name, help, figure) in gauges {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for partition in &partitions {
                let labels = [("partition", partition.number.to_string())];
                ConstGauge::new(signed(figure(partition))).encode(metric.encode_family(&labels)?)?;
            }
        }
        let counters: [Figure; 3] = [
            ("konekuta_log_records", "Records written", |figures| figures.journal.records),
            ("konekuta_log_written_bytes", "Bytes written to the log", |figures| figures.journal.bytes),
            ("konekuta_log_syncs", "Syncs of the log", |figures| figures.journal.syncs),
        ];
        for (name, help, figure) in counters {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for partition in &partitions {
                let labels = [("partition", partition.number.to_string())];
                ConstCounter::new(figure(partition)).encode(metric.encode_family(&labels)?)?;
            }
        }
        let help = "Time spent in syncs";
        let mut metric =
            encoder.encode_descriptor("konekuta_log_sync_seconds", help, None, MetricType::Counter)?;
        for partition in &partitions {
            let labels = [("partition", partition.number.to_string())];
            let seconds = partition.journal.syncing.as_secs_f64();
            ConstCounter::new(seconds).encode(metric.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
