"""Says in words what is missing before anything is installed; runs on any Python 3."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is for those who have less
    sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0])
