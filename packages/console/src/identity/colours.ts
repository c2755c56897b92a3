import { useEffect, useState } from "react";
import { useMedia } from "../ui/media.js";
import { useTheme } from "./theme.js";

/** Colours of `tokens.css` as a canvas takes them, which knows no variables; anew when the theme changes. */
export function useColours(names: readonly string[]): ReadonlyMap<string, string> {
  const theme = useTheme();
  const isDark = useMedia("(prefers-color-scheme: dark)");
  const [colours, setColours] = useState<ReadonlyMap<string, string>>(new Map());
  const list = names.join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: what a variable stands for depends on both
  useEffect(() => {
    const probe = document.createElement("i");
    document.body.append(probe);
    const resolved = list.split(" ").map((name): [string, string] => {
      probe.style.color = `var(${name})`;
      return [name, getComputedStyle(probe).color];
    });
    probe.remove();
    setColours(new Map(resolved));
  }, [list, theme, isDark]);
  return colours;
}
