import json

from openai import APIError
from use_openai import client


def request_of(question):
    return {
        "model": question["model"],
        "input": question["prompt"],
        "temperature": 0,
        "max_output_tokens": question["tokensMax"],
    }


def ask(access, question, manner):
    if manner == "whole":
        answer = client(access).responses.create(**request_of(question))
        return said(answer.output_text, 1, answer.usage)
    text, pieces, usage = "", 0, None
    for event in client(access).responses.create(**request_of(question), stream=True):
        if event.type == "response.output_text.delta":
            text += event.delta
            pieces += 1
        if event.type in ("response.completed", "response.incomplete"):
            usage = event.response.usage
        # Not thrown by the library: a response that failed is an event like any other, as OpenAI sends it.
        if event.type == "response.failed":
            raise APIError(event.response.error.message, request=None, body=None)
    return said(text, pieces, usage)


def said(text, pieces, usage):
    return {
        "text": text,
        "pieces": pieces,
        "promptTokens": usage.input_tokens if usage else 0,
        "completionTokens": usage.output_tokens if usage else 0,
    }


def call_tool(access, question, manner, tool):
    request = {**request_of(question), "tools": [{"type": "function", "strict": True, **tool}]}
    if manner == "whole":
        answer = client(access).responses.create(**request)
    else:
        with client(access).responses.stream(**request) as stream:
            answer = stream.get_final_response()
    return [
        {"name": item.name, "arguments": json.loads(item.arguments)}
        for item in answer.output
        if item.type == "function_call"
    ]


def fit(access, question, schema):
    form = {"type": "json_schema", "name": "capital", "strict": True, "schema": schema}
    answer = client(access).responses.create(**request_of(question), text={"format": form})
    return json.loads(answer.output_text)


def leave(access, question):
    with client(access).responses.create(**request_of(question), stream=True) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                break
