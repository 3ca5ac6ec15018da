"""What tokens cost: a table by provider and model, in dollars per million tokens."""

import json
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, ValidationError

from models.enums import ModelProvider

PRICES_VARIABLE = "PASTETRADER_MODEL_PRICES"


def _exact(value: object) -> object:
    """Text too; a float would bring its rounding along."""
    return str(value) if isinstance(value, float) else value


Dollars = Annotated[
    Decimal, BeforeValidator(_exact), Field(ge=0, le=1_000_000, allow_inf_nan=False)
]


class PricesInvalid(ValueError):
    """The price file cannot be read, or is none; the message names it and the place."""


class Price(BaseModel):
    """Dollars per million tokens; without `cached`, those from a cache cost as much as others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Dollars
    output: Dollars
    cached: Dollars | None = None


Table = Mapping[ModelProvider, Mapping[str, Price]]
"""Prices by pattern of model names, where `*` is any text."""


class _File(RootModel[dict[ModelProvider, dict[str, Price]]]):
    """`{provider: {pattern: {input, output, cached}}}`."""


def price_table(path: str | Path | None = None) -> Table:
    """The built-in table, and before it what the file says.

    `path` is the file that `PASTETRADER_MODEL_PRICES` names when left out. It holds
    `{"openai": {"gpt-4.1*": {"input": "2.00", "output": "8.00", "cached": "0.50"}}}`.

    Raises:
        PricesInvalid: the file cannot be read, or says something else.
    """
    named = path or os.environ.get(PRICES_VARIABLE)
    if not named:
        return BUILT_IN
    own = _read(Path(named))
    return {each: {**BUILT_IN.get(each, {}), **own.get(each, {})} for each in ModelProvider}


def _read(path: Path) -> Table:
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        return _File.model_validate(content).root
    except OSError as error:
        raise PricesInvalid(f"{PRICES_VARIABLE}: {path}: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise PricesInvalid(f"{PRICES_VARIABLE}: {path}: {place}: {first['msg']}") from None
    except (ValueError, RecursionError) as error:
        raise PricesInvalid(f"{PRICES_VARIABLE}: {path} is no JSON: {error}") from None


def _models(price: Price, *names: str) -> dict[str, Price]:
    """The names, and the dated versions of each."""
    dated = [f"{name}-20[0-9][0-9]*" for name in names]
    return dict.fromkeys((*names, *dated), price)


def _price(in_: str, out: str, cached: str | None = None) -> Price:
    return Price(
        input=Decimal(in_), output=Decimal(out), cached=None if cached is None else Decimal(cached)
    )


# List prices in November 2026. Models whose price depends on the length of a prompt are left out:
# a wrong price is worse than none. Cached tokens cost as others where no page that was read says.
BUILT_IN: Table = {
    # https://platform.claude.com/docs/en/about-claude/pricing and /docs/en/about-claude/models
    ModelProvider.ANTHROPIC: {
        **_models(_price("10", "50", "0.25"), "claude-fable-5-1"),
        **_models(_price("10", "50", "1"), "claude-fable-5"),
        **_models(_price("4", "20"), "claude-opus-5-5"),
        **_models(
            _price("5", "25", "0.50"),
            *("claude-opus-5", "claude-opus-4-8", "claude-opus-4-7"),
            *("claude-opus-4-6", "claude-opus-4-5"),
        ),
        **_models(_price("2", "10", "0.10"), "claude-sonnet-5-5"),
        **_models(_price("2", "10", "0.20"), "claude-sonnet-5"),
        **_models(_price("1", "5"), "claude-haiku-4-5"),
    },
    # https://openai.com/api/pricing
    ModelProvider.OPENAI: {
        **_models(_price("2.50", "10", "1.25"), "gpt-4o"),
        **_models(_price("0.15", "0.60", "0.075"), "gpt-4o-mini"),
        **_models(_price("2", "8", "0.50"), "gpt-4.1"),
        **_models(_price("0.40", "1.60", "0.10"), "gpt-4.1-mini"),
        **_models(_price("0.10", "0.40", "0.025"), "gpt-4.1-nano"),
        **_models(_price("0.75", "4.50", "0.075"), "gpt-5.4-mini"),
        **_models(_price("0.20", "1.25", "0.02"), "gpt-5.4-nano"),
    },
    # https://docs.z.ai/guides/overview/pricing
    ModelProvider.GLM: _models(_price("0.60", "2.20", "0.11"), "glm-4.6"),
}
