"""The example command lines of each command, which `--help` and the man page show."""

from __future__ import annotations

__all__ = ["EXAMPLES"]

EXAMPLES: dict[str, list[tuple[str, str]]] = {
    "": [
        ("Read a stream.", "sse-client get https://example.com/events"),
        ("See everything at work, without a server.", "sse-client demo"),
    ],
    "get": [
        ("Read a stream, and resume it whenever it is lost.", "sse-client get https://example.com/events"),
        ("One value of each event, for another program.", "sse-client get URL --field price | head -3"),
        (
            "JSON lines, of some types of events only.",
            "sse-client get URL --json --event price --event trade | jq .data",
        ),
        ("Continue where the last run ended.", "sse-client get URL --checkpoint place.txt >> events.txt"),
        ("Keep the key off the command line.", "sse-client get URL --key-env API_TOKEN"),
    ],
    "post": [
        ("Send JSON, and read the stream that answers.", 'sse-client post URL -d \'{"query": "all"}\''),
        ("Send a file; end at the sentinel.", "sse-client post URL -d @question.json --until '[DONE]'"),
        (
            "The text of a chat, as it arrives.",
            "sse-client post URL --key-env KEY -d @ask.json --field choices.0.delta.content",
        ),
    ],
    "chat": [
        ("Ask.", "sse-client chat 'What is an event stream?'"),
        ("Ask about something.", "git diff | sse-client chat 'Explain this change' -m gpt-4o"),
        ("Ask a server of your own.", "sse-client chat --base-url http://localhost:11434/v1 -m llama3 Hello"),
        ("How fast does it answer?", "sse-client chat 'Count to 50' --timing --plot gaps.png"),
    ],
    "record": [
        ("Record ten seconds of a stream.", "sse-client record https://example.com/events -o events.rec --for 10"),
        ("Record the answer to a POST.", "sse-client record URL -X POST -d @ask.json --key-env KEY -o chat.rec"),
    ],
    "replay": [
        ("Serve a recording, twice as fast.", "sse-client replay events.rec --port 8000 --speed 2"),
        ("Cut each connection after 5 events.", "sse-client replay events.rec --drop-after 5"),
        ("Reset the first connection.", "sse-client replay events.rec --fault reset"),
    ],
    "diff": [("What has changed between two recordings?", "sse-client diff before.rec after.rec")],
    "check": [
        ("Examine an endpoint.", "sse-client check https://example.com/events"),
        ("Listen for longer, for heartbeats.", "sse-client check URL --for 60"),
    ],
    "relay": [
        (
            "On each of your hosts: one reads, the others wait.",
            "sse-client relay URL --stream prices --redis redis://db",
        ),
        (
            "Spread over 8 streams, in order for each user; with metrics.",
            "sse-client relay URL --stream prices --partitions 8 --key user --metrics 9100",
        ),
    ],
    "demo": [("See it.", "sse-client demo")],
    "completion": [
        ("Bash, for this session; in ~/.bashrc, for all.", "source <(sse-client completion bash)"),
        ("Zsh, for this session; in ~/.zshrc, after compinit, for all.", "source <(sse-client completion zsh)"),
        ("Fish, from now on.", "sse-client completion fish > ~/.config/fish/completions/sse-client.fish"),
    ],
}
