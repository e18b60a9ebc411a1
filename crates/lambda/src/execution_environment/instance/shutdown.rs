//! The end of an instance.

use std::time::Duration;

use engine::Timestamp;

use super::Instance;

/// From the request to end to the kill, without extensions that want to know, with internal ones, with external ones.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown>
const GRACE_INTERNAL: Duration = Duration::from_millis(500);
const GRACE_EXTERNAL: Duration = Duration::from_secs(2);
/// Of the time with external extensions, the runtime's share.
const GRACE_RUNTIME: Duration = Duration::from_millis(300);
/// Telemetry that waits is sent within this time at the end.
const TELEMETRY_GRACE: Duration = Duration::from_millis(500);

impl Instance {
    /// Ends the processes as AWS does it: at once if nobody wants to know, else with a little time.
    pub(in super::super) async fn end(self, now: Timestamp, reason: &'static str) {
        let runtime = self.runtime.as_ref().map(|runtime| &runtime.process);
        if reason != "spindown"
            && let Some(runtime) = runtime
        {
            runtime.kill();
        }
        if self.apis.extensions.has_external() {
            let all = self.extensions.iter().map(|extension| async {
                extension.process.end_within(GRACE_EXTERNAL).await;
            });
            if let Some(runtime) = runtime {
                runtime.terminate();
                runtime.end_within(GRACE_RUNTIME).await;
            }
            let (_, ()) = tokio::join!(futures_util::future::join_all(all), async {
                self.apis.telemetry.finish(TELEMETRY_GRACE).await;
                self.apis.extensions.tell_of_shutdown(reason, now.plus(GRACE_EXTERNAL).0);
            });
        } else if let Some(runtime) = runtime {
            if self.apis.extensions.has_internal() {
                runtime.terminate();
                runtime.end_within(GRACE_INTERNAL).await;
            }
            runtime.kill();
            runtime.exited().await;
        }
        self.drain().await;
        if let Some(container) = self.container {
            container.remove().await;
        }
        if let Some(cgroup) = self.cgroup {
            cgroup.end().await;
        }
    }
}
