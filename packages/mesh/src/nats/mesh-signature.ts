import { FlockError } from "@flock/errors";
import { isSignedByMesh, loadIdentity, type MeshSigner, meshSignerOf } from "@flock/keys";
import { HEADERS } from "@flock/proto";
import { headers, type Msg, type MsgHdrs } from "@nats-io/nats-core";
import { z } from "zod";

/** A key, and the one that it takes the place of. */
const KEYS_MAX = 2;

/** What tickets are signed for. Commands are signed for the subject of the worker that they are for. */
export const TICKET_PURPOSE = "ticket";

/** The variable `MESH_KEY_FILE` of the services that speak to workers. */
export const meshKeyFiles = z
  .string()
  .transform((text) => text.split(",").map((file) => file.trim()))
  .refine((files) => files.length <= KEYS_MAX && files.every((file) => file !== ""), {
    error: "is one file, or two that are separated by a comma",
  })
  .describe(
    "what the mesh signs tickets and commands with, a Solana key file; never created, and the same for all services; two, separated by a comma, [while one takes the place of the other](../../docs/operators.md#the-key-of-the-mesh)",
  );

/** @throws FlockError `failed_precondition` if a file is missing or cannot be read, `invalid_argument` if it is none */
export async function loadMeshSigner(files: readonly string[]): Promise<MeshSigner> {
  try {
    return meshSignerOf(await Promise.all(files.map((file) => loadIdentity(file))));
  } catch (cause) {
    const { code, message } = FlockError.from(cause);
    if (code !== "not_found") throw cause;
    throw new FlockError("failed_precondition", `MESH_KEY_FILE: ${message}`, { cause });
  }
}

/** The headers of a message that the mesh has signed for a purpose. */
export function signedBy(signer: MeshSigner, purpose: string, payload: Uint8Array): MsgHdrs {
  const made = headers();
  made.set(HEADERS.signature, signer.sign(purpose, payload));
  return made;
}

/** Why a worker does not believe a message; undefined: the mesh has signed it for this purpose. */
export function signatureFault(
  msg: Pick<Msg, "data" | "headers">,
  purpose: string,
  meshKeys: readonly string[],
): "unsigned" | "wrongly_signed" | undefined {
  const signatures = msg.headers?.get(HEADERS.signature) ?? "";
  if (signatures === "") return "unsigned";
  return isSignedByMesh(meshKeys, purpose, msg.data, signatures) ? undefined : "wrongly_signed";
}
