import { CpuAccount, type CpuSpent, type ProcessGroups } from "./cpu-account.js";
import { type HotFunction, profiled } from "./cpu-profile.js";
import type { Bench } from "./figure.js";
import { familyOf } from "./process-usage.js";

/** A CPU profile that was taken. */
export interface TakenProfile {
  /** Opens in browsers' developer tools. */
  readonly file: string;
  readonly hottest: readonly HotFunction[];
}

/** Which process to profile, and where to. */
export interface ProfileWish {
  readonly part: "api" | "router" | "ledger" | "worker" | "engine" | "load";
  readonly file: string;
}

/** What is seen of the processes while one figure is measured. */
export class Observation {
  readonly #account = new CpuAccount();
  readonly #parts: Pick<Bench, "mesh" | "client">;
  readonly #wish: ProfileWish | undefined;
  #profile: TakenProfile | undefined;

  constructor(parts: Pick<Bench, "mesh" | "client">, wish: ProfileWish | undefined) {
    this.#parts = parts;
    this.#wish = wish;
  }

  /** Of the last run. */
  get profile(): TakenProfile | undefined {
    return this.#profile;
  }

  get cpu(): CpuSpent {
    return this.#account.spent();
  }

  /** See {@link Bench.observed}. */
  async during<T>(run: () => Promise<T>, unitsOf: (result: T) => number): Promise<T> {
    const { mesh, client } = this.#parts;
    const groups = (): ProcessGroups => {
      const pids = mesh.pids();
      // Postgres has one process per connection; the others have no children.
      const postgres = pids.postgres.flatMap(familyOf);
      return { ...pids, postgres, "load client": [client.pid], bench: [process.pid] };
    };
    const accounted = () => this.#account.during(groups, run, unitsOf);
    const pid = this.#wish && mesh.pids()[this.#wish.part][0];
    if (this.#wish === undefined || pid === undefined) return accounted();
    const { file } = this.#wish;
    const { result, hottest } = await profiled(pid, file, accounted);
    this.#profile = { file, hottest };
    return result;
  }
}
