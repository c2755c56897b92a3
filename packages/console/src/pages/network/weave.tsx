import { useEffect, useRef } from "react";
import { leftMargin } from "../../charts/axes.js";
import { ChartFigure, type Plot } from "../../charts/chart-figure.js";
import type { LiveFrame } from "../../data/live-frame.js";
import { formatCount } from "../../format/count.js";
import { formatClock } from "../../format/time.js";
import { useColours } from "../../identity/colours.js";
import { useIsNarrow, useMedia } from "../../ui/media.js";
import { bandsOf } from "./bands.js";
import { Cloth, SECONDS } from "./cloth.js";
import styles from "./weave.module.css";
import { layOut, type WeaveLayout } from "./weave-layout.js";
import { findingOf, readingOf } from "./weave-words.js";

/** The last minute of the network: a band for each model, a thread for each slot. */
export function Weave({
  frames,
  isStopped,
}: {
  readonly frames: readonly LiveFrame[];
  /** No further frame comes for now. */
  readonly isStopped: boolean;
}) {
  const isNarrow = useIsNarrow();
  const layout = layOut(bandsOf(frames), isNarrow ? 200 : 280);
  const last = frames.at(-1)?.seq ?? 0;
  const seconds = Array.from({ length: SECONDS }, (_, index) => last - SECONDS + 1 + index);
  const frameOf = new Map(frames.map((frame) => [frame.seq, frame]));
  const rows = seconds.flatMap((seq) => frameOf.get(seq) ?? []).reverse();
  return (
    <ChartFigure
      label="The network’s last minute"
      finding={findingOf(frames)}
      readings={seconds.map((seq) => readingOf(seq, frameOf.get(seq)))}
      table={{ columns: SECOND_COLUMNS, rows }}
      rowKey={({ seq }) => String(seq)}
      height={layout.height}
      legend={<Legend />}
    >
      {(plot) => <Drawing plot={plot} layout={layout} frames={frames} isStopped={isStopped} />}
    </ChartFigure>
  );
}

const told = (count: (frame: NonNullable<LiveFrame["totals"]>) => number) => (frame: LiveFrame) =>
  frame.totals === null ? "not told" : formatCount(count(frame.totals));

const SECOND_COLUMNS = [
  { id: "at", title: "Second (UTC)", cell: ({ seq }: LiveFrame) => formatClock(seq * 1_000) },
  { id: "busy", title: "Busy", isNumber: true, cell: told(({ busy }) => busy) },
  {
    id: "free",
    title: "Free",
    isNumber: true,
    cell: told(({ slots, busy, draining }) => Math.max(0, slots - busy - draining)),
  },
  { id: "draining", title: "Draining", isNumber: true, cell: told(({ draining }) => draining) },
  { id: "waiting", title: "Waiting", isNumber: true, cell: told(({ waiting }) => waiting) },
  { id: "tokens", title: "Tokens", isNumber: true, cell: told(({ tokens }) => tokens) },
  { id: "jobs", title: "Jobs ended", isNumber: true, cell: told(({ jobs }) => jobs) },
];

function Drawing({
  plot: { width, height, cursor },
  layout,
  frames,
  isStopped,
}: {
  readonly plot: Plot;
  readonly layout: WeaveLayout;
  readonly frames: readonly LiveFrame[];
  readonly isStopped: boolean;
}) {
  const left = leftMargin(width);
  const canvas = useCloth(layout, frames, { width: width - left, height });
  return (
    <>
      <canvas
        ref={canvas}
        className={styles["canvas"]}
        data-stopped={isStopped}
        style={{ left, width: width - left, height }}
      />
      {layout.bands.length === 0 ? <i className={styles["empty"]} /> : null}
      {layout.bands.map(({ band, top, height: size }) => (
        <div key={band.key}>
          <span className={styles["name"]} style={{ top: top - 22, left, maxWidth: width - left }}>
            {band.name}
            {left === 0 ? <small>{slotsOf(band.last)}</small> : null}
          </span>
          {left === 0 ? null : (
            <span className={styles["slots"]} style={{ top: top + size / 2 - 10, width: left - 8 }}>
              {slotsOf(band.last)}
            </span>
          )}
        </div>
      ))}
      {cursor === null ? null : (
        <i
          className={styles["cursor"]}
          style={{ left: left + ((cursor + 0.5) * (width - left)) / SECONDS }}
        />
      )}
      <span className={styles["axis"]} style={{ left }}>
        <span>60 s ago</span>
        <span>{isStopped ? "stopped" : "now"}</span>
      </span>
    </>
  );
}

function slotsOf(last: { readonly busy: number; readonly slots: number } | null): string {
  return last === null ? "not told" : `${formatCount(last.busy)} of ${formatCount(last.slots)}`;
}

/** Keeps the canvas at the present: by the pixel, or by the second for whoever wants less motion. */
function useCloth(
  layout: WeaveLayout,
  frames: readonly LiveFrame[],
  { width, height }: { readonly width: number; readonly height: number },
) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const cloth = useRef<Cloth>(null);
  const latest = useRef({ frames, arrivedAt: 0 });
  const isStill = useMedia("(prefers-reduced-motion: reduce)");
  const colours = useColours(["--series-1", "--series-2", "--series-3", "--series-4", "--series-other"]);
  const density = devicePixelRatio;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says when a layout is another
  useEffect(() => {
    const { current } = canvas;
    if (current === null || colours.size === 0) return;
    current.width = Math.max(SECONDS, Math.round(width * density));
    current.height = Math.round(height * density);
    const context = current.getContext("2d");
    if (context === null) return;
    const strips = layout.bands.map(({ band, top, height: size, colour }) => ({
      top: Math.round(top * density),
      height: Math.round(size * density),
      threads: band.threads,
      colour: colours.get(colour) ?? "gray",
      columnOf: band.columnOf,
    }));
    cloth.current = new Cloth(context, strips);
    cloth.current.setFrames(latest.current.frames);
    draw(cloth.current, latest.current, isStill);
  }, [layout.key, width, height, density, colours, isStill]);

  useEffect(() => {
    latest.current = { frames, arrivedAt: performance.now() };
    cloth.current?.setFrames(frames);
    if (isStill && cloth.current !== null) draw(cloth.current, latest.current, isStill);
  }, [frames, isStill]);

  useEffect(() => {
    if (isStill) return;
    let request = requestAnimationFrame(function step() {
      if (cloth.current !== null) draw(cloth.current, latest.current, false);
      request = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(request);
  }, [isStill]);
  return canvas;
}

/** The last frame's second is drawn while it passes here. Then the band waits for the next. */
function draw(
  cloth: Cloth,
  { frames, arrivedAt }: { readonly frames: readonly LiveFrame[]; readonly arrivedAt: number },
  isStill: boolean,
): void {
  const last = frames.at(-1);
  if (last === undefined) return;
  const passed = isStill ? 1 : Math.min(1, (performance.now() - arrivedAt) / 1_000);
  cloth.drawUntil(last.seq + passed);
}

function Legend() {
  return (
    <ul className={styles["legend"]}>
      <li>
        <i data-thread="busy" /> busy slots
      </li>
      <li>
        <i data-thread="draining" /> draining
      </li>
      <li>
        <i data-thread="free" /> free slots
      </li>
      <li>
        A slot counts for every model that its worker has. Seconds of which nothing was heard stay empty.
      </li>
    </ul>
  );
}
