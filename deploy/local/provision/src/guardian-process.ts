/*
 * The guardian: outlives its owner for as long as it takes to end what the owner has left running. It is told over
 * IPC which processes to watch; when the channel closes, for whatever reason, it ends all that are still on its list
 * and then itself. It runs in a session of its own and ignores the terminal's signals, so that neither Ctrl-C nor a
 * signal to the owner's process group takes it along.
 */
import { endProcess } from "./end-process.js";
import type { GuardianMessage } from "./guardian-protocol.js";

const watched = new Map<number, Extract<GuardianMessage, { kind: "watch" }>>();

// CAST: only guardian.ts, of the same build, speaks on this channel.
process.on("message", (message) => {
  const command = message as GuardianMessage;
  if (command.kind === "watch") watched.set(command.identity.pid, command);
  else watched.delete(command.pid);
});

process.once("disconnect", () => {
  const endings = [...watched.values()].map(({ identity, steps }) => endProcess(identity, steps));
  void Promise.allSettled(endings).then(() => process.exit(0));
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

// Until this message is out the owner hands nothing over: what is sent to a process that still loads could be lost.
if (process.connected) process.send?.("ready");
else process.exit(0);
