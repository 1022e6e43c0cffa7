"""What a file says of itself: which list of which ledger it holds, and as of when."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class About:
    """Whose list a file is, and the one position that all of its rows are as of."""

    ledger_id: str
    export: str
    position: int
    due: datetime | None

    def file_name(self, suffix: str) -> str:
        """`main-invoices-position-1234.csv`: plain ASCII, since ledgers and lists are named in it."""
        return f"{self.ledger_id}-{self.export}-position-{self.position}.{suffix}"

    def facts(self) -> dict[str, str]:
        """The same inside a file that has a place for it."""
        due = {} if self.due is None else {"tallystick.due": self.due.isoformat()}
        return {
            "tallystick.ledger": self.ledger_id,
            "tallystick.list": self.export,
            "tallystick.position": str(self.position),
            **due,
        }
