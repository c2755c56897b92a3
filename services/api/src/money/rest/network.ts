import { encodeParameters, type Parameters } from "@flock/parameters";
import type { RouteHandlerMethod } from "fastify";
import { anyObject, integer, orNull, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import type { MoneyGateway } from "../money-gateway.js";
import { jsonRoute } from "./json-route.js";

/** GET /flock/v1/network: the chain and its addresses, if there is one, and the parameters in force. */
export function network({ services, network: facts, parameters }: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async () => {
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

export const NETWORK: Operation = {
  id: "flockNetwork",
  summary: "The chain and its addresses, and the parameters in force",
  answers: answering(
    told({
      chain: orNull(string("`solana`; null: there is none.")),
      genesis_hash: orNull(string("Of the chain.")),
      mint: orNull(string("Of LLAMA.")),
      treasury_address: orNull(string("The treasury's.")),
      treasury_token_account: orNull(string("The treasury's.")),
      parameters: told({ version: integer("Counts up."), values: anyObject("By name; amounts are texts.") }),
    }),
    "The network.",
  ),
};
