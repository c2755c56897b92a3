import type { FuzzTarget } from "./fuzz-target.js";
import { ackSubjects } from "./targets/ack-subjects.js";
import { bridgeRequests } from "./targets/bridge-requests.js";
import { chainAnswers } from "./targets/chain-answers.js";
import { commands } from "./targets/commands.js";
import { configuration } from "./targets/configuration.js";
import { engineAnswers } from "./targets/engine-answers.js";
import { grants } from "./targets/grants.js";
import { grpcCalls } from "./targets/grpc-calls.js";
import { grpcRequests } from "./targets/grpc-requests.js";
import { httpBodies } from "./targets/http-bodies.js";
import { httpHeadsTarget } from "./targets/http-heads.js";
import { httpWire } from "./targets/http-wire.js";
import { jsonBodies } from "./targets/json-bodies.js";
import { keyTexts } from "./targets/key-texts.js";
import { ollamaHosts } from "./targets/ollama-hosts.js";
import { orderTexts } from "./targets/order-texts.js";
import { parameterDocuments } from "./targets/parameters.js";
import { requesterDesks } from "./targets/requester-desks.js";
import { routerAnnouncements } from "./targets/router-announcements.js";
import { sealedRecords } from "./targets/sealed-records.js";
import { tickets } from "./targets/tickets.js";

/** Everything that takes bytes from outside. */
export const TARGETS: readonly FuzzTarget[] = [
  // Of clients.
  jsonBodies,
  httpBodies,
  httpHeadsTarget,
  httpWire,
  grpcRequests,
  grpcCalls,
  orderTexts,
  // Of workers, and to them.
  requesterDesks,
  routerAnnouncements,
  ackSubjects,
  sealedRecords,
  tickets,
  commands,
  grants,
  bridgeRequests,
  engineAnswers,
  // Of the chain.
  chainAnswers,
  // Of operators.
  keyTexts,
  parameterDocuments,
  configuration,
  ollamaHosts,
];
