import { API } from "./areas/keys.js";
import { LEDGER } from "./areas/ledger.js";
import { ROUTER } from "./areas/router.js";
import { TREASURY } from "./areas/treasury.js";
import { Cancel } from "./gen/flock/jobs/v1/jobs.js";
import { ApiDefinition, CreateKeyReply, CreateKeyRequest } from "./gen/flock/keys/v1/keys.js";
import { serviceMethods } from "./service-methods.js";
import { SUBJECTS } from "./subjects.js";

/**
 * What programs of released versions call: one that is missing, or gets another subject, cuts them off. New calls
 * need no line here.
 */
const RELEASED = [
  "API.createKey svc.api.create-key",
  "API.listKeys svc.api.list-keys",
  "API.revokeKey svc.api.revoke-key",
  "LEDGER.balance svc.ledger.balance",
  "LEDGER.claimDeposit svc.ledger.claim-deposit",
  "LEDGER.clawback svc.ledger.clawback",
  "LEDGER.collect svc.ledger.collect",
  "LEDGER.compensate svc.ledger.compensate",
  "LEDGER.custody svc.ledger.custody",
  "LEDGER.deposit svc.ledger.deposit",
  "LEDGER.earnings svc.ledger.earnings",
  "LEDGER.epoch svc.ledger.epoch",
  "LEDGER.epochAnchored svc.ledger.epoch-anchored",
  "LEDGER.epochStatement svc.ledger.epoch-statement",
  "LEDGER.epochs svc.ledger.epochs",
  "LEDGER.fund svc.ledger.fund",
  "LEDGER.hold svc.ledger.hold",
  "LEDGER.owner svc.ledger.owner",
  "LEDGER.payable svc.ledger.payable",
  "LEDGER.postPayout svc.ledger.post-payout",
  "LEDGER.reservePayout svc.ledger.reserve-payout",
  "LEDGER.slash svc.ledger.slash",
  "LEDGER.stake svc.ledger.stake",
  "LEDGER.statement svc.ledger.statement",
  "LEDGER.totals svc.ledger.totals",
  "LEDGER.unstake svc.ledger.unstake",
  "LEDGER.unstakes svc.ledger.unstakes",
  "LEDGER.voidPayout svc.ledger.void-payout",
  "ROUTER.renew svc.router.renew",
  "ROUTER.route svc.router.route",
  "TREASURY.assign svc.treasury.assign",
  "TREASURY.claim svc.treasury.claim",
  "TREASURY.depositInstructions svc.treasury.deposit-instructions",
  "TREASURY.deposits svc.treasury.deposits",
  "TREASURY.lift svc.treasury.lift",
  "TREASURY.network svc.treasury.network",
  "TREASURY.pause svc.treasury.pause",
  "TREASURY.payouts svc.treasury.payouts",
  "TREASURY.reserves svc.treasury.reserves",
  "TREASURY.status svc.treasury.status",
  "TREASURY.suspense svc.treasury.suspense",
  "TREASURY.withdraw svc.treasury.withdraw",
];

describe("the calls of a service", () => {
  it("have the subjects that released versions know", () => {
    const subjects = Object.entries({ API, LEDGER, ROUTER, TREASURY }).flatMap(([service, methods]) =>
      Object.entries(methods).map(
        ([name, call]) => `${service}.${name} ${SUBJECTS.service(call.service, call.method)}`,
      ),
    );
    expect(RELEASED.filter((call) => !subjects.includes(call))).toEqual([]);
  });

  it("have the messages that their rpc names", () => {
    expect(API.createKey.request).toBe(CreateKeyRequest);
    expect(API.createKey.reply).toBe(CreateKeyReply);
  });

  it("are refused by the compiler if one of them streams, or has a message without a version", () => {
    const { createKey } = ApiDefinition.methods;
    const stream = { ...createKey, responseStream: true } as const;
    const unversioned = { ...createKey, requestType: Cancel } as const;
    const refused = () => [
      // @ts-expect-error: one request, one reply.
      serviceMethods({ name: "Api", methods: { stream } }),
      // @ts-expect-error: a receiver could not tell which version it is of.
      serviceMethods({ name: "Api", methods: { unversioned } }),
    ];
    expect(refused).not.toThrow();
  });
});
