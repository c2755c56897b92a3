import { encodeParameters, type Parameters } from "@flock/parameters";
import type { RouteHandlerMethod } from "fastify";
import type { MoneyGateway } from "../money-gateway.js";
import { answering } from "./json-route.js";

/** GET /flock/v1/network: the chain and its addresses, if there is one, and the parameters in force. */
export function network({ services, network: facts, parameters }: MoneyGateway): RouteHandlerMethod {
  return answering(async () => {
    const chain = services.chain === "none" ? undefined : await facts.read();
    return {
      chain: chain === undefined ? null : services.chain,
      genesis_hash: chain?.genesisHash ?? null,
      mint: chain?.mint ?? null,
      treasury_address: chain?.treasuryAddress ?? null,
      treasury_token_account: chain?.treasuryTokenAccount ?? null,
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
