import { fileURLToPath } from "node:url";

/** The root of this checkout: two folders above the package, the same from `src` and from `dist`. */
export const REPOSITORY_ROOT = fileURLToPath(new URL("../../../..", import.meta.url)).replace(/\/$/, "");

/**
 * Where downloaded and derived parts are kept: inside the checkout and ignored by git, so that removing the clone
 * removes everything. Safe to delete at any time while nothing runs.
 */
export const CACHE_DIRECTORY = `${REPOSITORY_ROOT}/.cache`;
