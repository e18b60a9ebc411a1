//! An external extension: prints the events and the telemetry that it is told of.

use lambda_extension::{
    Error, Extension, LambdaEvent, LambdaTelemetry, LambdaTelemetryRecord, NextEvent, SharedService,
    service_fn,
};

async fn note(event: LambdaEvent) -> Result<(), Error> {
    match event.next {
        NextEvent::Invoke(invoke) => println!("watcher: invoke {}", invoke.request_id),
        NextEvent::Shutdown(shutdown) => println!("watcher: shutdown {}", shutdown.shutdown_reason),
    }
    Ok(())
}

async fn tell(records: Vec<LambdaTelemetry>) -> Result<(), Error> {
    for record in records {
        match record.record {
            LambdaTelemetryRecord::Function(line) => println!("watcher: function {}", line.trim_end()),
            LambdaTelemetryRecord::PlatformStart { request_id, .. } => {
                println!("watcher: start {request_id}")
            }
            LambdaTelemetryRecord::PlatformReport { request_id, metrics, .. } => {
                println!("watcher: report {request_id} of {} MB", metrics.memory_size_mb);
            }
            _ => {}
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    Extension::new()
        .with_events(&["INVOKE", "SHUTDOWN"])
        .with_events_processor(service_fn(note))
        .with_telemetry_types(&["platform", "function"])
        .with_telemetry_processor(SharedService::new(service_fn(tell)))
        .run()
        .await
}
