/** What a contract is held by: started before its first clause, stopped after its last. */
export function startedForFile<World extends { stop(): Promise<void> }>(
  start: () => Promise<World>,
): () => World {
  let world: World | undefined;
  beforeAll(async () => {
    world = await start();
  }, 120_000);
  afterAll(() => world?.stop(), 60_000);
  return () => {
    if (world === undefined) throw new Error("it is there from the first clause on");
    return world;
  };
}
