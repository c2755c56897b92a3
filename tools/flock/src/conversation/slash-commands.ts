import { resolve } from "node:path";
import { nearestTo } from "../faults/nearest.js";
import { isNamed, type Model } from "../models.js";
import { type Conversation, costSoFar } from "./conversation.js";

interface Order {
  /** For the person. */
  readonly said: string;
  readonly ends?: boolean;
  /** To be answered once more. */
  readonly question?: string;
}

const HELP = {
  "/help": "this",
  "/model <name>": "goes on with another model",
  "/models": "which there are",
  "/system <text>": "what the model is told before all else; nothing: no more",
  "/again": "has the last question answered once more",
  "/new": "begins anew",
  "/save <file>": "keeps the conversation in this new file from now on",
  "/cost": "what it has cost until now",
  "/bye": "ends; so does Ctrl-D",
} as const;

/** Obeys a line that begins with "/". */
export async function obey(
  typed: string,
  conversation: Conversation,
  models: readonly Pick<Model, "name">[],
): Promise<Order> {
  const [, command = "", rest = ""] = /^(\/\S*)\s*(.*)$/s.exec(typed.trim()) ?? [];
  switch (command) {
    case "/help":
    case "/?":
      return {
        said: `${Object.entries(HELP)
          .map(([name, meaning]) => `${name.padEnd(16)} ${meaning}`)
          .join("\n")}\n`,
      };
    case "/bye":
    case "/exit":
    case "/quit":
      return { said: "", ends: true };
    case "/models":
      return { said: `${models.map(({ name }) => name).join("\n")}\n` };
    case "/model":
      return changeModel(rest, conversation, models);
    case "/system":
      conversation.instruct(rest === "" ? undefined : rest);
      return { said: "from now on\n" };
    case "/new":
      conversation.forget();
      return { said: "forgotten\n" };
    case "/cost":
      return { said: `${costSoFar(conversation)}\n` };
    case "/again": {
      const question = conversation.again();
      return question === undefined ? { said: "nothing was asked yet\n" } : { said: "", question };
    }
    case "/save":
      return keep(rest, conversation);
    default:
      return unknown(command);
  }
}

function changeModel(
  name: string,
  conversation: Conversation,
  models: readonly Pick<Model, "name">[],
): Order {
  const found = models.find((model) => isNamed(model, name));
  if (found === undefined) {
    const near = nearestTo(
      name,
      models.map((model) => model.name),
    );
    return {
      said: `there is no model '${name}'${near.length === 0 ? "" : `; did you mean ${near.join(", or ")}?`}\n`,
    };
  }
  conversation.model = found.name;
  return { said: `${found.name} answers from now on\n` };
}

async function keep(file: string, conversation: Conversation): Promise<Order> {
  if (file === "") return { said: "where? /save <file>\n" };
  try {
    await conversation.keepIn(resolve(file));
    return { said: `kept in ${resolve(file)}\n` };
  } catch (error) {
    return { said: `${error instanceof Error ? error.message : error}\n` };
  }
}

function unknown(command: string): Order {
  const near = nearestTo(
    command,
    Object.keys(HELP).map((name) => name.split(" ")[0] ?? ""),
  );
  const meant = near.length === 0 ? "" : `; did you mean ${near.join(", or ")}?`;
  return { said: `there is no ${command}${meant} /help lists them\n` };
}
