"""Every flow of the product, one file for each feature. A new file here is found by itself.

After a change run ``python -m tests.storm.list_calls`` and read what it changed in ``tests/storm/coverage``.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
