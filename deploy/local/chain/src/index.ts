export {
  type ChainControlState,
  ChainControls,
  type FailRuleRequest,
  type HideRuleRequest,
  type SendRuleRequest,
} from "./chain-controls.js";
export { ChainServer, type ChainServerOptions } from "./chain-server.js";
export { FINALIZED_AFTER_SLOTS, LOCAL_GENESIS_HASH, MAINNET_GENESIS_HASH } from "./genesis.js";
export { type LlamaOnChain, type LlamaSetUp, setUpLlama } from "./set-up-llama.js";
