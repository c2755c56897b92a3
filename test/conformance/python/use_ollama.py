import json

from ollama import Client


def client(access):
    return Client(host=access["baseUrl"], headers={"Authorization": f"Bearer {access['apiKey']}"})


def chat(question):
    return {
        "model": question["model"],
        "messages": [{"role": "user", "content": question["prompt"]}],
        "options": {"temperature": 0, "num_predict": question["tokensMax"]},
    }


def ask(access, question, manner):
    if manner == "whole":
        answer = client(access).chat(**chat(question))
        return said(answer.message.content, 1, answer)
    text, pieces = "", 0
    for part in client(access).chat(**chat(question), stream=True):
        text += part.message.content
        pieces += 1 if part.message.content else 0
    return said(text, pieces, part)


def said(text, pieces, last):
    return {
        "text": text,
        "pieces": pieces,
        "promptTokens": last.prompt_eval_count or 0,
        "completionTokens": last.eval_count or 0,
    }


def call_tool(access, question, manner, tool):
    request = {**chat(question), "tools": [{"type": "function", "function": tool}]}
    parts = (
        [client(access).chat(**request)]
        if manner == "whole"
        else client(access).chat(**request, stream=True)
    )
    return [
        {"name": call.function.name, "arguments": dict(call.function.arguments)}
        for part in parts
        for call in part.message.tool_calls or []
    ]


def fit(access, question, schema):
    return json.loads(client(access).chat(**chat(question), format=schema).message.content)


def embed(access, model, inputs):
    return [list(vector) for vector in client(access).embed(model=model, input=inputs).embeddings]


def leave(access, question):
    stream = client(access).chat(**chat(question), stream=True)
    for part in stream:
        if part.message.content:
            break
    # What a program does that returns from such a loop: the generator is closed, and with it the connection.
    stream.close()
