"""Processes as the kernel tells of them."""

import pathlib


def fields(process):
    """Those behind the name in the kernel's line of a process: its state, its parent, and so on; none if it is gone."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def is_running(process):
    return fields(process)[:1] not in ([], ["Z"])


def descendants(process):
    """All processes below one."""
    children, found, waiting = {}, set(), [process]
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and (known := fields(entry.name)):
            children.setdefault(int(known[1]), set()).add(int(entry.name))
    while waiting:
        below = children.get(waiting.pop(), set()) - found
        found |= below
        waiting.extend(below)
    return found


def waiting_supervisors(server):
    """Supervisors that no function runs below."""
    return {pid for pid in descendants(server) if is_supervisor(pid) and not descendants(pid)}


def is_supervisor(process):
    try:
        return b"supervise" in pathlib.Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
