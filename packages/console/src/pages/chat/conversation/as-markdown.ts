import type { Turn } from "./turns.js";

/** The conversation as it is shown, for other programs; images are named. */
export function asMarkdown(title: string, path: readonly Turn[]): string {
  const parts = path.map((turn) => {
    if (turn.kind === "answer") return `## ${turn.model}\n\n${turn.text.trim()}`;
    const images = turn.images.map(({ name }) => `[image: ${name}]`).join(" ");
    return `## You\n\n${[images, turn.text.trim()].filter((each) => each !== "").join("\n\n")}`;
  });
  return `${[`# ${title}`, ...parts].join("\n\n")}\n`;
}
