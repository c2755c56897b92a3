/**
 * A mesh goes on when nobody reads its lines any more (`npm start | head`): its clients have not gone. It says so once
 * where somebody may still look; without this the first line after that would end it, with a stack trace.
 */
export function onLostReader(): void {
  process.stdout.once("error", () => {
    process.stderr.write(
      `nobody reads the output any more; the mesh goes on. Stop it with Ctrl-C or: kill ${process.pid}\n`,
    );
  });
  // Each further line fails as well, and there is nobody left to tell.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}
