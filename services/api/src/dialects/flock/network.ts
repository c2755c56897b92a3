import { encodeParameters, type Parameters } from "@flock/parameters";
import type { RouteHandlerMethod } from "fastify";
import { answering } from "./exchange.js";
import type { MoneyGateway } from "./gateway.js";

/** GET /flock/v1/network: the chain, its addresses, and the parameters in force. */
export function network({ network: facts, parameters }: MoneyGateway): RouteHandlerMethod {
  return answering(async () => {
    const { genesisHash, mint, treasuryAddress, treasuryTokenAccount } = await facts.read();
    return {
      genesis_hash: genesisHash,
      mint,
      treasury_address: treasuryAddress,
      treasury_token_account: treasuryTokenAccount,
      parameters: documentOf(parameters.current),
    };
  });
}

const documents = new WeakMap<Parameters, unknown>();

/** The document as it is published in the mesh; made once per document, since making it checks it. */
function documentOf(current: Parameters): unknown {
  let document = documents.get(current);
  if (document === undefined) {
    document = JSON.parse(encodeParameters(current));
    documents.set(current, document);
  }
  return document;
}
