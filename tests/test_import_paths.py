"""Every name that 0.1.0 had in a public module can still be imported from there."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

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
IMPORT_PATHS = {module: names.split() for module, names in OF_0_1_0.items()}


@pytest.mark.parametrize("module", IMPORT_PATHS)
def test_what_could_be_imported_can_be_imported(module: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in IMPORT_PATHS[module] if not hasattr(found, name)] == []


def test_importing_the_package_is_enough_for_the_module_of_checkpoints() -> None:
    script = "import sse_client; assert sse_client.checkpoint.FileCheckpoint is sse_client.FileCheckpoint"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)
