export { type LocalMesh, type LocalMeshOptions, startLocalMesh } from "./local-mesh.js";
export { localMeshKey } from "./local-mesh-key.js";
export type { LocalState } from "./local-state.js";
export { natsOf } from "./mesh-connection.js";
export type { Role } from "./running.js";
