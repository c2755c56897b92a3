import type { ComponentType } from "react";
import type { IconName } from "../identity/icon.js";
import type { PaletteSource } from "./palette-entries.js";

export type RailGroup = "Use" | "Provide" | "Network";

/**
 * What a folder of `src/pages` exports as `page` from its `index.ts`. Everything else of it is loaded when it is
 * opened.
 */
export interface Page {
  readonly title: string;
  /**
   * Below `/console`: `/status`, or with what may follow, `/models/*?`; `useParams()["*"]` has that, half decoded by
   * the router. What may have a "%" in it is read from `location`.
   */
  readonly route: string;
  readonly rail: {
    readonly group: RailGroup;
    /** Within its group. */
    readonly order: number;
    readonly icon: IconName;
    /** Where the entry leads. */
    readonly to: string;
    /** One of the three that a phone shows at the bottom; the others are behind More. */
    readonly isOnPhoneBar?: boolean;
  };
  /** Other words by which the command palette finds it. */
  readonly words?: readonly string[];
  /** What else the palette finds from anywhere, such as what belongs to an id of a known form that was pasted. */
  readonly paletteSource?: PaletteSource;
  /** `() => import("./…-page.js")`, whose default export draws the page. */
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}
