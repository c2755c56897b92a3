/** Outlines on a grid of 20 px, drawn with the colour of the text beside them. */
const OUTLINES = {
  chat: "M3 4.5h14v9H9l-4 3v-3H3z",
  models: "M3 5h14M3 10h14M3 15h14M6 3v4M13 8v4M9 13v4",
  usage: "M4 16.5v-5M8 16.5V4M12 16.5V8.5M16 16.5v-10M2.5 16.5h15",
  keys: "M8.5 11.5a3.5 3.5 0 1 1-2-2L14 2.5h3v3l-1.5 1.5H13.5V9L11 11.5zM5.5 14.5h.01",
  earn: "M10 3c3.6 0 6.5 1.1 6.5 2.5S13.6 8 10 8 3.5 6.9 3.5 5.5 6.4 3 10 3zM3.5 5.5V10c0 1.4 2.9 2.5 6.5 2.5s6.5-1.1 6.5-2.5V5.5M3.5 10v4.5C3.5 15.9 6.4 17 10 17s6.5-1.1 6.5-2.5V10",
  network: "M2.5 5h15M2.5 10h15M2.5 15h15M5 2.5v15M10 2.5v15M15 2.5v15",
  trust: "M10 2.5l6.5 2.5v4.5c0 4-2.7 6.8-6.5 8-3.8-1.2-6.5-4-6.5-8V5zM7 10l2.2 2.2L13.2 8",
  governance: "M2.5 7.5L10 3l7.5 4.5zM4.5 8v6.5M8 8v6.5M12 8v6.5M15.5 8v6.5M2.5 16.5h15",
  status: "M2.5 10.5h3.5l2-6 4 11 2-5h3.5",
  more: "M4 10h.01M10 10h.01M16 10h.01",
  search: "M9 3.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM13 13l4 4",
  account: "M10 3a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM3 17c.8-3 3.5-4.5 7-4.5s6.2 1.5 7 4.5",
  close: "M5 5l10 10M15 5L5 15",
  copy: "M7 7V3.5h9.5V13H13M3.5 7H13v9.5H3.5z",
  check: "M4 10.5l4 4 8-9",
  chevron: "M5 7.5l5 5 5-5",
  warning: "M10 3l7.5 13.5h-15zM10 8v4M10 14.3h.01",
} as const;

export type IconName = keyof typeof OUTLINES;

/** Always beside a label, which is why it says nothing itself. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.5 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={OUTLINES[name]} />
    </svg>
  );
}
