import type fc from "fast-check";

/** Something that takes bytes from outside, and what is thrown at it. */
export interface FuzzTarget {
  /** For `--target`. */
  readonly name: string;
  /** What takes the bytes, in one line. */
  readonly about: string;
  open(): Promise<OpenTarget> | OpenTarget;
}

export interface OpenTarget {
  readonly inputs: fc.Arbitrary<unknown>;
  /** Gives one input to the code: true if that takes it. Throws if the code does what it must not. */
  probe(input: unknown): boolean | Promise<boolean>;
  close?(): Promise<void> | void;
}

/** A target of inputs of one type. */
export function fuzzTarget<Input>(target: {
  readonly name: string;
  readonly about: string;
  open(): Opened<Input> | Promise<Opened<Input>>;
}): FuzzTarget {
  const { name, about } = target;
  return {
    name,
    about,
    open: async () => {
      const { inputs, probe, close } = await target.open();
      // CAST: the runner gives to `probe` only what `inputs` has made.
      return { inputs, probe: (input) => probe(input as Input), ...(close === undefined ? {} : { close }) };
    },
  };
}

interface Opened<Input> {
  readonly inputs: fc.Arbitrary<Input>;
  probe(input: Input): boolean | Promise<boolean>;
  close?(): Promise<void> | void;
}
