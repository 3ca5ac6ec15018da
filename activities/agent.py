"""Activity `turn`: one answer of a language model to what stands in its conversation."""

import asyncio
import copy
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from temporalio import activity

from activities.context import ArtifactStore
from activities.conversation import Conversation, Entry
from activities.database import Database
from activities.errors import InvalidInput, ToolError, ToolTimeout, application_error, typed
from activities.http_client import HttpClient
from activities.llm.errors import ModelError
from activities.llm.messages import (
    Finish,
    Message,
    ModelReply,
    ModelRequest,
    Parameters,
    Role,
    ToolOffer,
)
from activities.llm.model import ChatModel
from activities.llm.prices import Prices
from activities.llm.providers import open_model
from activities.loading import loaded
from activities.log import AttemptLog
from activities.scrubbing import Scrubber
from activities.secrets import Secrets, names_in, put_in
from models.graph.agent import AgentConfig
from models.graph.json_schema import SchemaInvalid, schema_problems
from models.graph.values import Json, ValueProblem, is_artifact
from temporal_workflows.contracts import (
    Activity,
    AskedCall,
    Envelope,
    NewMessage,
    TurnOutput,
    TurnTask,
    Usage,
)

# What of one tool's result the model is shown; the rest stays in the artifact.
MAX_SHOWN_CHARACTERS = 64 * 1024
MAX_MODELS = 200


class AgentActivities:
    """The turns of this worker."""

    def __init__(
        self,
        http: HttpClient,
        database: Database,
        secrets: Secrets,
        artifacts: ArtifactStore,
        prices: Prices,
    ) -> None:
        self._http = http
        self._database = database
        self._secrets = secrets
        self._artifacts = artifacts
        self._prices = prices
        self._models: dict[tuple[str, str | None, str], ChatModel] = {}

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The activities to register."""
        return [self.turn]

    @activity.defn(name=Activity.TURN)
    async def turn(self, task: TurnTask) -> Envelope:
        """Let the model answer, once: an answer that was written already is not paid for again.

        Raises:
            ApplicationError: with a `FailureDetail`; final once the attempts are used up.
        """
        log, started = AttemptLog(), time.monotonic()
        scrubber = Scrubber({})
        try:
            async with asyncio.timeout(task.timeout_seconds):
                with typed():
                    config, scrubber = await self._config(task)
                    log.scrubber = scrubber
                    reply, cost = await self._answer(task, config, scrubber)
        except TimeoutError:
            failure: ToolError = ToolTimeout(
                f"the model did not answer within {task.timeout_seconds:g} seconds"
            )
        except ToolError as error:
            failure = error
        else:
            output = _output(task, config, reply).model_dump(mode="json")
            usage = _usage(started, reply, cost)
            return Envelope(output=output, logs=log.lines, usage=usage)
        failure.message = scrubber.text(failure.message)
        failure.details = scrubber.value(failure.details)
        usage = _usage(started, failure if isinstance(failure, ModelError) else None, 0.0)
        raise application_error(
            failure,
            task.context,
            attempt=activity.info().attempt,
            retry=task.retry,
            logs=log.lines,
            usage=usage,
        ) from None

    async def _config(self, task: TurnTask) -> tuple[AgentConfig, Scrubber]:
        config = copy.deepcopy(task.config)
        values = await self._secrets.values(task.context.owner_id, names_in(task.secrets))
        put_in({"config": config}, task.secrets, values)
        return AgentConfig.model_validate(config), Scrubber(values)

    async def _answer(
        self, task: TurnTask, config: AgentConfig, scrubber: Scrubber
    ) -> tuple[ModelReply, float]:
        owner_id = task.context.owner_id
        conversation = Conversation(self._database, task.conversation_id, owner_id)
        known = await conversation.answered(task.seq)
        if known is not None:
            return known
        new = [await self._entry(message, owner_id, scrubber) for message in task.inputs.messages]
        await conversation.append(new)
        request = _request(task, config, await conversation.before(task.seq))
        reply = _scrubbed(await self._model(config).reply(request), scrubber)
        cost = self._cost(config, reply)
        return await conversation.answer(task.seq, reply, cost), cost

    def _model(self, config: AgentConfig) -> ChatModel:
        """The model behind a server and key; it remembers what its server does not know."""
        digest = hashlib.sha256((config.api_key or "").encode()).hexdigest()
        place = (config.provider, config.base_url, digest)
        if place not in self._models:
            if len(self._models) >= MAX_MODELS:
                del self._models[next(iter(self._models))]
            self._models[place] = open_model(
                config.provider, base_url=config.base_url, api_key=config.api_key, http=self._http
            )
        return self._models[place]

    def _cost(self, config: AgentConfig, reply: ModelReply) -> float:
        """Dollars. Raises `InvalidInput` when a budget counts them and nobody knows the price."""
        cost = self._prices.cost(config.provider, config.model, reply.usage)
        if cost is None and config.budgets.max_cost_usd is not None:
            raise InvalidInput(
                f"config.budgets.max_cost_usd: no price of {config.model!r} is known; limit "
                "`max_tokens` instead, or name the price in PASTETRADER_MODEL_PRICES"
            )
        return cost or 0.0

    async def _entry(self, new: NewMessage, owner_id: str, scrubber: Scrubber) -> Entry:
        content = new.content
        if new.role == "tool":
            content = await loaded(self._artifacts.of(owner_id), content)
        text = scrubber.text(content if isinstance(content, str) else json.dumps(content))
        if new.role == "tool" and len(text) > MAX_SHOWN_CHARACTERS:
            stored = new.content if is_artifact(new.content) else None
            text = _shortened(text, stored)
        message = Message(role=Role(new.role), content=text, tool_call_id=new.tool_call_id)
        return Entry(new.seq, message)


def _scrubbed(reply: ModelReply, scrubber: Scrubber) -> ModelReply:
    """The model may repeat what a tool or its server told it."""
    if not scrubber:
        return reply
    document = scrubber.value(reply.model_dump(mode="json"))
    return ModelReply.model_validate(document)


def _shortened(text: str, stored: Json) -> str:
    left = len(text) - MAX_SHOWN_CHARACTERS
    where = f" The whole is kept as {json.dumps(stored)}." if stored else ""
    return f"{text[:MAX_SHOWN_CHARACTERS]}\n[{left} more characters are not shown.{where}]"


def _request(task: TurnTask, config: AgentConfig, messages: Sequence[Message]) -> ModelRequest:
    return ModelRequest(
        model=config.model,
        messages=tuple(_window(messages, config.window)),
        tools=tuple(
            ToolOffer(name=offer.name, description=offer.description, parameters=offer.parameters)
            for offer in task.offers
        ),
        output_schema=config.output_schema,
        parameters=Parameters.model_validate(config.parameters.model_dump()),
    )


def _window(messages: Sequence[Message], size: int | None) -> list[Message]:
    """The newest messages, after what the model is and was asked; calls keep their results."""
    if size is None or len(messages) <= size:
        return list(messages)
    head = [each for each in messages[:2] if each.role in {Role.SYSTEM, Role.USER}]
    first = max(len(messages) - size, len(head))
    # A result without its call is refused by every provider.
    while first < len(messages) and messages[first].role is Role.TOOL:
        first += 1
    return [*head, *messages[first:]]


def _output(task: TurnTask, config: AgentConfig, reply: ModelReply) -> TurnOutput:
    schemas = {offer.name: offer.parameters for offer in task.offers}
    calls = [] if reply.finish is not Finish.TOOL_CALLS else list(reply.tool_calls)
    value: Json = None
    if config.output_schema is not None and reply.finish is Finish.STOP:
        value = json.loads(reply.content)
    return TurnOutput(
        text=reply.content,
        value=value,
        calls=[_asked(call, schemas.get(call.name)) for call in calls],
        finish=reply.finish.value,
    )


def _asked(call: Any, schema: dict[str, Any] | None) -> AskedCall:
    """The call with its arguments read, or what is wrong with them."""
    try:
        arguments = call.parsed()
        problems = schema_problems(arguments, schema) if schema else []
    except (ValueProblem, SchemaInvalid) as problem:
        return AskedCall(id=call.id, name=call.name, problem=str(problem))
    if problems:
        first = problems[0]
        problem_text = f"{first.path or 'the arguments'}: {first.message}"
        return AskedCall(id=call.id, name=call.name, problem=problem_text)
    return AskedCall(id=call.id, name=call.name, arguments=arguments)


def _usage(started: float, paid: ModelReply | ModelError | None, cost: float) -> Usage:
    tokens = paid.usage if paid is not None else None
    return Usage(
        ms=round((time.monotonic() - started) * 1000),
        tokens_in=tokens.input if tokens else 0,
        tokens_out=tokens.output if tokens else 0,
        cost_usd=cost,
    )
