import { type Mesh, Outbox } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, REPORT_ITEMS_MAX, SUBJECTS } from "@flock/proto";
import { type Chunk, type Final, type Progress, WorkerReport } from "@flock/proto/jobs";

/** Reports are cut into messages of about this size, far below the receiver's bound. */
const REPORT_BYTES_TARGET = 128 * 1024;

type Item =
  | { readonly kind: "chunk"; readonly value: Chunk }
  | { readonly kind: "final"; readonly value: Final }
  | { readonly kind: "progress"; readonly value: Progress };

/** Of a chunk around its content, and of any other item, about. */
const CHUNK_FRAME_BYTES = 64;
const OTHER_BYTES = 1_024;
/** UTF-8 needs at most so many bytes per UTF-16 unit; an estimate is enough here. */
const CHARACTER_BYTES_MAX = 3;

function contentBytesOf({ content }: Chunk): number {
  if (content?.$case !== "plain") return content?.value.length ?? 0;
  const { text, thinking, logprobsJson, toolCallsJson, embeddingsJson } = content.value;
  const blobs = logprobsJson.length + toolCallsJson.length + embeddingsJson.length;
  return CHARACTER_BYTES_MAX * (text.length + thinking.length) + blobs;
}

function bytesOf(item: Item): number {
  return item.kind === "chunk" ? CHUNK_FRAME_BYTES + contentBytesOf(item.value) : OTHER_BYTES;
}

/** Sends what a worker has to say to one requester: all that comes up in one turn of the event loop in one message. */
export class ReportSender {
  readonly #mesh: Mesh;
  readonly #subject: string;
  readonly #outbox: Outbox<Item>;

  constructor(mesh: Mesh, workerId: string, requesterId: string) {
    this.#mesh = mesh;
    this.#subject = SUBJECTS.report(workerId, requesterId);
    this.#outbox = new Outbox((items) => this.#send(items), { itemsMax: REPORT_ITEMS_MAX });
  }

  chunk(value: Chunk): void {
    this.#outbox.add({ kind: "chunk", value });
  }

  final(value: Final): void {
    this.#outbox.add({ kind: "final", value });
  }

  progress(value: Progress): void {
    this.#outbox.add({ kind: "progress", value });
  }

  flush(): void {
    this.#outbox.flush();
  }

  /** In order: a job's final is never sent before its chunks. */
  #send(items: readonly Item[]): void {
    let report: WorkerReport = { version: PROTOCOL_VERSION, chunks: [], finals: [], progress: [] };
    let bytes = 0;
    const publish = (): void => {
      this.#mesh.nats.publish(this.#subject, encode(WorkerReport, report));
      report = { version: PROTOCOL_VERSION, chunks: [], finals: [], progress: [] };
      bytes = 0;
    };
    for (const item of items) {
      const size = bytesOf(item);
      if (bytes > 0 && bytes + size > REPORT_BYTES_TARGET) publish();
      bytes += size;
      if (item.kind === "chunk") report.chunks.push(item.value);
      else if (item.kind === "final") report.finals.push(item.value);
      else report.progress.push(item.value);
    }
    publish();
  }
}
