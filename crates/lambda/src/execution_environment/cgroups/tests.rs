//! What is written and read, over folders that look like groups. What the kernel makes of it is seen where there are real
//! ones: `conformance/test_cgroups.py`.

use super::*;

/// A delegated group with these controllers.
fn group(controllers: &str) -> (tempfile::TempDir, Delegation) {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [(CONTROLLERS, controllers), (CHILDREN_CONTROLLERS, ""), (PROCESSES, "")] {
        fs::write(folder.path().join(file), text).unwrap();
    }
    let path = folder.path().to_path_buf();
    (folder, Delegation { home: path.clone(), group: path })
}

fn read(path: PathBuf) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_server_goes_into_a_leaf_and_turns_memory_and_processes_on_for_children() {
    let (folder, delegation) = group("cpu memory pids");
    let cgroups = Cgroups::take(delegation, 7).unwrap();
    let own = folder.path().join("konekuta-7");
    assert_eq!(read(own.join("server/cgroup.procs")), "7");
    for group in [folder.path(), &own] {
        assert_eq!(read(group.join(CHILDREN_CONTROLLERS)), "+memory +pids");
    }
    cgroups.leave();
    assert_eq!(read(folder.path().join(CHILDREN_CONTROLLERS)), "-memory -pids");
    assert_eq!(read(folder.path().join(PROCESSES)), std::process::id().to_string());
}

#[test]
fn a_group_without_the_memory_controller_is_refused_and_left_as_it_was() {
    let (folder, delegation) = group("cpu pids");
    let problem = Cgroups::take(delegation, 7).unwrap_err();
    assert!(problem.ends_with("has no memory controller"), "{problem}");
    assert!(!folder.path().join("konekuta-7").exists());
}

#[test]
fn an_environment_has_the_bounds_of_its_function_and_no_swap() {
    let (folder, delegation) = group("memory pids");
    let cgroups = Cgroups::take(delegation, 7).unwrap();
    let bounds = Bounds { memory_bytes: 128 << 20, processes: 1026 };
    let (first, second) = (cgroups.make(bounds).unwrap(), cgroups.make(bounds).unwrap());
    let own = folder.path().join("konekuta-7");
    assert_eq!(first.entrance(), own.join("environment-0/cgroup.procs"));
    assert_eq!(second.entrance(), own.join("environment-1/cgroup.procs"));
    for (file, text) in [
        ("memory.max", "134217728"),
        ("memory.swap.max", "0"),
        ("memory.oom.group", "1"),
        ("pids.max", "1026"),
    ] {
        assert_eq!(read(own.join("environment-0").join(file)), text, "{file}");
    }
}

#[test]
fn only_groups_of_servers_that_are_gone_are_cleared_away() {
    let (folder, delegation) = group("memory");
    for (server, processes) in [("konekuta-3", ""), ("konekuta-4", "4\n"), ("other", "")] {
        let group = folder.path().join(server);
        fs::create_dir_all(group.join("environment-0")).unwrap();
        fs::create_dir_all(group.join(SERVER)).unwrap();
        // A folder with a file in it cannot be removed, as a group with a process cannot.
        if !processes.is_empty() {
            fs::write(group.join(SERVER).join(PROCESSES), processes).unwrap();
        }
    }
    let _cgroups = Cgroups::take(delegation, 7).unwrap();
    let killed = |server: &str| folder.path().join(server).join("environment-0").join(KILL).exists();
    assert!(killed("konekuta-3") && !killed("konekuta-4") && !killed("other"));
}
