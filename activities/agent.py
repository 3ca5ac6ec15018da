"""Activity `turn`: one answer of a language model to what stands in its conversation."""

import asyncio
import copy
import hashlib
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from temporalio import activity

from activities.context import ArtifactStore
from activities.conversation import Answer, Conversation, Entry
from activities.database import Database
from activities.deltas import Deltas
from activities.errors import (
    InvalidInput,
    PayloadTooLarge,
    ToolError,
    ToolTimeout,
    application_error,
    typed,
)
from activities.http_client import HttpClient
from activities.llm.errors import ModelError, ModelReplyTooLarge
from activities.llm.messages import (
    Finish,
    Message,
    ModelReply,
    Role,
)
from activities.llm.model import ChatModel, OnDelta
from activities.llm.prices import Prices
from activities.llm.providers import open_model
from activities.loading import loaded
from activities.log import AttemptLog
from activities.memory import turn_request
from activities.scrubbing import Scrubber
from activities.secrets import Secrets, names_in, put_in
from models.graph.agent import AgentSettings
from models.graph.json_schema import SchemaInvalid, schema_problems
from models.graph.values import Json, ValueProblem, encoded_size, is_artifact
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
# Temporal takes 2 MiB at once, and a run carries its newest answer beside the results of calls.
MAX_OUTPUT_BYTES = 1024 * 1024
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
        *,
        deltas: Deltas,
    ) -> None:
        self._http = http
        self._database = database
        self._secrets = secrets
        self._artifacts = artifacts
        self._prices = prices
        self._deltas = deltas
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
                    answer = await self._answer(task, config, scrubber)
                    output = _checked(_output(task, config, answer), answer.reply)
        except TimeoutError:
            failure: ToolError = ToolTimeout(
                f"the model did not answer within {task.timeout_seconds:g} seconds"
            )
        except ToolError as error:
            failure = error
        else:
            usage = _usage(started, answer.reply, answer.cost_usd)
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

    async def _config(self, task: TurnTask) -> tuple[AgentSettings, Scrubber]:
        config = copy.deepcopy(task.config)
        values = await self._secrets.values(task.context.owner_id, names_in(task.secrets))
        put_in({"config": config}, task.secrets, values)
        return AgentSettings.model_validate(config), Scrubber(values)

    async def _answer(self, task: TurnTask, settings: AgentSettings, scrubber: Scrubber) -> Answer:
        owner_id = task.context.owner_id
        conversation = Conversation(self._database, task.conversation_id, owner_id)
        known = await conversation.answered(task.seq)
        if known is not None:
            return known
        new = [await self._entry(message, owner_id, scrubber) for message in task.inputs.messages]
        await conversation.append(new)
        summary = await conversation.summary(task.seq) if settings.memory == "summary" else None
        entries = await conversation.before(task.seq)
        recalled = turn_request(task, settings, entries, summary)
        with self._speech(task, scrubber) as on_delta:
            said = await self._model(settings).reply(recalled.request, on_delta)
        reply = _scrubbed(said, scrubber)
        cost = self._cost(settings, reply)
        return await conversation.answer(task.seq, Answer(reply, cost, recalled.covers))

    def _speech(self, task: TurnTask, scrubber: Scrubber) -> AbstractContextManager[OnDelta | None]:
        """Lets people follow the answer; summaries are for the model alone."""
        if task.summary:
            return nullcontext()
        return self._deltas.speech(task.context, activity.info().attempt, scrubber)

    def _model(self, config: AgentSettings) -> ChatModel:
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

    def _cost(self, config: AgentSettings, reply: ModelReply) -> float:
        """Dollars. Raises `InvalidInput` when a budget counts them and nobody knows the price."""
        cost = self._prices.cost(config.provider, config.model, reply.usage)
        if cost is None and config.budgets.max_cost_usd is not None:
            raise InvalidInput(
                f"config.budgets.max_cost_usd: no price of {config.model!r} is known; limit "
                "`max_tokens` instead, or name the price in PASTETRADER_MODEL_PRICES"
            )
        return cost or 0.0

    async def _loaded(self, owner_id: str, content: Json) -> Json:
        """What references hold; one that leads nowhere, or to too much, is shown as it is."""
        try:
            return await loaded(self._artifacts.of(owner_id), content)
        except (InvalidInput, PayloadTooLarge):
            return content

    async def _entry(self, new: NewMessage, owner_id: str, scrubber: Scrubber) -> Entry:
        content = new.content
        if new.role != "system":
            content = await self._loaded(owner_id, content)
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


def _output(task: TurnTask, settings: AgentSettings, answer: Answer) -> TurnOutput:
    reply = answer.reply
    if answer.covers is not None:
        return TurnOutput(text=reply.content, value=answer.covers, finish=reply.finish.value)
    schemas = {offer.name: offer.parameters for offer in task.offers}
    calls = [] if reply.finish is not Finish.TOOL_CALLS else list(reply.tool_calls)
    value: Json = None
    if settings.output_schema is not None and reply.finish is Finish.STOP:
        value = json.loads(reply.content)
    return TurnOutput(
        text=reply.content,
        value=value,
        calls=[_asked(call, schemas.get(call.name)) for call in calls],
        finish=reply.finish.value,
    )


def _checked(output: TurnOutput, reply: ModelReply) -> Json:
    """The output as a history can carry it. Raises `ModelReplyTooLarge`."""
    document: Json = output.model_dump(mode="json")
    if encoded_size(document) > MAX_OUTPUT_BYTES:
        limit = MAX_OUTPUT_BYTES // 1024**2
        raise ModelReplyTooLarge(f"the model's answer is over {limit} MiB", usage=reply.usage)
    return document


def _asked(call: Any, schema: dict[str, Any] | None) -> AskedCall:
    """The call with its arguments read, or what is wrong with them."""
    try:
        arguments = call.parsed()
        problems = schema_problems(arguments, schema) if schema else []
    except ValueProblem as problem:
        where = f"{problem.path}: " if problem.path else ""
        return AskedCall(id=call.id, name=call.name, problem=f"{where}{problem.message}")
    except SchemaInvalid as problem:
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
