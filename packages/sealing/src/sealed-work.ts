import { FlockError } from "@flock/errors";
import { encode, type RecipientContext, type SenderContext } from "hpke";
import { KeptReady } from "./kept-ready.js";
import { bytesOfLease, type LeaseNames } from "./lease-names.js";
import { RecordOpener, RecordSealer, STREAM_SECRET_BYTES } from "./records.js";
import type { SealingPair } from "./sealing-pair.js";
import { ENCAPSULATED_BYTES, generatePair, hpkeSuite, PUBLIC_KEY_BYTES } from "./suite.js";

/*
 * What a requester sends to a worker is sealed to the worker's key with HPKE. What comes back is sealed with keys that
 * both export from that context, as in Oblivious HTTP (RFC 9458, §4.4). A sender has a new key for each grant, and its
 * recipient opens none twice, so no key is ever exported twice and no nonce needs to be drawn.
 */

/** A sender's own pairs: half of its work is to make one. */
const EPHEMERAL_PAIRS = 8;
const ephemeral = new KeptReady(generatePair, EPHEMERAL_PAIRS);
const SUITE = hpkeSuite(() => ephemeral.take());
const WORK = encode("work");
const CHUNKS = encode("chunks");
const FINAL = encode("final");

/** The two streams that lead back: chunks by their numbers, and the one final. */
export interface StreamSealers {
  readonly chunks: RecordSealer;
  readonly final: RecordSealer;
}

export interface StreamOpeners {
  readonly chunks: RecordOpener;
  readonly final: RecordOpener;
}

/**
 * Seals a lease's work so that only the holder of the private key can read it.
 * @throws FlockError `invalid_argument` if the key is none: of another length, or of low order.
 */
export async function sealWork(
  sealingKey: Uint8Array,
  names: LeaseNames,
  work: Uint8Array,
): Promise<{ readonly sealed: Uint8Array; readonly openers: StreamOpeners }> {
  if (sealingKey.length !== PUBLIC_KEY_BYTES) throw noKey();
  const info = bytesOfLease(names);
  const sender = await setUpSender(sealingKey, info);
  const body = await sender.ctx.Seal(work, WORK);
  const sealed = Buffer.concat([sender.encapsulatedSecret, body]);
  const [chunks, final] = await streamSecrets(sender.ctx);
  const openers = { chunks: new RecordOpener(chunks, info), final: new RecordOpener(final, info) };
  return { sealed, openers };
}

async function setUpSender(sealingKey: Uint8Array, info: Uint8Array) {
  try {
    return await SUITE.SetupSender(await SUITE.DeserializePublicKey(sealingKey), { info });
  } catch (cause) {
    throw noKey(cause);
  }
}

function noKey(cause?: unknown): FlockError {
  return new FlockError("invalid_argument", "the sealing key is none", { cause });
}

/** Opens a lease's work, once; undefined if it was not sealed to this pair for this lease. */
export async function openWork(
  pair: SealingPair,
  names: LeaseNames,
  sealed: Uint8Array,
): Promise<{ readonly work: Uint8Array; readonly sealers: StreamSealers } | undefined> {
  const info = bytesOfLease(names);
  try {
    const encapsulated = new Uint8Array(sealed.subarray(0, ENCAPSULATED_BYTES));
    const recipient = await SUITE.SetupRecipient(pair.keys, encapsulated, { info });
    const work = await recipient.Open(sealed.subarray(ENCAPSULATED_BYTES), WORK);
    const [chunks, final] = await streamSecrets(recipient);
    const sender = Buffer.from(encapsulated).toString("base64");
    if (pair.opened.has(sender)) return undefined;
    pair.opened.add(sender);
    return {
      work,
      sealers: { chunks: new RecordSealer(chunks, info), final: new RecordSealer(final, info) },
    };
  } catch {
    return undefined;
  }
}

async function streamSecrets(
  context: SenderContext | RecipientContext,
): Promise<readonly [Uint8Array, Uint8Array]> {
  return [
    await context.Export(CHUNKS, STREAM_SECRET_BYTES),
    await context.Export(FINAL, STREAM_SECRET_BYTES),
  ];
}
