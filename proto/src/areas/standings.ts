/** What is thought of workers. The verifier's calls are another area: a stranger's worker has none of them. */
export * from "../gen/flock/verifier/v1/standing.js";
