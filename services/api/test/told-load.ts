import type { Mesh } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { ModelLoad, RouterLoad } from "@flock/proto/figures";

const INTERVAL_MS = 200;

/** Says again and again what a router would, until the function that it returns is called. */
export function tellLoad(
  mesh: Mesh,
  models: readonly Parameters<typeof ModelLoad.fromPartial>[0][],
): () => void {
  const load: RouterLoad = {
    version: PROTOCOL_VERSION,
    routerId: "router",
    models: models.map((model) => ModelLoad.fromPartial(model)),
    rejectedWhileIdle: 0,
  };
  const tell = () => mesh.nats.publish(SUBJECTS.routerLoad, encode(RouterLoad, load));
  tell();
  const timer = setInterval(tell, INTERVAL_MS);
  return () => clearInterval(timer);
}
