"""Waiting for what happens by itself: asks again until it is so, for a bounded time."""

import time

SECONDS_MAX = 60


def until(question, what):
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {SECONDS_MAX} seconds")
