export { type LocalMesh, type LocalMeshOptions, startLocalMesh } from "./local-mesh.js";
export type { LocalState } from "./local-state.js";
export type { Role } from "./running.js";
