export { ChainServer, type ChainServerOptions } from "./chain-server.js";
export { LOCAL_GENESIS_HASH } from "./genesis.js";
export { type LlamaOnChain, type LlamaSetUp, setUpLlama } from "./set-up-llama.js";
