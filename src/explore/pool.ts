/**
 * A search by several threads. Every thread knows every state; each goes on from them by its own moves and answers its
 * own questions. The states are cut into slices, and what comes back is entered slice by slice, state by state, move by
 * move. So the numbers of states, the counts and the ways are those of the search by one thread, whoever was faster.
 */
import { Receiver, Sender } from "./exchange.ts";
import type { Found, FromExpander, ToExpander } from "./expander.ts";
import type { JobSpec } from "./job-data.ts";
import type { Search } from "./search.ts";
import { Shares } from "./shares.ts";
import { grown } from "./slots.ts";

/** A thread with an expander in it (expander.ts: expanderService): a worker of the page, a thread of Node, or a test's. */
export interface Peer {
  send(message: ToExpander): void;
  /** Called once; `broken` when the thread itself fails. */
  listen(hear: (message: FromExpander) => void, broken: (error: Error) => void): void;
  end(): void;
}

/** Orders that wait at a thread: while one is on its way back the next is at work. */
const AHEAD = 2;
/** Slices that may be open: how far one thread may be ahead of another. */
const OPEN = 6;
const LEAST = 16;
const MOST = 512;

interface Slice {
  readonly no: number;
  readonly from: number;
  readonly count: number;
  /** By thread. */
  readonly moves: readonly (readonly number[])[];
  readonly found: (Found | null)[];
  /** Threads it has not gone to yet. */
  next: number[];
  missing: number;
}

/** What the search and one thread know of each other. */
class Line {
  readonly peer: Peer;
  readonly sender: Sender;
  readonly receiver: Receiver;
  busy = 0;
  /** States it was told of. */
  told = 0;
  /** The thread's place of states that it found itself, by their number; else 0. Complemented, so that 0 is nothing. */
  private places = new Int32Array(1024);

  constructor(peer: Peer, search: Search) {
    this.peer = peer;
    this.sender = new Sender(search.space.slots);
    this.receiver = new Receiver(search.space.slots);
  }

  foundAt(state: number, place: number): void {
    if (state < this.told) return;
    while (state >= this.places.length) this.places = grown(this.places);
    this.places[state] = ~place;
  }

  /** States up to a number, as the thread's next order brings them. */
  states(search: Search, to: number): Int32Array {
    const { width } = search.space;
    const out = new Int32Array((to - this.told) * (width + 1));
    const one = new Int32Array(width);
    let at = 0;
    for (let state = this.told; state < to; state++) {
      const place = state < this.places.length ? (this.places[state] as number) : 0;
      if (place !== 0) {
        out[at++] = ~place;
        continue;
      }
      search.store.read(state, one);
      out[at++] = -1;
      for (let g = 0; g < width; g++) {
        const id = one[g] as number;
        this.sender.mention(g, id);
        out[at++] = id;
      }
    }
    this.told = to;
    return out.slice(0, at);
  }
}

export class Pool {
  private readonly search: Search;
  private readonly lines: readonly Line[];
  private readonly shares: Shares;
  /** Open slices, in their order. */
  private readonly slices: Slice[] = [];
  private nextNo = 0;
  /** First state that is in no slice yet. */
  private handedOut: number;
  /** By question and classes: the first state that was answered so. */
  private readonly answers = new Map<string, { state: number; q: number; classes: readonly string[] }>();

  constructor(search: Search, spec: JobSpec, peers: readonly Peer[]) {
    this.search = search;
    this.lines = peers.map((p) => new Line(p, search));
    this.handedOut = search.expanded;
    this.shares = new Shares(search.space.loads, search.questionLoads, peers.length);
    const { questions } = this.shares;
    for (const [t, peer] of peers.entries())
      peer.send({ kind: "open", spec, questions: questions[t] as readonly number[] });
  }

  /** Resolves when the search is over; `tell` after every answer of a thread. The peers are ended. */
  run(tell: () => void = () => {}): Promise<void> {
    const { lines } = this;
    return new Promise<void>((resolve, reject) => {
      let over = false;
      const end = (error: Error | null): void => {
        if (over) return;
        over = true;
        for (const { peer } of lines) peer.end();
        if (error === null) resolve();
        else reject(error);
      };
      const guarded = (work: () => void): void => {
        if (over) return;
        try {
          work();
        } catch (error) {
          end(error as Error);
        }
      };
      const go = (): void => {
        if (this.goOn()) end(null);
      };
      for (const line of lines)
        line.peer.listen(
          (message) =>
            guarded(() => {
              if (message.kind === "failed") throw new Error(message.message);
              this.take(line, message.no, message.found);
              tell();
              go();
            }),
          (error) => end(error),
        );
      guarded(go);
    });
  }

  /** Hands out what there is to do; true if all is done. */
  private goOn(): boolean {
    const { search, lines, slices } = this;
    if (search.ending === null && slices.length === 0 && search.reachable <= this.handedOut) search.settle();
    if (search.ending === null) {
      this.cut();
      for (const [t, line] of lines.entries())
        while (line.busy < AHEAD) {
          const slice = slices.find((s) => s.next.includes(t));
          if (slice === undefined) break;
          slice.next = slice.next.filter((x) => x !== t);
          this.order(t, slice);
        }
      return false;
    }
    // Of the last states nobody was asked anything yet.
    const { questions } = this.shares;
    for (const [t, line] of lines.entries())
      if ((questions[t] as readonly number[]).length > 0 && line.told < search.counts.states) this.order(t, null);
    return lines.every((l) => l.busy === 0);
  }

  private cut(): void {
    const { search, slices } = this;
    while (slices.length < OPEN) {
      const left = search.reachable - this.handedOut;
      if (left <= 0) return;
      const count = Math.min(left, Math.max(LEAST, Math.min(MOST, Math.ceil(left / AHEAD))));
      const { moves } = this.shares;
      const next = moves.flatMap((list, t) => (list.length > 0 ? [t] : []));
      slices.push({
        no: this.nextNo++,
        from: this.handedOut,
        count,
        moves,
        found: moves.map(() => null),
        next,
        missing: next.length,
      });
      this.handedOut += count;
    }
  }

  /** Sends a slice to a thread, or nothing but what is new. */
  private order(t: number, slice: Slice | null): void {
    const line = this.lines[t] as Line;
    const states = line.states(this.search, this.search.counts.states);
    const { from, count, moves } = slice ?? { from: 0, count: 0, moves: [] };
    line.busy++;
    line.peer.send({
      kind: "expand",
      no: slice?.no ?? -1,
      order: { news: line.sender.news(), states, from, count, moves: moves[t] ?? [] },
    });
  }

  private take(line: Line, no: number, found: Found): void {
    line.busy--;
    // Numbers are told in the order of a thread's messages, whatever the order in which they are entered.
    line.receiver.hear(found.news);
    this.hear(found.answers);
    const slice = this.slices.find((s) => s.no === no);
    if (slice === undefined) return;
    slice.found[this.lines.indexOf(line)] = found;
    slice.missing--;
    while (this.slices[0]?.missing === 0 && this.search.ending === null) {
      const done = this.slices.shift() as Slice;
      this.enter(done);
      this.shares.note(
        done.moves,
        done.found.map((f) => f?.ms ?? 0),
      );
    }
  }

  /** The first state of each answer is the one that counts, whoever is first to tell. */
  private hear(answers: Found["answers"]): void {
    let more = false;
    for (const [state, q, classes] of answers) {
      const key = `${q}\n${classes.join("\n")}`;
      const known = this.answers.get(key);
      if (known !== undefined && known.state <= state) continue;
      this.answers.set(key, { state, q, classes });
      more = true;
    }
    if (more) this.search.noteAll([...this.answers.values()].sort((a, b) => a.state - b.state || a.q - b.q));
  }

  private enter(slice: Slice): void {
    const { search, lines } = this;
    const { width } = search.space;
    const parts = slice.found.flatMap((f, t) => (f === null ? [] : [{ f, line: lines[t] as Line, at: 0 }]));
    const to = new Int32Array(width);
    const size = width + 3;
    for (let n = 0; n < slice.count; n++) {
      if (!search.begin(slice.from + n)) return;
      for (;;) {
        // Of what the threads have of this state, the least move.
        let next: (typeof parts)[number] | null = null;
        let least = Number.POSITIVE_INFINITY;
        for (const p of parts) {
          if (p.at >= p.f.records.length || p.f.records[p.at] !== n) continue;
          const move = (p.f.records[p.at + 1] as number) & 0xffff;
          if (move >= least) continue;
          least = move;
          next = p;
        }
        if (next === null) break;
        const { records } = next.f;
        const { line, at } = next;
        for (let g = 0; g < width; g++) to[g] = line.receiver.state(g, records[at + 3 + g] as number);
        const state = search.found(to, slice.from + n, records[at + 1] as number);
        line.foundAt(state < 0 ? ~state : state, records[at + 2] as number);
        next.at += size;
      }
      let transitions = 0;
      for (const { f } of parts) transitions += f.transitions[n] as number;
      search.finish(slice.from + n, transitions);
    }
  }
}
