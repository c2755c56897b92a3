import json

from anthropic import Anthropic


def client(access):
    return Anthropic(base_url=access["baseUrl"], api_key=access["apiKey"], max_retries=0)


def message(question):
    return {
        "model": question["model"],
        "messages": [{"role": "user", "content": question["prompt"]}],
        "max_tokens": question["tokensMax"],
        # The library has no argument for it any more.
        "extra_body": {"temperature": 0},
    }


def ask(access, question, manner):
    if manner == "whole":
        answer = client(access).messages.create(**message(question))
        return said(text_of(answer), 1, answer)
    text, pieces = "", 0
    with client(access).messages.stream(**message(question)) as stream:
        for piece in stream.text_stream:
            text += piece
            pieces += 1
        return said(text, pieces, stream.get_final_message())


def text_of(answer):
    return "".join(block.text for block in answer.content if block.type == "text")


def said(text, pieces, answer):
    return {
        "text": text,
        "pieces": pieces,
        "promptTokens": answer.usage.input_tokens,
        "completionTokens": answer.usage.output_tokens,
    }


def call_tool(access, question, manner, tool):
    offered = {
        "name": tool["name"],
        "description": tool["description"],
        "input_schema": tool["parameters"],
    }
    request = {**message(question), "tools": [offered]}
    if manner == "whole":
        answer = client(access).messages.create(**request)
    else:
        with client(access).messages.stream(**request) as stream:
            answer = stream.get_final_message()
    return [
        {"name": block.name, "arguments": block.input}
        for block in answer.content
        if block.type == "tool_use"
    ]


def fit(access, question, schema):
    answer = client(access).messages.create(
        **message(question), output_config={"format": {"type": "json_schema", "schema": schema}}
    )
    return json.loads(text_of(answer))


def leave(access, question):
    with client(access).messages.stream(**message(question)) as stream:
        for _ in stream.text_stream:
            break
