import { createLogger } from "@flock/observability";
import { HardwareClass } from "@flock/proto/workers";
import { hardwareClassIn, hardwareOf, type MachineFacts } from "./hardware.js";

const PLAIN: MachineFacts = {
  platform: "linux",
  arch: "x64",
  nvidiaMemory: undefined,
  amdMib: [],
  usesCard: false,
};

describe("a worker's hardware", () => {
  it.each<[string, Partial<MachineFacts>, HardwareClass]>([
    ["no card", {}, HardwareClass.CPU],
    ["an RTX 4060", { nvidiaMemory: "8188\n" }, HardwareClass.GPU_8],
    ["an RTX 3060", { nvidiaMemory: "12288\n" }, HardwareClass.GPU_16],
    ["an RTX 4090", { nvidiaMemory: "24564\n" }, HardwareClass.GPU_24],
    ["two of them", { nvidiaMemory: "24564\n24564\n" }, HardwareClass.GPU_48],
    ["an H100", { nvidiaMemory: "81559\n" }, HardwareClass.GPU_MORE],
    ["a GB10, which has no memory of its own", { nvidiaMemory: "[N/A]\n" }, HardwareClass.UNIFIED],
    ["a Radeon beside a processor's own graphics", { amdMib: [512, 16_368] }, HardwareClass.GPU_16],
    ["a Mac", { platform: "darwin", arch: "arm64" }, HardwareClass.UNIFIED],
    ["a Mac of Intel's", { platform: "darwin" }, HardwareClass.CPU],
    ["words that are no numbers", { nvidiaMemory: "No devices were found\n" }, HardwareClass.CPU],
    ["a card that cannot be seen", { usesCard: true }, HardwareClass.UNSPECIFIED],
  ])("%s", (_, facts, expected) => {
    expect(HardwareClass[hardwareClassIn({ ...PLAIN, ...facts })]).toBe(HardwareClass[expected]);
  });

  it("is what its owner says, and unknown where Ollama is on another machine", async () => {
    const logger = createLogger("worker", "silent");
    const named = { WORKER_HARDWARE: "gpu-24", OLLAMA_HOST: "http://127.0.0.1:1" };
    expect(await hardwareOf(named, logger)).toBe(HardwareClass.GPU_24);
    const elsewhere = { WORKER_HARDWARE: "auto", OLLAMA_HOST: "http://192.0.2.1:11434" };
    expect(await hardwareOf(elsewhere, logger)).toBe(HardwareClass.UNSPECIFIED);
  });
});
