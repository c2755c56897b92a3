/*
 * @file A pattern as a deterministic automaton: at every character there is one state to be in.
 *
 * llama.cpp follows all ways through a grammar at once, and tries every token of the vocabulary on each of them. A
 * pattern like `^[a-z]?[a-z]?…$`, written as it stands, has as many ways as there are selections of its parts, and one
 * token takes minutes. As an automaton it has one way. Instead the automaton can become large; its size is bounded
 * here.
 *
 * Built in the usual two steps: the tree becomes an automaton with choices (its repetitions unrolled), then every set
 * of places where that one can be becomes one state. Lengths are counted in the states, if a bound on them says more
 * than the pattern.
 */
import { CharacterSet } from "./character-set.js";
import { PatternFault, type PatternNode } from "./pattern-tree.js";

/** One state; states are named by their index, and the first is where a text begins. */
export interface State {
  /** Whether the text may end here. */
  readonly isEnd: boolean;
  /** Where characters lead to: disjoint sets. */
  readonly steps: readonly { readonly set: CharacterSet; readonly to: number }[];
}

export interface LengthBounds {
  readonly min: number;
  readonly max: number | undefined;
}

const ELEMENTS_MAX = 1500;
const STATES_MAX = 500;
/** Bounds the time to about a tenth of a second. */
const WORK_MAX = 3_000_000;

/** The automaton of a pattern's matches within the bounds; undefined if there are none. Throws {@link PatternFault}. */
export function automatonOf(tree: PatternNode, bounds: LengthBounds): readonly State[] | undefined {
  if (elementsOf(tree) > ELEMENTS_MAX)
    throw new PatternFault(`more than ${ELEMENTS_MAX} parts, repetitions counted`);
  const [shortest, longest] = lengthsOf(tree);
  const isImplied = shortest >= bounds.min && longest <= (bounds.max ?? Infinity);
  const places = new Places(tree);
  return withoutDeadEnds(new Determiniser(places, isImplied ? undefined : bounds).states());
}

function elementsOf(node: PatternNode): number {
  switch (node.kind) {
    case "characters":
      return 1;
    case "sequence":
      return node.parts.reduce((sum, part) => sum + elementsOf(part), 1);
    case "choice":
      return node.alternatives.reduce((sum, part) => sum + elementsOf(part), 1);
    case "repetition":
      return 1 + elementsOf(node.of) * Math.max(1, node.min, node.max ?? 0);
  }
}

function lengthsOf(node: PatternNode): readonly [min: number, max: number] {
  switch (node.kind) {
    case "characters":
      return [1, 1];
    case "sequence":
      return node.parts.map(lengthsOf).reduce(([min, max], part) => [min + part[0], max + part[1]], [0, 0]);
    case "choice": {
      const all = node.alternatives.map(lengthsOf);
      return [Math.min(...all.map(([min]) => min)), Math.max(...all.map(([, max]) => max))];
    }
    case "repetition": {
      const [min, max] = lengthsOf(node.of);
      // Nothing without end is still nothing.
      return [min * node.min, max === 0 || node.max === 0 ? 0 : max * (node.max ?? Infinity)];
    }
  }
}

/** The places of a pattern, and the ways between them: by a character, or for nothing. */
class Places {
  readonly #free: number[][] = [];
  readonly #characters: (CharacterSet | undefined)[] = [];
  /** Where the place's character leads. */
  readonly #next: number[] = [];
  readonly start: number;
  readonly end: number;

  constructor(tree: PatternNode) {
    this.end = this.#add();
    this.start = this.#build(tree, this.end);
  }

  /** The places at a character that can be reached from `places` for nothing, sorted; the end counts as one. */
  reachedFrom(places: Iterable<number>): readonly number[] {
    const reached = new Set(places);
    // Iterating over a Set comes by what is added meanwhile.
    for (const place of reached) for (const next of this.#free[place] ?? []) reached.add(next);
    return [...reached]
      .filter((place) => place === this.end || this.#characters[place] !== undefined)
      .sort((a, b) => a - b);
  }

  characterAt(place: number): CharacterSet | undefined {
    return this.#characters[place];
  }

  behind(place: number): number {
    return this.#next[place] ?? this.end;
  }

  get sets(): ReadonlySet<CharacterSet> {
    return new Set(this.#characters.filter((set) => set !== undefined));
  }

  #add(free: number[] = [], set?: CharacterSet, next = 0): number {
    this.#free.push(free);
    this.#characters.push(set);
    this.#next.push(next);
    return this.#free.length - 1;
  }

  /** Returns the place where a match of `node` begins that goes on at `next`. */
  #build(node: PatternNode, next: number): number {
    switch (node.kind) {
      case "characters":
        return this.#add([], node.set, next);
      case "sequence":
        return node.parts.reduceRight((following, part) => this.#build(part, following), next);
      case "choice":
        return this.#add(node.alternatives.map((alternative) => this.#build(alternative, next)));
      case "repetition":
        return this.#repetition(node.of, node.min, node.max, next);
    }
  }

  #repetition(of: PatternNode, min: number, max: number | undefined, next: number): number {
    let start = next;
    if (max === undefined) {
      const ways = [next];
      start = this.#add(ways);
      ways.push(this.#build(of, start));
    }
    for (let count = min; count < (max ?? min); count++) start = this.#add([next, this.#build(of, start)]);
    for (let count = 0; count < min; count++) start = this.#build(of, start);
    return start;
  }
}

interface Reached {
  readonly places: readonly number[];
  readonly length: number;
}

class Determiniser {
  readonly #places: Places;
  readonly #bounds: LengthBounds | undefined;
  readonly #atoms: readonly CharacterSet[];
  readonly #atomsOf = new Map<CharacterSet, readonly number[]>();
  readonly #indexes = new Map<string, number>();
  readonly #reached: Reached[] = [];
  #work = 0;

  constructor(places: Places, bounds: LengthBounds | undefined) {
    this.#places = places;
    this.#bounds = bounds;
    this.#atoms = atomsOf(places.sets);
    for (const set of places.sets) {
      const atoms = this.#atoms.flatMap((atom, index) => (set.has(atom.ranges[0]?.[0] ?? -1) ? [index] : []));
      this.#atomsOf.set(set, atoms);
    }
  }

  states(): readonly State[] {
    this.#indexOf([this.#places.start], 0);
    const states: State[] = [];
    // Grows while states are made.
    for (const reached of this.#reached) states.push(this.#state(reached));
    return states;
  }

  #state({ places, length }: Reached): State {
    const { min = 0, max = Infinity } = this.#bounds ?? {};
    const isEnd = places.includes(this.#places.end) && length >= min;
    if (this.#bounds !== undefined && length >= max) return { isEnd, steps: [] };
    const behindAtom = new Map<number, number[]>();
    for (const place of places) {
      for (const atom of this.#atomsAt(place)) {
        this.#work++;
        const behind = behindAtom.get(atom) ?? [];
        behind.push(this.#places.behind(place));
        behindAtom.set(atom, behind);
      }
    }
    const steps = new Map<number, CharacterSet>();
    for (const [atom, behind] of behindAtom) {
      const to = this.#indexOf(behind, this.#lengthAfter(length));
      const set = this.#atoms[atom] ?? CharacterSet.of();
      steps.set(to, steps.get(to)?.union(set) ?? set);
    }
    return { isEnd, steps: [...steps].map(([to, set]) => ({ set, to })) };
  }

  #atomsAt(place: number): readonly number[] {
    const set = this.#places.characterAt(place);
    return set === undefined ? [] : (this.#atomsOf.get(set) ?? []);
  }

  /** Lengths are told apart only as far as a bound depends on them. */
  #lengthAfter(length: number): number {
    if (this.#bounds === undefined) return 0;
    return Math.min(length + 1, this.#bounds.max ?? this.#bounds.min);
  }

  #indexOf(starts: Iterable<number>, length: number): number {
    const places = this.#places.reachedFrom(starts);
    this.#work += places.length + 1;
    const key = `${length}:${places.join()}`;
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    if (this.#reached.length >= STATES_MAX || this.#work > WORK_MAX) {
      throw new PatternFault(`more than ${STATES_MAX} states`);
    }
    this.#indexes.set(key, this.#reached.length);
    return this.#reached.push({ places, length }) - 1;
  }
}

/** The smallest sets of which all of `sets` are made: what no set tells apart is in one. */
function atomsOf(sets: ReadonlySet<CharacterSet>): readonly CharacterSet[] {
  const cuts = new Set<number>();
  for (const { ranges } of sets) {
    for (const [first, last] of ranges) cuts.add(first).add(last + 1);
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const byMembership = new Map<string, CharacterSet>();
  for (const [index, first] of sorted.entries()) {
    const last = (sorted[index + 1] ?? first + 1) - 1;
    const members = [...sets].map((set) => (set.has(first) ? "1" : "0")).join("");
    if (!members.includes("1")) continue;
    const piece = CharacterSet.of([first, last]);
    byMembership.set(members, byMembership.get(members)?.union(piece) ?? piece);
  }
  return [...byMembership.values()].filter((atom) => !atom.isEmpty);
}

/** Without the ways to states from which there is no way to an end; undefined if the first is one. */
function withoutDeadEnds(states: readonly State[]): readonly State[] | undefined {
  const alive = new Set<number>();
  for (let known = -1; known < alive.size; ) {
    known = alive.size;
    for (const [index, { isEnd, steps }] of [...states.entries()].reverse()) {
      if (isEnd || steps.some(({ to }) => alive.has(to))) alive.add(index);
    }
  }
  if (!alive.has(0)) return undefined;
  return states.map(({ isEnd, steps }) => ({ isEnd, steps: steps.filter(({ to }) => alive.has(to)) }));
}
