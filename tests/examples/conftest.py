"""What examples need besides the API: the packages that Python tools may ask for."""

import os
from collections.abc import Iterator

import pytest

from tests.packages import data_packages


@pytest.fixture(scope="session", autouse=True)
def _packages() -> Iterator[None]:
    """Numpy and pandas, built once for each checkout; workers in this process find them."""
    before = os.environ.get("PASTETRADER_PACKAGES")
    os.environ["PASTETRADER_PACKAGES"] = str(data_packages())
    yield
    if before is None:
        del os.environ["PASTETRADER_PACKAGES"]
    else:
        os.environ["PASTETRADER_PACKAGES"] = before
