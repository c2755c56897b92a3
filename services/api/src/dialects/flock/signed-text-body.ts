import { z } from "zod";
import { signature, text } from "./fields.js";

const TEXT_LENGTH_MAX = 1_024;

/** A text that a wallet signed, and its signature: what moves money out of an account, instead of a session. */
export const signedText = z.object({ text: text(TEXT_LENGTH_MAX), signature });
