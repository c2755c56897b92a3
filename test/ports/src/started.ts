const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;

interface World {
  stop(): Promise<void>;
}

/** What a contract is held by: started before its first clause, stopped after its last. */
export function startedForFile<W extends World>(start: () => Promise<W>): () => W {
  return startedBy(start, beforeAll, afterAll);
}

/** The same, of each clause's own. */
export function startedForTest<W extends World>(start: () => Promise<W>): () => W {
  return startedBy(start, beforeEach, afterEach);
}

function startedBy<W extends World>(
  start: () => Promise<W>,
  before: typeof beforeAll,
  after: typeof afterAll,
): () => W {
  let world: W | undefined;
  before(async () => {
    world = await start();
  }, START_TIMEOUT_MS);
  after(async () => {
    await world?.stop();
    world = undefined;
  }, STOP_TIMEOUT_MS);
  return () => {
    if (world === undefined) throw new Error("it is there from the first clause on");
    return world;
  };
}
