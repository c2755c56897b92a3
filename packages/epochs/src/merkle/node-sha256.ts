import { hash } from "node:crypto";
import type { Sha256 } from "./sha256.js";

export const nodeSha256: Sha256 = (bytes) => hash("sha256", bytes, "buffer");
