export {
  startTestChain,
  type TestChain,
  type TestChainEndpoint,
  type TestChainOptions,
} from "./test-chain.js";
