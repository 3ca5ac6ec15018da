"""What tokens cost."""

import json
from pathlib import Path

import pytest

from activities.llm.messages import TokenUsage
from activities.llm.prices import load_prices
from models.enums import ModelProvider
from models.prices import PRICES_VARIABLE, PricesInvalid

OPENAI = ModelProvider.OPENAI
USED = TokenUsage(input=1_000_000, output=100_000, cached=400_000)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that the variable names."""
    path = tmp_path / "prices.json"
    monkeypatch.setenv(PRICES_VARIABLE, str(path))
    return path


def test_known_models_have_a_price(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PRICES_VARIABLE, raising=False)
    prices = load_prices()
    # 0.6 × 2.00 + 0.4 × 0.50 + 0.1 × 8.00
    assert prices.cost(OPENAI, "gpt-4.1", USED) == 2.2
    assert prices.cost(OPENAI, "gpt-4.1-2025-04-14", USED) == 2.2
    assert prices.cost(ModelProvider.ANTHROPIC, "claude-opus-4-5-20251101", USED) == 5.7


def test_no_cached_price_means_the_full_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PRICES_VARIABLE, raising=False)
    assert load_prices().cost(ModelProvider.ANTHROPIC, "claude-haiku-4-5", USED) == 1.5


@pytest.mark.parametrize("model", ["gpt-4.1-audio", "gpt-99", "", "claude-opus-4-5"])
def test_an_unknown_model_costs_what_nobody_knows(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PRICES_VARIABLE, raising=False)
    assert load_prices().cost(OPENAI, model, USED) is None
    assert load_prices().cost(ModelProvider.OPENAI_COMPATIBLE, "gpt-4.1", USED) is None


def test_an_unknown_usage_has_no_cost() -> None:
    assert load_prices().cost(OPENAI, "gpt-4.1", TokenUsage(reported=False)) is None


def test_the_file_goes_before_the_built_in_table(file: Path) -> None:
    table = {
        "openai": {"gpt-4.1": {"input": "1", "output": 1}},
        "openai_compatible": {
            "*": {"input": 0, "output": 0},
            "qwen*": {"input": 0.1, "output": "0.2", "cached": 0},
        },
    }
    file.write_text(json.dumps(table))
    prices = load_prices()
    assert prices.cost(OPENAI, "gpt-4.1", USED) == 1.1
    assert prices.cost(OPENAI, "gpt-4o", USED) is not None
    local = ModelProvider.OPENAI_COMPATIBLE
    assert prices.cost(local, "llama", USED) == 0.0
    assert prices.cost(local, "qwen3", USED) == 0.08


def test_money_is_counted_exactly(file: Path) -> None:
    file.write_text('{"openai": {"m": {"input": 0.1, "output": 0.2}}}')
    prices = load_prices()
    third = TokenUsage(input=3_000_000)
    assert prices.cost(OPENAI, "m", third) == 0.3  # 0.1 + 0.1 + 0.1 as floats is not
    assert prices.cost(OPENAI, "m", TokenUsage(input=1)) == 1e-7


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("{", "no JSON"),
        ("[]", "prices.json"),
        ('{"nobody": {}}', "nobody"),
        ('{"openai": {"m": {"input": 1}}}', "openai.m.output"),
        ('{"openai": {"m": {"input": -1, "output": 1}}}', "openai.m.input"),
        ('{"openai": {"m": {"input": NaN, "output": 1}}}', "openai.m.input"),
        ('{"openai": {"m": {"input": 1, "output": 1, "outptu": 1}}}', "openai.m.outptu"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_the_place(file: Path, content: str, place: str) -> None:
    file.write_text(content)
    with pytest.raises(PricesInvalid, match=place):
        load_prices()


def test_a_file_that_is_missing_is_named(file: Path) -> None:
    with pytest.raises(PricesInvalid, match=f"{PRICES_VARIABLE}.*{file.name}"):
        load_prices()
