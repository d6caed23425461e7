"""Arguments that would become fields of a request's body by mistake, and fields that are none."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest

from sse_client import Timeout
from sse_client.adapters.openai import ChatClient
from sse_client.adapters.openai._shared.fields import CALL, check_fields
from sse_client.adapters.openai.batch import ChatBatch
from sse_client.options import StreamOptions

# Fields of the API's of vendors and of local servers, which must pass; some are near to a name of ours.
VENDORS = """
    add_generation_prompt allowed_token_ids bad_words best_of cache_prompt cached_content chat_template
    chat_template_kwargs citation_options comment compound_custom contents context data_sources deployment_id
    disable_search do_sample documents dry_multiplier echo enable_search enable_thinking event_id
    exclude_domains extra_args fallbacks file file_ids format grammar guided_json guided_regex guardrails
    id_slot ignore_eos include_reasoning include_stop_str_in_output incremental_output inputs keep_alive
    length_penalty min_p min_tokens mirostat mode models n_predict n_probs negative_prompt num_ctx num_retries
    options param parameters parent_message_id plugins prefix presence_penalty preset priority prompt_mode
    prompt_truncate_len provider query random_seed reasoning reasoning_format repetition_penalty request_id
    result_format retry return_images route safe_prompt safety_settings samplers search_parameters session_id
    skip_special_tokens stop_token_ids structured_outputs suffix tags think thinking tool_stream top_a top_k
    transforms truncation ttl typical_p use_beam_search user_id verified watermark web_search_options
"""


def test_the_fields_of_the_sdk_are_fields() -> None:
    from openai.resources.chat.completions import Completions
    from openai.resources.completions import Completions as Legacy
    from openai.resources.responses import Responses

    calls = (Completions.create, Completions.stream, Legacy.create, Responses.create, Responses.stream)
    names = {name for call in calls for name in inspect.signature(call).parameters} - {"self", *CALL}
    assert len(names) > 50
    check_fields(names)


def test_the_fields_of_vendors_are_fields() -> None:
    check_fields(VENDORS.split())


@pytest.mark.parametrize("name", sorted(StreamOptions.__annotations__.keys() - set(CALL)))
def test_an_option_of_streams_is_a_type_error_that_names_what_to_do(name: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name}: .*extra_body=\{{'{name}': \.\.\.\}}"):
        check_fields([name])


@pytest.mark.parametrize(
    ("name", "belongs"),
    [
        ("http_client", r"client=Client\(session\)"),
        ("session", r"client=Client\(session\)"),
        ("proxy", r"client=Client\(proxies=\.\.\.\)"),
        ("default_headers", "headers=...,"),
        ("default_query", "extra_query"),
        ("max_retry", "max_retries"),
    ],
)
def test_what_other_libraries_call_an_option_is_none_either(name: str, belongs: str) -> None:
    with pytest.raises(TypeError, match=rf"^{name}: .*{belongs}.*extra_body=\{{'{name}': \.\.\.\}}"):
        check_fields([name])


@pytest.mark.parametrize("name", [each.name for each in fields(Timeout)])
def test_a_clock_belongs_into_a_timeout(name: str) -> None:
    with pytest.raises(TypeError, match=rf"{name}: a clock of sse_client.Timeout: timeout=Timeout\({name}=\.\.\.\)"):
        check_fields([name])


@pytest.mark.parametrize("name", sorted(inspect.signature(ChatClient.__init__).parameters.keys() - {"self", *CALL}))
def test_an_argument_of_the_client_is_no_field(name: str) -> None:
    with pytest.raises(TypeError, match=f"^{name}: "):
        check_fields([name])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("timout", "timeout"),
        ("timeuot", "timeout"),
        ("time_out", "timeout"),
        ("Timeout", "timeout"),
        ("timeouts", "timeout"),
        ("timeout_s", "timeout"),
        ("header", "headers"),
        ("haeders", "headers"),
        ("extra_header", "extra_headers"),
        ("extraBody", "extra_body"),
        ("extra_querry", "extra_query"),
        ("reconect", "reconnect"),
        ("untill", "until"),
        ("max_retires", "max_retries"),
        ("apikey", "api_key"),
        ("base_uri", "base_url"),
        ("checkpoints", "checkpoint"),
        ("verifiy", "verify"),
    ],
)
def test_a_misspelling_is_a_type_error_that_names_what_was_meant(written: str, meant: str) -> None:
    with pytest.raises(TypeError, match=rf"^{written}: did you mean {meant}\? .*extra_body"):
        check_fields(["temperature", written])


def test_the_arguments_of_a_call_of_its_own_are_no_fields() -> None:
    check_fields(["api_key"], ("api_key",))
    with pytest.raises(TypeError, match="concurency: did you mean concurrency"):
        check_fields(["concurency"], ("concurrency",))


@pytest.mark.parametrize("options", [{"reconnect": True}, {"timout": 3}, {"api_kye": "k"}, {"concurency": 3}])
def test_a_batch_refuses_them_when_it_is_made(options: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=f"^{next(iter(options))}: "):
        ChatBatch(model="m", **options)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ChatBatch(model="m", extra_body={"a": 1}, extra_headers={"a": "b"}, extra_query={"a": "b"}, top_k=1)
