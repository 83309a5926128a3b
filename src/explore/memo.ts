/**
 * What was learnt of one question (the successor by one action, the facts of one device) as a decision tree: a node asks
 * for one slot, a leaf is an answer. The question itself is put to the engine only when the tree does not reach a leaf.
 *
 * Sound because the engine is deterministic: which slot it reads next follows from the values of those read before.
 */
import type { Group, Slot } from "./slots.ts";

export class TreeNode<T> {
  answer: T | undefined = undefined;
  /** Group and index of the slot asked for; -1 in a leaf. */
  group = -1;
  index = -1;
  readonly kids: (TreeNode<T> | undefined)[] = [];
}

export class Memo<T> {
  private root: TreeNode<T> = new TreeNode<T>();
  private epoch = 0;
  hits = 0;
  misses = 0;

  /** The answer known for this state, or undefined. `epoch`: knowledge of an older one is void. */
  find(groups: readonly Group[], ids: ArrayLike<number>, epoch: number): T | undefined {
    if (epoch !== this.epoch) {
      this.root = new TreeNode<T>();
      this.epoch = epoch;
      return undefined;
    }
    let n = this.root;
    while (n.group >= 0) {
      const g = groups[n.group] as Group;
      const kid = n.kids[g.data[(ids[n.group] as number) * g.stride + n.index] as number];
      if (kid === undefined) return undefined;
      n = kid;
    }
    return n.answer;
  }

  learn(
    groups: readonly Group[],
    ids: ArrayLike<number>,
    epoch: number,
    log: readonly Slot[],
    answer: T,
  ): void {
    this.misses++;
    if (epoch !== this.epoch) {
      this.root = new TreeNode<T>();
      this.epoch = epoch;
    }
    let n = this.root;
    const asked = new Set<Slot>();
    const value = (group: number, index: number): number => {
      const g = groups[group] as Group;
      return g.data[(ids[group] as number) * g.stride + index] as number;
    };
    const down = (): void => {
      const v = value(n.group, n.index);
      let kid = n.kids[v];
      if (kid === undefined) {
        kid = new TreeNode<T>();
        n.kids[v] = kid;
      }
      n = kid;
    };
    while (n.group >= 0) {
      asked.add((groups[n.group] as Group).slots[n.index] as Slot);
      down();
    }
    for (const slot of log) {
      if (asked.has(slot)) continue;
      n.group = slot.group;
      n.index = slot.index;
      n.answer = undefined;
      down();
    }
    n.answer = answer;
  }
}
