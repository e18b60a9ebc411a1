"""A Celery application whose broker is SQS."""

import os
import pathlib

from celery import Celery

app = Celery("tasks", broker=os.environ["BROKER"])
app.conf.broker_transport_options = {"region": "us-east-1", "wait_time_seconds": 5, "visibility_timeout": 60}
app.conf.task_acks_late = True


@app.task
def write(folder, name):
    (pathlib.Path(folder) / name).write_text(name)


@app.task(bind=True, default_retry_delay=0, max_retries=1)
def write_at_the_second_try(self, folder, name):
    if self.request.retries == 0:
        raise self.retry()
    write(folder, name)
