import json

from openai import OpenAI


def client(access):
    return OpenAI(base_url=f"{access['baseUrl']}/v1", api_key=access["apiKey"], max_retries=0)


def chat(question):
    return {
        "model": question["model"],
        "messages": [{"role": "user", "content": question["prompt"]}],
        "temperature": 0,
        "max_completion_tokens": question["tokensMax"],
    }


def ask(access, question, manner):
    if manner == "whole":
        answer = client(access).chat.completions.create(**chat(question))
        return said(answer.choices[0].message.content, 1, answer.usage)
    text, pieces, usage = "", 0, None
    stream = client(access).chat.completions.create(
        **chat(question), stream=True, stream_options={"include_usage": True}
    )
    for chunk in stream:
        piece = chunk.choices[0].delta.content if chunk.choices else ""
        text += piece or ""
        pieces += 1 if piece else 0
        usage = chunk.usage or usage
    return said(text, pieces, usage)


def said(text, pieces, usage):
    return {
        "text": text,
        "pieces": pieces,
        "promptTokens": usage.prompt_tokens if usage else 0,
        "completionTokens": usage.completion_tokens if usage else 0,
    }


def call_tool(access, question, manner, tool):
    request = {**chat(question), "tools": [{"type": "function", "function": tool}]}
    if manner == "whole":
        answer = client(access).chat.completions.create(**request)
    else:
        with client(access).chat.completions.stream(**request) as stream:
            stream.until_done()
            answer = stream.get_final_completion()
    return [
        {"name": call.function.name, "arguments": json.loads(call.function.arguments)}
        for call in answer.choices[0].message.tool_calls or []
    ]


def fit(access, question, schema):
    answer = client(access).chat.completions.create(
        **chat(question),
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "capital", "strict": True, "schema": schema},
        },
    )
    return json.loads(answer.choices[0].message.content)


def embed(access, model, inputs):
    return [each.embedding for each in client(access).embeddings.create(model=model, input=inputs).data]


def leave(access, question):
    with client(access).chat.completions.create(**chat(question), stream=True) as stream:
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                break
