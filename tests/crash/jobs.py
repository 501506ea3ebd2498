"""All jobs by name."""

from __future__ import annotations

from tests.crash.commanding import COMMANDING
from tests.crash.estimating import ESTIMATING
from tests.crash.reading import READING
from tests.crash.running import RUNNING
from tests.crash.storing import STORING

JOBS = {**READING, **RUNNING, **ESTIMATING, **STORING, **COMMANDING}
