import { freshUserSeed, generateIdentity, natsKeyOf } from "@flock/keys";
import type { Clock } from "@flock/mesh";
import { type Delegation, delegationText, type SessionRequest, sessionText } from "@flock/orders";
import { signed } from "./money-api.js";

const DAY_MS = 86_400_000;

/** What a request for enrolment is answered with. */
export interface EnrolmentAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is checked by its expectations.
  readonly body: any;
}

type Post = (path: string, body: object) => Promise<EnrolmentAnswer>;

/** A text, and who is to sign it if not who should. */
interface Changes<Text> {
  readonly change?: Partial<Text>;
  /** Last moment's change of the text, which is signed. */
  readonly rewrite?: (text: string) => string;
  readonly by?: EnrollingWorker["wallet"];
}

/** A worker of a test, which enrols by hand. */
export class EnrollingWorker {
  readonly wallet = generateIdentity();
  readonly key = generateIdentity();
  readonly payout = generateIdentity().id;
  /** Seed of its session. */
  readonly sessionSeed = freshUserSeed();
  readonly #post: Post;
  readonly #clock: Clock;

  constructor(post: Post, clock: Clock) {
    this.#post = post;
    this.#clock = clock;
  }

  get session(): string {
    return natsKeyOf(this.sessionSeed).publicKey;
  }

  challenge(): Promise<EnrolmentAnswer> {
    return this.#post("/workers/challenges", { wallet: this.wallet.id });
  }

  /** The signed text with a fresh challenge. */
  async delegation({ change = {}, rewrite = (text) => text, by = this.wallet }: Changes<Delegation> = {}) {
    const { body } = await this.challenge();
    const nowMs = this.#clock.unixMs();
    const text = rewrite(
      delegationText({
        ...{ api: body.api, wallet: this.wallet.id, payout: this.payout, key: this.key.id },
        ...{ challenge: body.challenge, issuedMs: nowMs, expiresMs: nowMs + 30 * DAY_MS },
        ...change,
      }),
    );
    return { text, signature: signed(by, text) };
  }

  async delegate(changes: Changes<Delegation> = {}): Promise<EnrolmentAnswer> {
    return this.handIn(await this.delegation(changes));
  }

  handIn(delegation: object): Promise<EnrolmentAnswer> {
    return this.#post("/workers/delegations", delegation);
  }

  sessionRequest({ change = {}, rewrite = (text) => text, by = this.key }: Changes<SessionRequest> = {}) {
    const text = rewrite(
      sessionText({ key: this.key.id, session: this.session, issuedMs: this.#clock.unixMs(), ...change }),
    );
    return { text, signature: signed(by, text) };
  }

  openSession(changes: Changes<SessionRequest> = {}): Promise<EnrolmentAnswer> {
    return this.#post("/workers/sessions", this.sessionRequest(changes));
  }
}
