/**
 * States between two spaces that number things each in their own way. A state of a group goes over once, as the slots
 * and values it is made of; from then on its number will do. What arrives is interned by content: it is never trusted
 * to be the same because a hash is.
 */
import { grown, type Slot } from "./slots.ts";
import type { Space } from "./space.ts";

/** What the other side has to know before the numbers of a message make sense. */
export interface News {
  /** Group and path of slots, numbered from where the last message ended. */
  readonly slots: readonly (readonly [number, string])[];
  /** Slot (as numbered above) and value, numbered alike. */
  readonly values: readonly (readonly [number, unknown])[];
  /** Group and sender's number of a state, then the numbers of its values. */
  readonly states: readonly (readonly [number, number, Int32Array])[];
  /** Symmetry, group and number of a state, number of its image: what need not be computed again. */
  readonly images: Int32Array;
}

/** States of one space as numbers for one other. */
export class Sender {
  private readonly space: Space;
  private readonly slotNos = new Map<Slot, number>();
  private readonly valueNos = new Map<Slot, number[]>();
  private valueCount = 0;
  private readonly told: Int32Array[];
  private slots: [number, string][] = [];
  private values: [number, unknown][] = [];
  private states: [number, number, Int32Array][] = [];
  private images: number[] = [];

  constructor(space: Space) {
    this.space = space;
    this.told = space.groups.map(() => new Int32Array(64));
  }

  /** Makes sure that the other side will know this state of a group. */
  mention(group: number, id: number): void {
    let told = this.told[group] as Int32Array<ArrayBuffer>;
    while (id >= told.length) {
      told = grown(told as Int32Array);
      this.told[group] = told;
    }
    if (told[id] === 1) return;
    told[id] = 1;
    const g = this.space.groups[group] as (typeof this.space.groups)[number];
    const values: number[] = [];
    for (const slot of g.slots) {
      const value = g.get(id, slot.index);
      if (value !== 0) values.push(this.valueNo(slot, value));
    }
    this.states.push([group, id, Int32Array.from(values)]);
    this.space.fold.eachImage(group, id, (symmetry, toGroup, to) => {
      this.mention(toGroup, to);
      this.images.push(symmetry, group, id, to);
    });
  }

  private valueNo(slot: Slot, value: number): number {
    let known = this.valueNos.get(slot);
    if (known === undefined) {
      known = [];
      this.valueNos.set(slot, known);
      this.slotNos.set(slot, this.slotNos.size);
      this.slots.push([slot.group, slot.path]);
    }
    let no = known[value];
    if (no === undefined) {
      no = this.valueCount++;
      known[value] = no;
      this.values.push([this.slotNos.get(slot) as number, slot.raw[value]]);
    }
    return no;
  }

  /** What was mentioned since the last call. */
  news(): News {
    const { slots, values, states } = this;
    const images = Int32Array.from(this.images);
    this.slots = [];
    this.values = [];
    this.states = [];
    this.images = [];
    return { slots, values, states, images };
  }
}

/** The other end: the sender's numbers in this space. */
export class Receiver {
  private readonly space: Space;
  private readonly slots: Slot[] = [];
  private readonly values: (readonly [Slot, number])[] = [];
  private readonly states: Int32Array[];

  constructor(space: Space) {
    this.space = space;
    this.states = space.groups.map(() => new Int32Array(64).fill(-1));
  }

  hear(news: News): void {
    for (const [group, path] of news.slots) this.slots.push(this.space.slots.slotAt(group, path));
    for (const [slot, value] of news.values) {
      const s = this.slots[slot] as Slot;
      this.values.push([s, s.intern(value)]);
    }
    for (const [group, id, values] of news.states) {
      const map = new Map<Slot, number>();
      for (const v of values) {
        const [slot, value] = this.values[v] as readonly [Slot, number];
        map.set(slot, value);
      }
      let known = this.states[group] as Int32Array;
      while (id >= known.length) {
        known = grown(known, -1);
        this.states[group] = known;
      }
      known[id] = (this.space.groups[group] as (typeof this.space.groups)[number]).intern(map);
    }
    this.hearImages(news.images);
  }

  private hearImages(images: Int32Array): void {
    const { space } = this;
    for (let i = 0; i < images.length; i += 4) {
      const [symmetry = 0, group = 0, id = 0, to = 0] = images.subarray(i, i + 4);
      const toGroup = space.fold.groupAfter(symmetry, group);
      space.fold.learnImage(symmetry, group, this.state(group, id), this.state(toGroup, to));
    }
  }

  /** This space's number of a state that was mentioned. */
  state(group: number, id: number): number {
    return (this.states[group] as Int32Array)[id] as number;
  }
}
