"""Why a projected read cannot be answered now. Both are a 503; neither is ever an old answer that looks new."""


class ProjectionUnavailable(Exception):
    """A read that needs models which are not there yet, or stand still. `code` is the wire's."""

    code = "projection_unavailable"
    retry_after_seconds = 1


class ProjectionBehind(ProjectionUnavailable):
    """The models did not reach the ledger's head in time; try again after `retry_after_seconds`."""

    code = "projection_behind"

    def __init__(self, needed: int, reached: int) -> None:
        super().__init__(
            f"The lists of this ledger are folded to position {reached} and not yet to {needed}: try again in a "
            "second, or send Ledger-Allow-Stale: true"
        )
        self.needed, self.reached = needed, reached


class ProjectionFailed(ProjectionUnavailable):
    """A model stopped at an event; an operator rebuilds it with `tallystick replay rebuild`."""

    code = "projection_failed"
    retry_after_seconds = 30

    def __init__(self, model: str, position: int) -> None:
        super().__init__(
            f"The {model} projection stopped at position {position}: an operator rebuilds it with tallystick replay "
            f"rebuild {model}"
        )
        self.model, self.position = model, position


class ProjectionUnbuilt(ProjectionUnavailable):
    """A model that is new to a ledger with a history; the worker is building it."""

    code = "projection_behind"
    retry_after_seconds = 5

    def __init__(self, model: str) -> None:
        super().__init__(f"The {model} projection is new and being built by the worker: try again in a few seconds")
        self.model = model


def stands_still(model: str, position: int) -> ProjectionUnavailable:
    """Why a model is not read: it stopped at a position, or (position 0) was never folded."""
    return ProjectionFailed(model, position) if position else ProjectionUnbuilt(model)
