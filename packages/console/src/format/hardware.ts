const NAMES: Readonly<Record<string, string>> = {
  cpu: "CPU",
  "gpu-8": "GPU, up to 8 GB",
  "gpu-16": "GPU, up to 16 GB",
  "gpu-24": "GPU, up to 24 GB",
  "gpu-48": "GPU, up to 48 GB",
  "gpu-more": "GPU, over 48 GB",
  unified: "Unified memory",
  other: "Other or unknown",
};

/** A class of hardware in words: `gpu-16` is `GPU, up to 16 GB`. */
export function hardwareName(name: string): string {
  return NAMES[name] ?? name;
}
