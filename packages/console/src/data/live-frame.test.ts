import { FRAMES_KEPT, frameOfFigures, type LiveFrame, parseFrame, withFrame } from "./live-frame.js";

const COUNTS = { workers: 1, slots: 2, busy: 1, draining: 0, waiting: 0, tokens: 40, jobs: 1 };
const frame = (seq: number): LiveFrame => ({
  at: new Date(seq * 1_000).toISOString(),
  seq,
  totals: COUNTS,
  models: [{ name: "m", ...COUNTS }],
  other: null,
});
const seqs = (frames: readonly LiveFrame[]) => frames.map(({ seq }) => seq);

describe("the frames of the live feed", () => {
  it("are kept in order and once each, whichever tab or stream brings them", () => {
    expect(seqs([3, 1, 2, 2, 4, 1].map(frame).reduce(withFrame, []))).toEqual([1, 2, 3, 4]);
  });

  it("are the last minute's", () => {
    const frames = Array.from({ length: FRAMES_KEPT + 5 }, (_, index) => frame(index));
    expect(seqs(frames.reduce(withFrame, []))).toEqual(seqs(frames.slice(5)));
  });

  it("are told from what is none", () => {
    expect(parseFrame(JSON.stringify(frame(7)))).toEqual(frame(7));
    const broken = [
      {},
      { ...frame(7), totals: {} },
      { ...frame(7), models: [COUNTS] },
      { ...frame(7), other: 1 },
    ];
    expect([...broken.map((each) => JSON.stringify(each)), "{", "null", ""].map(parseFrame)).toEqual(
      Array(7).fill(null),
    );
  });

  it("have totals alone where the network's figures stand in for them", () => {
    const live = {
      as_of: "2026-11-29T14:02:11.500Z",
      workers: 3,
      slots: { all: 6, busy: 2 },
      waiting: 1,
      tokens_per_second: 80,
      jobs_per_minute: 30,
    };
    expect(frameOfFigures(live)).toMatchObject({
      seq: Date.parse("2026-11-29T14:02:11Z") / 1_000,
      totals: { workers: 3, slots: 6, busy: 2, waiting: 1, tokens: 80, jobs: 0.5 },
      models: [],
    });
  });
});
