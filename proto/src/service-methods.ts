import type { MessageCodec } from "./wire.js";

/** Every request and every reply travels alone, so it says its version. */
interface Versioned {
  version: number;
}

/** One call of a service: its subject's tokens and its messages. */
export interface ServiceMethod<Request extends Versioned, Reply extends Versioned> {
  readonly service: string;
  readonly method: string;
  readonly request: MessageCodec<Request>;
  readonly reply: MessageCodec<Reply>;
}

/** One `rpc` as ts-proto generates it. A stream has no place in one request and one reply: it does not compile. */
interface UnaryDefinition {
  readonly name: string;
  readonly requestType: MessageCodec<Versioned>;
  readonly requestStream: false;
  readonly responseType: MessageCodec<Versioned>;
  readonly responseStream: false;
}

/** One `service` block as ts-proto generates it. */
export interface ServiceDefinition {
  readonly name: string;
  readonly methods: Readonly<Record<string, UnaryDefinition>>;
}

type MessageOf<Codec extends MessageCodec<Versioned>> = ReturnType<Codec["decode"]>;

/** A {@link ServiceMethod} for each `rpc` of a service, by its name. */
export type ServiceMethods<Definition extends ServiceDefinition> = {
  readonly [Name in keyof Definition["methods"]]: ServiceMethod<
    MessageOf<Definition["methods"][Name]["requestType"]>,
    MessageOf<Definition["methods"][Name]["responseType"]>
  >;
};

/** The calls of a generated definition: `rpc ClaimDeposit` of `service Ledger` is `svc.ledger.claim-deposit`. */
export function serviceMethods<Definition extends ServiceDefinition>(
  definition: Definition,
): ServiceMethods<Definition> {
  const service = subjectToken(definition.name);
  const methods = Object.entries(definition.methods).map(
    ([name, { name: rpc, requestType, responseType }]) => [
      name,
      { service, method: subjectToken(rpc), request: requestType, reply: responseType },
    ],
  );
  // CAST: built from the definition, name by name.
  return Object.fromEntries(methods) as ServiceMethods<Definition>;
}

/** `ClaimDeposit` is `claim-deposit`. */
function subjectToken(name: string): string {
  return name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}
