"""Timeouts and retries, per kind of work."""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ContinueAsNewVersioningBehavior

from models.graph.node import Retry

# A killed worker is noticed after this long; the worker beats four times as often.
HEARTBEAT_TIMEOUT = timedelta(seconds=1.5)
# The worker enforces the node's timeout and says so in words; Temporal's own is the net below.
TIMEOUT_GRACE = timedelta(seconds=5)
# Attempts that a dying worker may cost beyond those the node's policy counts.
LOST_WORKER_ATTEMPTS = 10

LOCAL_TIMEOUT = timedelta(seconds=30)
LOCAL_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=50), maximum_attempts=5)
# Whoever is to be told may be away for a while; 1, 2, 4 seconds and so on, then once an hour.
NOTIFY_TIMEOUT = timedelta(seconds=60)
NOTIFY_DEADLINE = timedelta(days=1)
NOTIFY_RETRY = Retry(max_attempts=100, initial_interval=1, backoff=2, max_interval=3_600)
# A worker that waits for its database times out; a turn is worth asking for again.
LIMIT_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_attempts=60)

# A firing is not lost however long the database is away.
FIRING_TIMEOUT = timedelta(seconds=5)
FIRING_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)
)

# Runs are pinned to the build of the worker that began them, and leave it where they can.
NEWEST_BUILD = ContinueAsNewVersioningBehavior.AUTO_UPGRADE


def start_to_close(timeout_seconds: float) -> timedelta:
    """Temporal's limit for one attempt of a node with this timeout."""
    return timedelta(seconds=timeout_seconds) + TIMEOUT_GRACE


def retry_policy(retry: Retry) -> RetryPolicy:
    """Temporal's policy for a node's policy.

    The intervals here are for lost workers only. Failures that the worker reports carry the
    node's own interval, and are marked final when the node's attempts are used up.
    """
    once = retry.max_attempts == 1
    return RetryPolicy(
        initial_interval=timedelta(milliseconds=100),
        backoff_coefficient=1.5,
        maximum_interval=timedelta(seconds=2),
        maximum_attempts=1 if once else retry.max_attempts + LOST_WORKER_ATTEMPTS,
        non_retryable_error_types=retry.non_retryable,
    )
