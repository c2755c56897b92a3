import type { LiveFrame } from "../../data/live-frame.js";
import type { Column } from "./bands.js";

/** Seconds from edge to edge. */
export const SECONDS = 60;
/** A thread that is thinner is no longer drawn by itself: its band is filled in proportion. */
const THREAD_MIN = 2;
const HATCH = 6;
const PALE = 0.22;

/** Where a band lies, in device pixels. */
export interface Strip {
  readonly top: number;
  readonly height: number;
  readonly threads: number;
  readonly colour: string;
  columnOf(frame: LiveFrame): Column | null;
}

/**
 * The weave on its canvas. Time runs to the right. What is drawn stays: it is moved by whole pixels, and only the new
 * pixels at the right are painted, so its cost does not depend on the number of workers. A second without a frame
 * stays empty.
 */
export class Cloth {
  readonly #context: CanvasRenderingContext2D;
  readonly #strips: readonly Strip[];
  readonly #pixelsPerSecond: number;
  #frames: ReadonlyMap<number, LiveFrame> = new Map();
  /** The pixel after the last one, counted since 1970; undefined: nothing is drawn. */
  #end: number | undefined;

  constructor(context: CanvasRenderingContext2D, strips: readonly Strip[]) {
    this.#context = context;
    this.#strips = strips;
    this.#pixelsPerSecond = context.canvas.width / SECONDS;
  }

  setFrames(frames: readonly LiveFrame[]): void {
    this.#frames = new Map(frames.map((frame) => [frame.seq, frame]));
  }

  /** @param second Seconds since 1970 at the right edge, with a fraction. */
  drawUntil(second: number): void {
    const { canvas } = this.#context;
    const end = Math.floor(second * this.#pixelsPerSecond);
    const isFar = this.#end === undefined || end - this.#end >= canvas.width || end < this.#end;
    const from = isFar ? end - canvas.width : (this.#end ?? end);
    if (end === this.#end) return;
    this.#end = end;
    this.#move(isFar ? canvas.width : end - from);
    for (let pixel = from; pixel < end; ) {
      const seq = Math.floor(pixel / this.#pixelsPerSecond);
      const next = Math.min(end, Math.max(pixel + 1, Math.ceil((seq + 1) * this.#pixelsPerSecond)));
      const frame = this.#frames.get(seq);
      if (frame !== undefined) this.#paint(frame, canvas.width - (end - pixel), next - pixel, pixel);
      pixel = next;
    }
  }

  #move(by: number): void {
    const context = this.#context;
    const { canvas } = context;
    if (by >= canvas.width) {
      context.clearRect(0, 0, canvas.width, canvas.height);
      return;
    }
    context.globalCompositeOperation = "copy";
    context.drawImage(canvas, -by, 0);
    context.globalCompositeOperation = "source-over";
  }

  #paint(frame: LiveFrame, x: number, width: number, pixel: number): void {
    for (const strip of this.#strips) {
      const column = strip.columnOf(frame);
      if (column !== null) this.#paintColumn(strip, column, { x, width, pixel });
    }
  }

  /** From the bottom: what is busy, what drains, what is free. */
  #paintColumn(
    strip: Strip,
    { slots, busy, draining }: Column,
    at: { readonly x: number; readonly width: number; readonly pixel: number },
  ): void {
    const context = this.#context;
    const unit = strip.height / strip.threads;
    const bottom = strip.top + strip.height;
    context.fillStyle = strip.colour;
    const fill = (from: number, to: number): void => {
      if (unit < THREAD_MIN) {
        context.fillRect(at.x, bottom - to * unit, at.width, (to - from) * unit);
        return;
      }
      for (let thread = from; thread < to; thread += 1) {
        const y = Math.round(bottom - (thread + 1) * unit);
        context.fillRect(at.x, y, at.width, Math.round(bottom - thread * unit) - y - 1);
      }
    };
    fill(0, busy);
    context.globalAlpha = PALE;
    fill(busy, slots);
    context.globalAlpha = 1;
    if (draining > 0) this.#hatch(bottom - (busy + draining) * unit, bottom - busy * unit, at);
  }

  #hatch(
    top: number,
    bottom: number,
    { x, width, pixel }: { readonly x: number; readonly width: number; readonly pixel: number },
  ): void {
    for (let step = 0; step < width; step += 1)
      for (let y = Math.ceil(top) + ((pixel + step) % HATCH); y < bottom; y += HATCH)
        this.#context.fillRect(x + step, y, 1, Math.min(2, bottom - y));
  }
}
