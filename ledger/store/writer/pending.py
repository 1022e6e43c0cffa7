"""A request on its way through the writer, and the caller who waits for it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock

from ledger.store.reading import OnceRow
from ledger.store.requests import Caller, Once, Outcome, Step, StoreUnavailable


class Pending:
    """A bare lock wakes its caller: it costs a tenth of an Event. Where `on_answer` is given,
    the writer calls that instead.

    `steps` without commands is a look; so is one that `ponders`: it looks at all that deciding its command would.
    One of which it is known that something is `due` is not tried without the lock first. `replay` is set when its
    idempotency key was used before: the first answer is then folded from the log, outside the writer.
    """

    __slots__ = (
        "_answered",
        "business_now",
        "by",
        "due",
        "error",
        "is_look",
        "on_answer",
        "once",
        "outcome",
        "ponders",
        "replay",
        "retried",
        "steps",
    )

    def __init__(
        self,
        steps: Sequence[Step],
        by: Caller,
        once: Once | None = None,
        business_now: datetime | None = None,
        on_answer: "Callable[[Pending], None] | None" = None,
        *,
        ponders: bool = False,
        due: bool = False,
    ) -> None:
        self.steps, self.by, self.once, self.business_now, self.on_answer = steps, by, once, business_now, on_answer
        self.outcome: Outcome | None = None
        self.error: BaseException | None = None
        self.replay: OnceRow | None = None
        self.retried = False
        self.ponders, self.due = ponders, due
        # Whether nothing is to be decided.
        self.is_look = ponders or all(step.command is None for step in steps)
        self._answered = Lock()
        self._answered.acquire()

    @property
    def is_answered(self) -> bool:
        """Whether it was decided, committed or not."""
        return self.outcome is not None or self.error is not None or self.replay is not None

    def retry(self) -> None:
        """Forget an answer that was not committed; it is decided anew."""
        self.outcome, self.error, self.replay, self.retried = None, None, None, True

    def fail(self, error: BaseException) -> None:
        """Let the caller have an error, unless it has its answer already."""
        if self._answered.locked():
            self.outcome, self.error, self.replay = None, error, None
            self.wake()

    def wake(self) -> None:
        """Let the caller have what was decided; once."""
        if not self._answered.locked():
            return
        self._answered.release()
        if self.on_answer is not None:
            self.on_answer(self)

    def wait(self, seconds: float) -> None:
        """Wait to be woken. Raises `StoreUnavailable` when it takes longer than `seconds`."""
        if not self._answered.acquire(timeout=seconds):
            raise StoreUnavailable(
                f"the ledger did not answer within {seconds:g} seconds; send the request again with the same "
                "idempotency key",
                may_have_happened=True,
            )
