import type { Figure } from "../figure.js";
import { dialects } from "./dialects.js";
import { firstByte } from "./first-byte.js";
import { grpc } from "./grpc.js";
import { hostile } from "./hostile.js";
import { hostileWorkers } from "./hostile-workers.js";
import { ledger } from "./ledger.js";
import { packing } from "./packing.js";
import { portkey } from "./portkey.js";
import { proof } from "./proof.js";
import { relay } from "./relay.js";
import { requests } from "./requests.js";
import { sealing } from "./sealing.js";
import { settlements } from "./settlements.js";
import { streamsMemory } from "./streams-memory.js";
import { throughput } from "./throughput.js";

/** Every figure, in the order in which they are measured. */
export const FIGURES: readonly Figure[] = [
  firstByte,
  throughput,
  requests,
  dialects,
  grpc,
  portkey,
  hostile,
  hostileWorkers,
  relay,
  sealing,
  streamsMemory,
  ledger,
  settlements,
  proof,
  packing,
];
