"""What turns of a model cost."""

from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path

from activities.llm.messages import TokenUsage
from models.enums import ModelProvider
from models.prices import Price, Table, price_table

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices by provider and pattern of model names, of which the longest that fits counts."""

    table: Table

    def cost(self, provider: ModelProvider, model: str, usage: TokenUsage) -> float | None:
        """Dollars; None when the model has no price, or its server did not say what it used."""
        price = self._price(provider, model)
        return None if price is None or not usage.reported else float(_exactly(price, usage))

    def _price(self, provider: ModelProvider, model: str) -> Price | None:
        known = self.table.get(provider, {})
        fitting = [pattern for pattern in known if fnmatchcase(model, pattern)]
        return known[max(fitting, key=len)] if fitting else None


def load_prices(path: str | Path | None = None) -> Prices:
    """What the operator and the built-in table say; as `price_table`."""
    return Prices(price_table(path))


def _exactly(price: Price, usage: TokenUsage) -> Decimal:
    cached = min(usage.cached, usage.input)
    cost = (
        (usage.input - cached) * price.input
        + cached * (price.input if price.cached is None else price.cached)
        + usage.output * price.output
    )
    return cost / _MILLION
