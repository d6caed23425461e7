"""Every name that 0.1.0 had in a public module can still be imported from there; and the names for adapters."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from sse_client import replies

OF_0_1_0 = {
    "sse_client": """
        AsyncClient AsyncEventStream AsyncSubscription Attempt BodyNotReplayable Checkpoint Client Closed
        Comment ConnectionFailed ContentTypeError DeadlineExceeded Event EventStream EventTooLarge
        FileCheckpoint IdleTimeout Lost Opened Parser Reconnect RedirectRefused Request ResponseError SSEError
        StatusError StreamTruncated Subscription Timeout __version__ astream get post stream subscribe
    """,
    "sse_client.aio": "AsyncClient AsyncEventStream AsyncSubscription astream",
    "sse_client.checkpoint": "Checkpoint FileCheckpoint",
    "sse_client.client": "Client get post stream subscribe",
    "sse_client.compat": "SSEClient",
    "sse_client.errors": """
        BodyNotReplayable ConnectionFailed ContentTypeError DeadlineExceeded EventTooLarge IdleTimeout
        RedirectRefused ResponseError SSEError StatusError StreamTruncated
    """,
    "sse_client.event_stream": "EventStream",
    "sse_client.events": "Comment Event",
    "sse_client.observer": "Closed Lost Observer Opened Reason Response Stats",
    "sse_client.options": "Options StreamOptions Timeout merged",
    "sse_client.parser": "DEFAULT_MAX_EVENT_SIZE Parser",
    "sse_client.policy": "Policy Reconnect retry_after",
    "sse_client.request": "Attempt Request check check_last_event_id display display_url with_headers",
    "sse_client.subscription": "Subscription",
    "sse_client.testing": """
        CLOSE Headers LAST_CHUNK Pause RESET Received STALL Script Server Step ToolAnswer Wait chunk head
        reply stream
    """,
    "sse_client.adapters.anthropic": """
        AsyncMessageStream AsyncMessagesClient ContentBlock Message MessageDelta MessageStream MessagesClient
        MessagesError Usage deltas
    """,
    "sse_client.adapters.openai": """
        AsyncChatClient AsyncChatStream Audio AudioDelta ChatClient ChatDelta ChatError ChatStream Choice
        Completion CompletionTokensDetails Message PromptTokensDetails ToolCall ToolCallDelta Usage adeltas
        deltas
    """,
    "sse_client.adapters.openai.aio": "AsyncChatClient AsyncChatStream AsyncCompletions",
    "sse_client.adapters.openai.client": "ChatClient ChatStream Completions",
    "sse_client.adapters.openai.completion": """
        Audio Choice Completion CompletionTokensDetails Message PromptTokensDetails ToolCall Usage
    """,
    "sse_client.adapters.openai.delta": "AudioDelta ChatDelta ToolCallDelta",
    "sse_client.adapters.openai.errors": "ChatError",
    "sse_client.adapters.openai.responses": """
        AsyncResponseStream AsyncResponses ContentPart CustomToolCall FunctionToolCall IncompleteDetails
        InputTokensDetails OutputItem OutputMessage OutputTokensDetails ReasoningItem Response
        ResponseAnnotationEvent ResponseDeltaEvent ResponseEvent ResponseFailure ResponseImageEvent
        ResponseItemEvent ResponseLifecycleEvent ResponsePartEvent ResponseProgressEvent
        ResponseShellOutputEvent ResponseStream ResponseTextDeltaEvent ResponseTextEvent ResponseUsage
        Responses
    """,
    "sse_client.adapters.openai.responses.aio": "AsyncResponseStream AsyncResponses",
    "sse_client.adapters.openai.responses.client": "ResponseStream Responses",
    "sse_client.adapters.openai.responses.events": """
        ResponseAnnotationEvent ResponseDeltaEvent ResponseEvent ResponseImageEvent ResponseItemEvent
        ResponseLifecycleEvent ResponsePartEvent ResponseProgressEvent ResponseShellOutputEvent
        ResponseTextDeltaEvent ResponseTextEvent
    """,
    "sse_client.adapters.openai.responses.response": """
        ContentPart CustomToolCall FunctionToolCall IncompleteDetails InputTokensDetails OutputItem
        OutputMessage OutputTokensDetails ReasoningItem Response ResponseFailure ResponseUsage
    """,
}
FOR_ADAPTERS = {
    "sse_client.extension": """
        ExtensibleParser StreamFormat StreamWrapper buffered_events client_options end_async_stream end_stream
        is_event_stream looks_like_event_stream open_async_stream open_stream opens_stream run_sync shown
        undispatched_events wrap_streams
    """,
    "sse_client.replies": "Adapter Attempts BlockingAdapter BlockingReply Reader Reply",
    "sse_client.replies.aio": "AsyncAdapter AsyncReply",
    "sse_client.replies.client_arguments": "check_mapping check_retries check_timeout checked_key merged_headers",
    "sse_client.replies.error_fields": "error_fields reports_error",
    "sse_client.replies.iterables": "aread_events read_events",
    "sse_client.replies.json_reader": "JSONReader",
    "sse_client.replies.json_values": """
        array is_array is_mapping json_object json_value label listed mapping number text whole_number
    """,
    "sse_client.replies.markers": "inner_events is_comment is_done is_heartbeat is_whole without_done",
    "sse_client.replies.named_arguments": "check_fields named_arguments",
    "sse_client.replies.parsing": "TolerantParser complete_events tolerant_format undispatched",
    "sse_client.replies.parts": "Parts",
    "sse_client.replies.retries": "Retries",
    "sse_client.replies.surrogates": "Halves repaired",
    "sse_client.replies.texts": "Texts",
}
IMPORT_PATHS = {module: names.split() for module, names in OF_0_1_0.items()}


@pytest.mark.parametrize("module", IMPORT_PATHS)
def test_what_could_be_imported_can_be_imported(module: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in IMPORT_PATHS[module] if not hasattr(found, name)] == []


@pytest.mark.parametrize("module", FOR_ADAPTERS)
def test_the_names_for_adapters_are_these(module: str) -> None:
    found = importlib.import_module(module)
    assert sorted(found.__all__) == FOR_ADAPTERS[module].split()
    assert all(getattr(found, name).__doc__ for name in found.__all__)


def test_every_public_module_for_adapters_is_listed() -> None:
    files = Path(replies.__file__).parent.glob("*.py")
    names = {f"sse_client.replies.{path.stem}" for path in files if not path.stem.startswith("_")}
    assert names | {"sse_client.extension", "sse_client.replies"} == set(FOR_ADAPTERS)


def test_importing_the_package_is_enough_for_the_module_of_checkpoints() -> None:
    script = "import sse_client; assert sse_client.checkpoint.FileCheckpoint is sse_client.FileCheckpoint"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)
