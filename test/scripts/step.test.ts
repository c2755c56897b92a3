import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { identifyProcess } from "@flock/provision";
import { eventually } from "@flock/provision/testing";
import { scriptUrl, start } from "./run-script.js";

const IMPORT = `import { runScript, runStep, StepFailure } from "${scriptUrl("step.mjs")}";`;
/** A step that says its process id and then goes on for a minute. */
const LONG_STEP = `runStep("waiting", process.execPath,
  ["-e", "console.log(process.pid); setTimeout(() => {}, 60000)"], { hint: "wait", live: true })`;

describe("a script", () => {
  it("says which step failed, what it said, and what can be done, on stderr and with exit code 1", async () => {
    const failing = `runStep("breaking", process.execPath, ["-e", "console.log('why'); process.exit(3)"], { hint: "do not" })`;
    const script = start(`${IMPORT} await runScript(() => ${failing});`);
    const [out, err, [code]] = await Promise.all([
      text(script.stdout),
      text(script.stderr),
      once(script, "exit"),
    ]);
    expect([out, code]).toEqual(["", 1]);
    // On a busy machine it lasts long enough to be mentioned before.
    expect(err.replace("• breaking\n", "")).toBe("\nFAILED: breaking (exit code 3)\n  why\ndo not\n");
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)(
    "ends by %s together with the step that runs, and does nothing that follows",
    async (signal, exitCode) => {
      const follows = `console.log("followed")`;
      const script = start(`${IMPORT} await runScript(async () => {
      await ${LONG_STEP}.catch((error) => { if (error instanceof StepFailure) ${follows}; else throw error; });
      ${follows};
    });`);
      let output = "";
      script.stdout.on("data", (chunk) => {
        output += chunk;
      });
      const pid = await eventually("the step to run", () => Number(output.trim()) || undefined);
      script.kill(signal);
      expect((await once(script, "close"))[0]).toBe(exitCode);
      expect(output).not.toContain("followed");
      await eventually("the step to end", async () => (await identifyProcess(pid)) === undefined);
    },
  );

  it("ends together with the step that runs when npm is stopped, which tells only the shell between them", async () => {
    const script = `${IMPORT} await runScript(() => ${LONG_STEP});`;
    const shell = spawn("sh", ["-c", 'node --input-type=module --eval "$SCRIPT"; :'], {
      env: { PATH: process.env["PATH"], SCRIPT: script, npm_lifecycle_event: "start" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    shell.stdout.on("data", (chunk) => {
      output += chunk;
    });
    const pid = await eventually("the step to run", () => Number(output.trim()) || undefined);
    const closed = once(shell, "close");
    shell.kill("SIGTERM");
    // Not before everybody who holds the pipe has ended.
    await closed;
    expect(await identifyProcess(pid)).toBeUndefined();
  });

  it("ends quietly, as by SIGPIPE, when nobody reads its output any more", async () => {
    const endless = `setInterval(() => console.log("a line"), 1)`;
    const script = start(`${IMPORT} await runScript(async () => { ${endless}; await ${LONG_STEP}; });`);
    await once(script.stdout, "data");
    script.stdout.destroy();
    const [err, [code]] = await Promise.all([text(script.stderr), once(script, "exit")]);
    expect([err, code]).toEqual(["", 141]);
  });
});
