"""The fields of a request's body, and the arguments that belong elsewhere, for `check_fields`."""

from __future__ import annotations

from sse_client.options import StreamOptions

__all__ = ["COMMON", "ELSEWHERE", "KNOWN"]

KNOWN = {
    *("model", "max_tokens", "messages", "system", "tools", "tool_choice", "thinking", "temperature", "top_k", "top_p"),
    *("stop_sequences", "metadata", "service_tier", "container", "mcp_servers", "context_management", "output_config"),
    *("headers", "timeout"),
}
_OURS = "an argument of MessagesClient and AsyncMessagesClient"
_HEADERS = "what Anthropic's SDK calls headers: pass headers=..."
_QUERY = "what Anthropic's SDK calls the query: pass client=Client(params=...)"
# As fields, keys and headers would be sent in the body.
ELSEWHERE = {
    **dict.fromkeys(StreamOptions.__annotations__, "an option of Client: pass client=Client(...)"),
    **dict.fromkeys(("api_key", "auth_token", "base_url", "client", "max_retries"), _OURS),
    **dict.fromkeys(("http_client", "session"), "the session underneath: pass client=Client(session)"),
    **dict.fromkeys(("default_headers", "extra_headers"), _HEADERS),
    **dict.fromkeys(("default_query", "extra_query"), _QUERY),
    "extra_body": "what Anthropic's SDK calls further fields: pass each as an argument",
}
COMMON = {"auth", "cert", "client", "comments", "data", "files", "json", "params"}
