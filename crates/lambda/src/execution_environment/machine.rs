//! What of isolation holds on this machine, and which interpreters are found: for `konekuta doctor`.

use super::cgroups::Cgroups;
use super::programs::find;
use super::{ExecutorSettings, Isolation};
use crate::python::Interpreters;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub part: &'static str,
    /// Whether it is as it should be.
    pub holds: bool,
    /// What was seen.
    pub seen: String,
    /// What to do if it does not hold; what is missing without it.
    pub mend: String,
}

/// Where the kernel says how many user namespaces there may be.
const USER_NAMESPACES: &str = "/proc/sys/user/max_user_namespaces";
/// Where Ubuntu's kernels say that programs may not make user namespaces.
const APPARMOR: &str = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
/// How the server gets a control group of its own.
const DELEGATE: &str =
    "systemd-run --user --scope -p Delegate=yes konekuta serve, or Delegate=yes in the unit of the server";

/// Looks at everything that functions need, trying what can be tried.
pub async fn examine(settings: &ExecutorSettings) -> Vec<Finding> {
    let mut findings =
        vec![user_namespaces(), namespaces(settings).await, resource_limits(), cgroup(settings)];
    findings.extend([program(
        settings,
        "bwrap",
        &["bwrap"],
        "not needed: functions get their namespaces without it",
    )]);
    findings.push(python(settings).await);
    findings.extend([
        program(settings, "Node.js", &["node", "nodejs"], "for nodejs*.x functions: apt-get install nodejs"),
        program(settings, "Java", &["java"], "for java* functions: apt-get install default-jre-headless"),
        program(
            settings,
            "Ruby",
            &["ruby"],
            "for ruby* functions: apt-get install ruby, gem install aws_lambda_ric",
        ),
        program(settings, ".NET", &["dotnet"], "for dotnet* functions: install the .NET runtime"),
        program(
            settings,
            "containers",
            &["podman", "docker"],
            "for functions of container images: apt-get install podman",
        ),
    ]);
    findings
}

fn user_namespaces() -> Finding {
    let read = |path: &str| std::fs::read_to_string(path).map(|text| text.trim().to_owned());
    let (seen, mend) = match (read(USER_NAMESPACES), read(APPARMOR)) {
        (Ok(most), _) if most == "0" => {
            ("the kernel allows none".to_owned(), "sysctl -w user.max_user_namespaces=15000")
        }
        (_, Ok(restricted)) if restricted == "1" => (
            "AppArmor restricts them to privileged programs".to_owned(),
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for konekuta",
        ),
        (Ok(most), _) => (format!("the kernel allows {most}"), ""),
        (Err(error), _) => (format!("{USER_NAMESPACES}: {error}"), "use a kernel with CONFIG_USER_NS"),
    };
    Finding { part: "user namespaces", holds: mend.is_empty(), seen, mend: mend.to_owned() }
}

async fn namespaces(settings: &ExecutorSettings) -> Finding {
    let part = "isolation";
    if !settings.isolation {
        let seen = "turned off by a setting: functions are processes of their own and no more".to_owned();
        return Finding { part, holds: false, seen, mend: "--isolation auto".to_owned() };
    }
    let ExecutorSettings { data_dir, python, supervisor, .. } = settings;
    let isolation = Isolation::new(supervisor.clone(), true, data_dir, python.as_deref());
    let problem = isolation.problem().await;
    let holds = problem.is_empty();
    let seen = if holds {
        "namespaces of users, mounts and processes: code read-only, a /tmp of its own and bounded".to_owned()
    } else {
        format!("{problem}: functions see the machine as the server does")
    };
    let mend =
        if holds { "" } else { "run where user namespaces and mounts are allowed (docker: --privileged)" };
    Finding { part, holds, seen, mend: mend.to_owned() }
}

fn resource_limits() -> Finding {
    let part = "resource limits";
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let most = files.maximum.unwrap_or(u64::MAX);
    let holds = most >= crate::supervisor::FILES_MAX;
    let shown = files.maximum.map_or_else(|| "any number of".to_owned(), |most| most.to_string());
    let seen = format!("{shown} open files; a function gets 1024");
    let mend = if holds { String::new() } else { "ulimit -Hn 4096".to_owned() };
    Finding { part, holds, seen, mend }
}

/// Whether the kernel bounds functions. It is tried: the way in and out again leaves nothing behind.
fn cgroup(settings: &ExecutorSettings) -> Finding {
    let part = "cgroup v2";
    let entered =
        if settings.isolation { Cgroups::enter() } else { Err("turned off by a setting".to_owned()) };
    let problem = match entered {
        Ok(cgroups) => {
            cgroups.leave();
            let seen = "delegated: the kernel bounds and counts memory and processes of functions".to_owned();
            return Finding { part, holds: true, seen, mend: String::new() };
        }
        Err(problem) => problem,
    };
    let seen = format!("{problem}: memory is watched, and bounded by resource limits");
    Finding { part, holds: false, seen, mend: DELEGATE.to_owned() }
}

async fn python(settings: &ExecutorSettings) -> Finding {
    let part = "Python";
    if let Some(told) = &settings.python {
        let holds = told.is_file();
        let seen = if holds { told.display().to_string() } else { format!("{} is no file", told.display()) };
        let mend = if holds { "" } else { "--python an interpreter that has awslambdaric and boto3" };
        return Finding { part, holds, seen, mend: mend.to_owned() };
    }
    let interpreters = Interpreters::new(None, settings.data_dir.join("python"), settings.path.clone());
    match interpreters.find("python3").await {
        Ok(python) => Finding { part, holds: true, seen: python.display().to_string(), mend: String::new() },
        Err(mend) => Finding { part, holds: false, seen: "not found".to_owned(), mend },
    }
}

fn program(settings: &ExecutorSettings, part: &'static str, names: &[&str], mend: &str) -> Finding {
    let found = names.iter().find_map(|name| find(&settings.path, name));
    let holds = found.is_some();
    let seen = found.map_or_else(|| "not found".to_owned(), |file| file.display().to_string());
    Finding { part, holds, seen, mend: if holds { String::new() } else { mend.to_owned() } }
}
