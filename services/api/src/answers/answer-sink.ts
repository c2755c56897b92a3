/**
 * Where the frames of a streamed answer go: bytes, lines or messages, whatever its format makes. Nothing flows back,
 * because no job waits for its client: a worker's slot is too dear. A sink keeps what cannot be sent yet, and how much
 * that may be is its own concern; a client that lets more pile up, or takes nothing for too long, it gives up: it notes
 * that as `cutOff` among the facts of the request, and aborts {@link AnswerClient.gone}.
 */
export interface AnswerSink<Frame> {
  /** Adds a frame; nothing happens once the answer is over. */
  write(frame: Frame): void;
  /** Adds the last frame and ends the answer. */
  end(frame: Frame): void;
}

/** What a client that reads slowly may cost. */
export interface ClientLimits {
  /** Bytes of one answer that may wait, beyond what the operating system takes. */
  readonly unsentBytesMax: number;
  /** A client for which bytes wait and who takes none for this long is cut off. */
  readonly stallTimeoutMs: number;
}

/** Who reads an answer, by whatever transport. */
export interface AnswerClient<Frame> {
  /** Aborted when the client has gone away, or was given up, before its answer was written. */
  readonly gone: AbortSignal;
  /** Begins the answer: called at most once, when its first frame is there. Until then it can still be refused. */
  open(): AnswerSink<Frame>;
}
