/**
 * The lab's history as a tree. Every item of a script that was ever played is a node; going back and doing
 * something else makes a branch, doing the same again finds the node that is already there, and nothing is ever
 * removed. A node's world is a function of its path, so only some worlds are kept (the latest ones and one every
 * few dozen steps) and the others are played again when somebody looks at them.
 *
 * A session holds several starts when the header was edited: a header is a setup, and another setup is another root.
 */
import { buildWorld } from "../engine/build-world.ts";
import type { Errno } from "../engine/errno.ts";
import type { Outcome } from "../engine/outcome.ts";
import type { Setup } from "../engine/setup.ts";
import { step } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import type { CommandItem, Item, Parsed, Script } from "./ast.ts";
import { judge, type Verdict } from "./judge.ts";
import { KeptWorlds, RECENT_OUTCOMES, Recent } from "./kept-worlds.ts";
import { parse, parseLines } from "./parse.ts";
import { printItem, printItems } from "./print.ts";
import type { Problem } from "./problem.ts";
import { EMPTY_SCOPE, type Scope } from "./scope.ts";

export type NodeId = number;

export interface TimelineNode {
  readonly id: NodeId;
  readonly parent: NodeId | null;
  /** `start` carries a header; `note` is a comment or a blank line. */
  readonly kind: "start" | "command" | "expect" | "note";
  /** Canonical text, several lines long when it needs continuation; of a start, the whole header. */
  readonly text: string;
  readonly item: Item | null;
  /** In the order they were made. */
  readonly children: readonly NodeId[];
  /** Name somebody gave this branch, or null. */
  readonly label: string | null;
  /** Commands from the start up to and with this node. */
  readonly step: number;
  /** Of a command: false for a modelled failure. Of an expectation: whether it held. True otherwise. */
  readonly ok: boolean;
  readonly rejected: boolean;
  readonly errno: Errno | null;
  readonly setup: Setup;
  /** Object names that `as` gave on the way here. */
  readonly scope: Scope;
}

export type Appended =
  | { readonly ok: true; readonly nodes: readonly TimelineNode[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export type Preview =
  | { readonly ok: true; readonly item: CommandItem; readonly outcome: Outcome; readonly world: World }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What a saved session is made of; see session-file.ts. */
export interface SessionData {
  readonly starts: readonly { readonly id: NodeId; readonly header: string }[];
  readonly nodes: readonly (readonly [parent: NodeId, text: string])[];
  readonly labels: readonly (readonly [NodeId, string])[];
  readonly current: NodeId;
}

export class Session {
  private readonly all: TimelineNode[] = [];
  private readonly worlds = new KeptWorlds();
  private readonly outcomes = new Recent<Outcome>(RECENT_OUTCOMES);
  /** Child that was visited last, for `forward()`. */
  private readonly visited = new Map<NodeId, NodeId>();
  private readonly listeners = new Set<() => void>();
  private at: NodeId = 0;
  private changes = 0;

  private constructor() {}

  /** Plays a text from its beginning to its end and stands at its last item. */
  static open(text: string): Parsed<Session> {
    const parsed = parse(text);
    return parsed.ok ? { ok: true, value: Session.of(parsed.value) } : parsed;
  }

  static of(script: Script): Session {
    const s = new Session();
    s.play(script);
    return s;
  }

  /** Grows by one whenever anything changed; with `subscribe`, what a store needs. */
  get version(): number {
    return this.changes;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Ids are 0 … size-1; a parent's id is smaller than its children's. */
  get size(): number {
    return this.all.length;
  }

  get current(): TimelineNode {
    return this.node(this.at);
  }

  get setup(): Setup {
    return this.current.setup;
  }

  node(id: NodeId): TimelineNode {
    const node = this.all[id];
    if (node === undefined) throw new RangeError(`no timeline node ${id}`);
    return node;
  }

  /** Every start, the first one first. */
  starts(): TimelineNode[] {
    return this.all.filter((n) => n.parent === null);
  }

  /** From the start to `id`, both included. */
  path(id: NodeId = this.at): TimelineNode[] {
    const out: TimelineNode[] = [];
    for (
      let n: TimelineNode | null = this.node(id);
      n !== null;
      n = n.parent === null ? null : this.node(n.parent)
    )
      out.push(n);
    return out.reverse();
  }

  /** Nodes after `id` along the children visited last. */
  ahead(id: NodeId = this.at): TimelineNode[] {
    const out: TimelineNode[] = [];
    for (let next = this.next(id); next !== null; next = this.next(next.id)) out.push(next);
    return out;
  }

  private next(id: NodeId): TimelineNode | null {
    const { children } = this.node(id);
    const chosen = this.visited.get(id) ?? children[children.length - 1];
    return chosen === undefined ? null : this.node(chosen);
  }

  world(id: NodeId = this.at): World {
    const replay: TimelineNode[] = [];
    let n = this.node(id);
    let held = this.worlds.get(id);
    while (held === undefined && n.parent !== null) {
      if (n.kind === "command") replay.push(n);
      n = this.node(n.parent);
      held = this.worlds.get(n.id);
    }
    if (held === undefined) {
      held = buildWorld(n.setup);
      this.worlds.keep(n.id, 0, held);
    }
    let world: World = held;
    for (let i = replay.length - 1; i >= 0; i--) {
      const node = replay[i] as TimelineNode;
      world = step(world, (node.item as CommandItem).action, { trace: false }).world;
      this.worlds.keep(node.id, node.step, world);
    }
    return world;
  }

  /** Worlds held in memory: bounded by path length / interval plus a constant. */
  get heldWorlds(): number {
    return this.worlds.size;
  }

  /** What the command at `id` did, with its call tree; null for nodes that are no commands. */
  outcome(id: NodeId = this.at): Outcome | null {
    const node = this.node(id);
    if (node.item?.kind !== "command" || node.parent === null) return null;
    const known = this.outcomes.get(id);
    if (known !== undefined) return known;
    const stepped = step(this.world(node.parent), node.item.action, { trace: true });
    this.worlds.keep(id, node.step, stepped.world);
    this.outcomes.set(id, stepped.outcome);
    return stepped.outcome;
  }

  /** How an expectation line fared; empty for other nodes. */
  verdicts(id: NodeId = this.at): Verdict[] {
    const node = this.node(id);
    return node.item?.kind === "expect" ? this.judgeAt(node.item, node.parent) : [];
  }

  private judgeAt(item: Extract<Item, { kind: "expect" }>, parent: NodeId | null): Verdict[] {
    let n = parent === null ? null : this.node(parent);
    while (n !== null && n.kind !== "command") n = n.parent === null ? null : this.node(n.parent);
    const world = this.world(parent ?? 0);
    const before = n?.parent == null ? null : this.world(n.parent);
    const outcome = n === null ? null : this.outcome(n.id);
    return item.expectations.map((e) => judge({ world, before, outcome }, e));
  }

  /**
   * Plays lines after the current node and goes to the last of them. One wrong line and none is played. A line that
   * was already played from here is found, not played twice.
   */
  append(text: string): Appended {
    const parsed = parseLines(text, this.setup, this.current.scope);
    if (!parsed.ok) return parsed;
    const nodes: TimelineNode[] = [];
    for (const item of parsed.value.items) {
      const node = this.grow(this.at, item);
      this.enter(node.id);
      nodes.push(node);
    }
    this.changed();
    return { ok: true, nodes };
  }

  /** What one command would do here; nothing changes. */
  preview(text: string, id: NodeId = this.at): Preview {
    const node = this.node(id);
    const parsed = parseLines(text, node.setup, node.scope);
    if (!parsed.ok) return parsed;
    const item = parsed.value.items.find((i) => i.kind === "command");
    if (item === undefined)
      return {
        ok: false,
        problems: [
          { line: 1, column: 1, length: 1, message: "no command", expected: "a command", suggestion: null },
        ],
      };
    const { world, outcome } = step(this.world(id), item.action, { trace: true });
    return { ok: true, item, outcome, world };
  }

  goTo(id: NodeId): void {
    this.node(id);
    if (id === this.at) return;
    this.enter(id);
    this.changed();
  }

  /** To the command before this one (or the start); false at the start. */
  back(): boolean {
    let n = this.current;
    if (n.parent === null) return false;
    do n = this.node(n.parent as NodeId);
    while (n.kind !== "command" && n.parent !== null);
    this.goTo(n.id);
    return true;
  }

  /** To the next command along the branch visited last, or its end; false when there is nothing ahead. */
  forward(): boolean {
    let n = this.next(this.at);
    if (n === null) return false;
    while (n.kind !== "command") {
      const after = this.next(n.id);
      if (after === null) break;
      n = after;
    }
    this.goTo(n.id);
    return true;
  }

  relabel(id: NodeId, label: string | null): void {
    const node = this.node(id);
    const clean = label === null || label.trim() === "" ? null : label.trim();
    if (clean === node.label) return;
    this.all[id] = { ...node, label: clean };
    this.changed();
  }

  /** The script that leads to a node, canonically printed. */
  script(id: NodeId = this.at): string {
    const path = this.path(id);
    const lines = path.slice(1).map((n) => n.text);
    const header = path[0]?.text ?? "";
    return [...(header === "" ? [] : [header.replace(/\n$/, "")]), ...lines].map((l) => `${l}\n`).join("");
  }

  /**
   * Plays an edited text: what it shares with something already played is found, the rest is played, as a new branch
   * (or, with another header, from a new start). Goes to its end. Problems: nothing happens.
   */
  edit(text: string): Parsed<TimelineNode> {
    const parsed = parse(text);
    if (!parsed.ok) return parsed;
    this.play(parsed.value);
    this.changed();
    return { ok: true, value: this.current };
  }

  /** The same steps under another header. */
  editHeader(header: string, id: NodeId = this.at): Parsed<TimelineNode> {
    const steps = this.path(id).slice(1);
    return this.edit(`${header.replace(/\n?$/, "\n")}${steps.map((n) => `${n.text}\n`).join("")}`);
  }

  private play(script: Script): void {
    const firstOther = script.items.findIndex((i) => i.kind === "command" || i.kind === "expect");
    let split = 0;
    for (let i = 0; i < (firstOther === -1 ? script.items.length : firstOther); i++)
      if (script.items[i]?.kind === "header") split = i + 1;
    const header = printItems(script.items.slice(0, split));
    let at = this.all.find((n) => n.parent === null && n.text === header)?.id;
    if (at === undefined) {
      at = this.all.length;
      this.all.push({
        id: at,
        parent: null,
        kind: "start",
        text: header,
        item: null,
        children: [],
        label: null,
        step: 0,
        ok: true,
        rejected: false,
        errno: null,
        setup: script.setup,
        scope: EMPTY_SCOPE,
      });
    }
    this.at = at;
    for (const item of script.items.slice(split)) this.enter(this.grow(this.at, item).id);
  }

  /** The child of `parent` for this item, made and played unless it exists. */
  private grow(parent: NodeId, item: Item): TimelineNode {
    const from = this.node(parent);
    const text = printItem(item);
    // The latest child first: a long line of equal steps must not be searched from its far end.
    for (let i = from.children.length - 1; i >= 0; i--) {
      const child = this.node(from.children[i] as NodeId);
      if (child.text === text) return child;
    }
    const id = this.all.length;
    let ok = true;
    let rejected = false;
    let errno: Errno | null = null;
    let world: World | null = null;
    if (item.kind === "command") {
      const stepped = step(this.world(parent), item.action, { trace: true });
      ({ ok, rejected, errno } = stepped.outcome);
      world = stepped.world;
      this.outcomes.set(id, stepped.outcome);
    } else if (item.kind === "expect") ok = this.judgeAt(item, parent).every((v) => v.held);
    const node: TimelineNode = {
      id,
      parent,
      kind: item.kind === "command" ? "command" : item.kind === "expect" ? "expect" : "note",
      text,
      item,
      children: [],
      label: null,
      step: from.step + (item.kind === "command" ? 1 : 0),
      ok,
      rejected,
      errno,
      setup: from.setup,
      scope: item.kind === "command" && item.declares !== null ? from.scope.with(item.declares) : from.scope,
    };
    this.all.push(node);
    this.all[parent] = { ...from, children: [...from.children, id] };
    if (world !== null) this.worlds.keep(node.id, node.step, world);
    return node;
  }

  /** Stands at `id`; its path becomes the one that `forward()` follows. */
  private enter(id: NodeId): void {
    const old = this.at;
    this.at = id;
    for (let n = this.node(id); n.parent !== null; n = this.node(n.parent)) {
      this.visited.set(n.parent, n.id);
      // The path to where we stood is marked already.
      if (n.parent === old) break;
    }
  }

  private changed(): void {
    this.changes++;
    for (const listener of this.listeners) listener();
  }

  data(): SessionData {
    const starts: { id: NodeId; header: string }[] = [];
    const nodes: [NodeId, string][] = [];
    const labels: [NodeId, string][] = [];
    for (const n of this.all) {
      if (n.parent === null) starts.push({ id: n.id, header: n.text });
      nodes.push([n.parent ?? -1, n.parent === null ? "" : n.text]);
      if (n.label !== null) labels.push([n.id, n.label]);
    }
    return { starts, nodes, labels, current: this.at };
  }

  /** Rebuilds a session from its data, playing everything again. Lists every part that makes no sense. */
  static restore(data: SessionData): { ok: true; value: Session } | { ok: false; problems: string[] } {
    const problems: string[] = [];
    const s = new Session();
    const headers = new Map(data.starts.map((x) => [x.id, x.header]));
    /** Index in the file -> node here; they differ when the file holds a step twice. */
    const ids = new Map<number, NodeId>();
    for (const [index, [parent, text]] of data.nodes.entries()) {
      if (parent === -1) {
        const parsed = parse(headers.get(index) ?? "");
        if (!parsed.ok)
          problems.push(...parsed.problems.map((p) => `start ${index}, line ${p.line}: ${p.message}`));
        else if (parsed.value.items.some((i) => i.kind === "command" || i.kind === "expect"))
          problems.push(`start ${index}: its header holds commands`);
        else {
          s.play(parsed.value);
          ids.set(index, s.at);
        }
        continue;
      }
      if (parent >= index || parent < 0) {
        problems.push(`step ${index}: its parent ${parent} does not come before it`);
        continue;
      }
      const from = ids.get(parent);
      // The parent was already reported.
      if (from === undefined) continue;
      const at = s.node(from);
      const parsed = parseLines(text, at.setup, at.scope);
      if (!parsed.ok) {
        problems.push(...parsed.problems.map((p) => `step ${index}: ${p.message}`));
        continue;
      }
      let to = from;
      for (const item of parsed.value.items) to = s.grow(to, item).id;
      ids.set(index, to);
    }
    for (const [id, label] of data.labels) {
      const to = ids.get(id);
      if (to === undefined) problems.push(`label "${label}": there is no step ${id}`);
      else s.all[to] = { ...s.node(to), label };
    }
    const current = ids.get(data.current);
    if (current === undefined) problems.push(`there is no step ${data.current} to stand at`);
    if (problems.length > 0 || current === undefined) return { ok: false, problems };
    s.enter(current);
    s.changes = 0;
    return { ok: true, value: s };
  }
}
