import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { apiClientOf } from "../money/api-client.js";
import { timeOf } from "../output/format.js";
import { listed, type PageOptions, pageQuery } from "../output/page.js";
import { facts, harmlessLines } from "../output/sheet.js";

const epoch = z.looseObject({
  number: z.number(),
  state: z.string(),
  starts_at: z.string().nullable(),
  ends_at: z.string().nullable(),
  closes_at: z.string().nullable(),
  parameters_version: z.number(),
  statement_root: z.string().nullable(),
  statement_lines: z.number().nullable(),
  anchor_signature: z.string().nullable(),
});
const epochs = z.looseObject({ epochs: z.array(epoch), next_cursor: z.string().nullable() });

/** `flock epochs list` */
export async function listEpochs(call: Call<PageOptions>): Promise<Answer> {
  const query = pageQuery(call.options);
  const api = await apiClientOf(call);
  const found = await api.get(`/epochs?${query}`, epochs);
  return listed({
    json: found,
    head: ["epoch", "state", "from (UTC)", "to", "root"],
    rows: found.epochs.map((each) => [
      String(each.number),
      each.state,
      timeOf(each.starts_at),
      timeOf(each.ends_at),
      each.statement_root ?? "",
    ]),
    right: [0],
    none: "no epochs yet",
    nextCursor: found.next_cursor,
  });
}

/** `flock epochs show` */
export async function showEpoch(call: Call): Promise<Answer> {
  const api = await apiClientOf(call);
  const found = await api.get(`/epochs/${encodeURIComponent(call.args[0] ?? "")}`, epoch);
  const rows = [
    [`epoch ${found.number}`, found.state],
    ["from", found.starts_at ?? ""],
    ["to", found.ends_at ?? ""],
    ["can be challenged until", found.closes_at ?? ""],
    ["parameters", `version ${found.parameters_version}`],
    ["root of the statement", found.statement_root ?? "none yet"],
    ["anchored by", found.anchor_signature ?? "not yet"],
  ];
  return { json: found, text: facts(rows) };
}

/** `flock epochs statement` */
export async function saveStatement(call: Call<{ readonly out?: string }>): Promise<Answer | undefined> {
  const { args, options, surroundings, report } = call;
  const api = await apiClientOf(call);
  const pieces = api.stream(`/epochs/${encodeURIComponent(args[0] ?? "")}/statement`);
  if (options.out !== undefined) {
    const file = options.out;
    report.state = `${file} is not whole`;
    const bytes = await report.during("saving the statement", (tell) => saved(counted(pieces, tell), file));
    const done = { file, bytes };
    return { json: { type: "result", ...done }, text: `wrote ${bytes} bytes to ${file}\n` };
  }
  if (report.isJson) {
    let lines = 0;
    for await (const line of createInterface({ input: Readable.from(pieces) })) {
      report.event("line", { line });
      lines += 1;
    }
    return { json: { type: "result", lines }, text: "" };
  }
  const decoder = new TextDecoder();
  for await (const piece of pieces) {
    const text = decoder.decode(piece, { stream: true });
    surroundings.out(surroundings.terminal.stdout ? harmlessLines(text) : text);
  }
  return undefined;
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  tell: (detail: string) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    tell(`${bytes} bytes`);
    yield piece;
  }
}

async function saved(pieces: AsyncIterable<Uint8Array>, file: string): Promise<number> {
  const target = createWriteStream(file);
  await pipeline(Readable.from(pieces), target);
  return target.bytesWritten;
}
