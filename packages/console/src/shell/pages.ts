import { type ComponentType, lazy } from "react";
import type { Page, RailGroup } from "./page.js";

const GROUPS: readonly RailGroup[] = ["Use", "Provide", "Network"];

/** Every folder of `src/pages`, found at build time: a new page is a new folder, and no line here. */
const found = import.meta.glob<Page>("../pages/*/index.ts", { eager: true, import: "page" });

export const pages: readonly (Page & { readonly Content: ComponentType })[] = Object.values(found)
  .sort((a, b) => GROUPS.indexOf(a.rail.group) - GROUPS.indexOf(b.rail.group) || a.rail.order - b.rail.order)
  .map((page) => ({ ...page, Content: lazy(page.load) }));

export const railGroups = GROUPS.map((name) => ({
  name,
  pages: pages.filter(({ rail }) => rail.group === name),
})).filter((group) => group.pages.length > 0);

/** Where `/console/` leads: the first page of the rail. */
export const firstPage = pages[0];

/** Whether the path is the page's own or below it. */
export function isOpen(page: Page, path: string): boolean {
  return path === page.rail.to || path.startsWith(`${page.rail.to}/`);
}
