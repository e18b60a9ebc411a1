//! A process of an instance, and how it is supervised and bounded.

use std::path::Path;
use std::sync::Arc;

use crate::execution::FunctionSpec;
use crate::execution_environment::Site;
use crate::execution_environment::cgroups::{Bounds, Cgroup};
use crate::execution_environment::output::Output;
use crate::execution_environment::pipe::Pipe;
use crate::execution_environment::process::{Process, Program, Supervision};
use crate::execution_environment::variables::Place;
use crate::limits::PROCESSES_MAX;
use crate::runtime_api::Kind;
use crate::supervisor::Limits;

/// What a function may map besides its memory, for the sake of runtimes that map more than they use, bytes.
const DATA_BYTES_BESIDES: u64 = 1 << 30;
/// How a file system in memory is known.
const TMPFS: rustix::fs::FsWord = 0x0102_1994;
/// Threads of a supervisor, which are counted with what it supervises.
const SUPERVISOR_THREADS: u64 = 2;

/// The control group of one run with so many extensions.
pub(super) fn cgroup(site: &Site, spec: &FunctionSpec, place: &Place, extensions: usize) -> Option<Cgroup> {
    // Containers are bounded by what runs them.
    let cgroups = site.cgroups.get().filter(|_| spec.image.is_none())?;
    // A file system in memory is as large as the function may make it, besides its memory.
    let tmp_in_memory = match &place.mounts {
        Some(mounts) => mounts.tmp.as_deref().is_none_or(lies_in_memory),
        None => lies_in_memory(&place.tmp),
    };
    let tmp_mb = if tmp_in_memory { spec.ephemeral_storage_mb } else { 0 };
    let supervisors = 1 + extensions as u64;
    let bounds = Bounds {
        memory_bytes: (u64::from(spec.memory_mb) + u64::from(tmp_mb)) << 20,
        processes: PROCESSES_MAX + supervisors * SUPERVISOR_THREADS,
    };
    let made = cgroups.make(bounds);
    made.inspect_err(|error| tracing::warn!(%error, "an environment has no control group")).ok()
}

fn lies_in_memory(folder: &Path) -> bool {
    rustix::fs::statfs(folder).is_ok_and(|system| system.f_type == TMPFS)
}

/// How the processes of a place are supervised; not at all in tests.
pub(super) async fn supervision(
    site: &Site,
    spec: &FunctionSpec,
    place: &Place,
    cgroup: Option<&Cgroup>,
) -> std::io::Result<Option<Supervision>> {
    let Some(program) = site.isolation.supervisor() else { return Ok(None) };
    let ground = place.mounts.as_ref().map(|_| site.isolation.ground());
    // Threads map more for their stacks than they use.
    let data_bytes_max = 4 * (u64::from(spec.memory_mb) << 20) + DATA_BYTES_BESIDES;
    let data_bytes_max = cgroup.is_none().then_some(data_bytes_max);
    Ok(Some(Supervision {
        supervisor: site.reserve.take(program, ground).await?,
        mounts: place.mounts.clone(),
        limits: spec.image.is_none().then_some(Limits { data_bytes_max }),
        cgroup: cgroup.map(Cgroup::entrance),
        ending: None,
    }))
}

/// A process and what it prints.
pub(super) struct Running {
    pub(super) name: String,
    pub(super) process: Process,
    pipes: Vec<Pipe>,
}

impl Running {
    pub(super) async fn start(
        name: &str,
        program: &Program,
        supervision: Option<Supervision>,
        output: &Arc<Output>,
        kind: Kind,
    ) -> std::io::Result<Self> {
        let (process, ends) = Process::start(program, supervision).await?;
        let mut pipes = Vec::new();
        for end in [ends.stdout, ends.stderr] {
            pipes.push(Pipe::follow(end, Arc::clone(output), kind)?);
        }
        Ok(Self { name: name.to_owned(), process, pipes })
    }

    pub(super) async fn drain(&self) {
        for pipe in &self.pipes {
            pipe.drain().await;
        }
    }
}
