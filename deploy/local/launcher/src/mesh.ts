import { type PartSpec, ROLES, type Role } from "./running.js";
import { SupervisedPart, type SupervisionEvents } from "./supervised-part.js";

export interface MeshEvents extends SupervisionEvents {
  /** A part has become ready for the first time. */
  onReady(name: string, afterMs: number): void;
}

/** All parts of one local mesh, started in the order of what they need and stopped in the reverse. */
export class Mesh {
  readonly #parts: readonly SupervisedPart[];
  readonly #events: MeshEvents;

  constructor(specs: readonly PartSpec[], events: MeshEvents) {
    this.#parts = specs.map((spec) => new SupervisedPart(spec, events));
    this.#events = events;
  }

  /**
   * Starts every part as soon as what it depends on is ready; resolves when all are, without those that are of no use
   * to start: with the roles of those that were started.
   * @throws Error naming the first part that could not be started; the others still run, so `stop` must follow.
   */
  async start(): Promise<ReadonlySet<Role>> {
    const started = new Map<string, Promise<Role | undefined>>();
    const startedAt = performance.now();
    for (const part of inOrder(this.#parts)) {
      const needs = part.spec.dependsOn.map((name) => started.get(name));
      started.set(part.spec.name, this.#startAfter(needs, part, startedAt));
    }
    const roles = await Promise.all(started.values());
    return new Set(roles.filter((role) => role !== undefined));
  }

  /** Stops group by group, the lowest first, the parts of a group together. */
  async stop(): Promise<void> {
    const groups = [...new Set(this.#parts.map(({ spec }) => spec.stopGroup))].sort((a, b) => a - b);
    for (const group of groups) {
      await Promise.all(
        this.#parts.filter(({ spec }) => spec.stopGroup === group).map((part) => part.stop()),
      );
    }
  }

  /** Process ids by role; of the parts that are ready at the moment. */
  pids(): Record<Role, number[]> {
    const pids: Record<Role, number[]> = Object.assign({}, ...ROLES.map((role) => ({ [role]: [] })));
    for (const { spec, pid } of this.#parts) if (pid !== undefined) pids[spec.role].push(pid);
    return pids;
  }

  async #startAfter(
    needs: readonly (Promise<Role | undefined> | undefined)[],
    part: SupervisedPart,
    startedAt: number,
  ): Promise<Role | undefined> {
    await Promise.all(needs);
    let isReady: boolean;
    try {
      isReady = await part.start();
    } catch (error) {
      const { name, logFile } = part.spec;
      throw new Error(`${name} could not be started: ${(error as Error).message}\n  log: ${logFile}`, {
        cause: error,
      });
    }
    if (!isReady) return undefined;
    this.#events.onReady(part.spec.name, performance.now() - startedAt);
    return part.spec.role;
  }
}

/** So that each part comes after what it depends on. */
function inOrder(parts: readonly SupervisedPart[]): SupervisedPart[] {
  const ordered: SupervisedPart[] = [];
  const visit = (part: SupervisedPart) => {
    if (ordered.includes(part)) return;
    for (const name of part.spec.dependsOn) {
      const needed = parts.find(({ spec }) => spec.name === name);
      if (needed !== undefined) visit(needed);
    }
    ordered.push(part);
  };
  for (const part of parts) visit(part);
  return ordered;
}
