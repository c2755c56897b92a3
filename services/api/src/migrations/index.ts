import type { Migrations } from "@flock/database";
import * as keys from "./0001-keys.js";
import * as signIn from "./0002-sign-in.js";

/** Of schema `api`, in order; see each file's head. */
export const migrations: Migrations = { "0001-keys": keys, "0002-sign-in": signIn };
