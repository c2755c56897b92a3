import { Copyable } from "./copyable.js";

/** The one command by which a machine joins this network, and what it needs. */
export function StartWorker() {
  return (
    <>
      <Copyable
        text={`npx @flockollamas/worker --api ${location.origin}`}
        what="the command that starts a worker"
        look="block"
      />
      <p>
        It needs Node 20.19 or newer, and Ollama with a model (<code>ollama pull llama3.2</code>). It connects
        outwards only, so a router or firewall needs no change. It makes a wallet, tells you its address, and
        works until Ctrl-C.
      </p>
    </>
  );
}
