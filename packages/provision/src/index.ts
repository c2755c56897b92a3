export { freePort, isPortFree } from "./free-port.js";
export { startNats } from "./nats.js";
export { locateNatsServer } from "./nats-server-binary.js";
