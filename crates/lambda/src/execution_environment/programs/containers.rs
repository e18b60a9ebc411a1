//! The command line of a function that is a container image: podman or docker, on the host's network.

use std::collections::BTreeMap;

use rustix::process::{Resource, getrlimit};

use super::{NotStarted, Site, Started, find};
use crate::execution::{FunctionSpec, Image};
use crate::limits::PROCESSES_MAX;
use crate::supervisor::{FILES_MAX, TASK};

/// Variables of the machine that an image has its own of.
const NOT_FOR_IMAGES: [&str; 5] = ["PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "LANG"];

pub(super) fn of(
    site: &Site,
    spec: &FunctionSpec,
    image: &Image,
    variables: &BTreeMap<String, String>,
) -> Result<Started, NotStarted> {
    let Some(engine) = ["podman", "docker"].iter().find_map(|name| find(&site.path, name)) else {
        let message = "a function of a container image needs podman or docker: install one of them (Debian: apt-get \
                       install podman)";
        return Err(NotStarted::new("Runtime.InvalidRuntime", message));
    };
    let name = format!("konekuta-{}-{}", spec.name, site.ids.uuid().as_simple());
    let container = site.containers.name(&engine, name)?;
    let mut arguments = vec!["run".to_owned(), "--name".to_owned(), container.name.clone()];
    arguments.extend(bounds(spec));
    for (name, value) in variables.iter().filter(|(name, _)| !NOT_FOR_IMAGES.contains(&name.as_str())) {
        // The image's own, unless `ImageConfig` says otherwise.
        let value = if name == "LAMBDA_TASK_ROOT" { TASK } else { value };
        arguments.extend(["--env".to_owned(), format!("{name}={value}")]);
    }
    if let Some(folder) = &image.working_directory {
        arguments.extend(["--workdir".to_owned(), folder.clone()]);
    }
    let mut entry = image.entry_point.iter();
    if let Some(first) = entry.next() {
        arguments.extend(["--entrypoint".to_owned(), first.clone()]);
    }
    arguments.push(image.uri.clone());
    arguments.extend(entry.cloned());
    arguments.extend(image.command.iter().cloned());
    Ok(Started { file: engine, arguments, container: Some(container) })
}

/// What a container may have: nothing to write to but its `/tmp`, as at AWS. What it prints is followed, not kept.
fn bounds(spec: &FunctionSpec) -> Vec<String> {
    // `/tmp` lies in memory, and is none of the function's.
    let memory = format!("{}m", spec.memory_mb + spec.ephemeral_storage_mb);
    let tmp = format!("/tmp:rw,exec,mode=1777,size={}m", spec.ephemeral_storage_mb);
    let (files, processes) = (format!("nofile={FILES_MAX}:{FILES_MAX}"), PROCESSES_MAX.to_string());
    let flags = [
        "--rm",
        "--sig-proxy=true",
        "--network=host",
        "--log-driver=none",
        "--read-only",
        "--stop-timeout=0",
    ];
    let limits = [
        ["--tmpfs", &tmp],
        ["--memory", &memory],
        ["--memory-swap", &memory],
        ["--pids-limit", &processes],
        ["--ulimit", &files],
    ];
    let mut all: Vec<String> =
        flags.into_iter().chain(limits.into_iter().flatten()).map(str::to_owned).collect();
    // podman would raise this one, which a server without privileges may not; and it lowers its own to this.
    let most =
        std::fs::read_to_string("/proc/sys/kernel/pid_max").ok().and_then(|most| most.trim().parse().ok());
    if let Some(most) = getrlimit(Resource::Nproc).maximum.into_iter().chain(most).min() {
        all.extend(["--ulimit".to_owned(), format!("nproc={most}:{most}")]);
    }
    all
}
