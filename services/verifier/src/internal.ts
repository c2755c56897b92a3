/*
 * The verifier from inside, for those who test it without the mesh around it. No service imports this: they meet in
 * messages.
 */
export { createVerifier } from "./service.js";
