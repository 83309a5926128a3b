/**
 * What stands in guest memory, guessed from what QEMU found there. A log names the addresses of STEs and CDs and shows
 * what came of them, never their contents; every line made here is marked as inferred.
 */
import { big, type LogEvent, num } from "./log-event.ts";
import type { ReplayStep, ScriptLine } from "./steps.ts";

type Known =
  | { readonly kind: "abort" | "bypass" | "error" | "translate" }
  | { readonly kind: "words"; readonly q0: bigint; readonly q1: bigint };

interface Stream {
  known: Known | null;
  /** Step whose command looked the STE up when nothing was known about it. */
  firstLookup: ReplayStep | null;
  /** Last step whose commands named this StreamID. */
  lastCfgi: ReplayStep | null;
  /** Commands have named it since a transaction showed what it says. */
  changed: boolean;
  /** CD written so far, with its address. */
  cd: string;
  /** Where the CD was made up. */
  madeUp: { readonly step: ReplayStep; readonly line: ScriptLine } | null;
}

interface Block {
  readonly content: string;
  step: ReplayStep;
  readonly line: ScriptLine;
}

const hex = (x: bigint | number): string => `0x${x.toString(16)}`;

interface Table {
  readonly streams: Map<number, Stream>;
  readonly blocks: Map<number, Block>;
}

/** Words of one lookup that QEMU made. */
export interface Lookup {
  readonly sid: number;
  readonly line: number;
  readonly l1: { readonly span: number; readonly ptr: bigint } | null;
  readonly found: boolean;
}

/** Lookups in a list of events, each with what followed it up to the next one. */
export function lookups(events: readonly LogEvent[]): { lookup: Lookup; after: LogEvent[] }[] {
  const out: { lookup: { -readonly [K in keyof Lookup]: Lookup[K] }; after: LogEvent[] }[] = [];
  for (const e of events) {
    const now = out[out.length - 1];
    if (e.name === "smmuv3_find_ste")
      out.push({ lookup: { sid: num(e.f, "sid"), line: e.line, l1: null, found: false }, after: [] });
    else if (e.name === "smmuv3_find_ste_2lvl" && now !== undefined)
      now.lookup.l1 = { span: Math.round(Math.log2(num(e.f, "max") + 1)), ptr: big(e.f, "l2ptr") };
    else if (e.name === "smmuv3_get_ste" && now !== undefined) now.lookup.found = true;
    else if (e.name === "smmuv3_cmdq_consume" || e.name === "smmuv3_cmdq_opcode") {
      if (now !== undefined)
        out.push({ lookup: { sid: -1, line: e.line, l1: null, found: false }, after: [] });
    } else now?.after.push(e);
  }
  return out.filter((x) => x.lookup.sid >= 0);
}

/** Inserted lines stand before the step's own command. */
function before(step: ReplayStep, line: ScriptLine): void {
  const at = step.lines.findIndex((l) => l.inferred === null);
  if (at < 0) step.lines.push(line);
  else step.lines.splice(at, 0, line);
}

/** Guest memory of one vSMMU. */
export class MemoryGuess {
  private readonly vsmmu: string;
  /** By table base: a guest may come back to an old table. */
  private readonly tables = new Map<bigint, Table>();
  private streams = new Map<number, Stream>();
  private blocks = new Map<number, Block>();
  private split = 8;
  /** First step after the stream table was set up: what no command named later must stand there by then. */
  private tableStep: ReplayStep | null = null;
  private tableNew = true;
  /** Contents come from notes beside the log. */
  told = false;

  constructor(vsmmu: string) {
    this.vsmmu = vsmmu;
  }

  /** STRTAB_BASE. */
  setTable(base: bigint): void {
    let t = this.tables.get(base);
    if (t === undefined) {
      t = { streams: new Map(), blocks: new Map() };
      this.tables.set(base, t);
    }
    this.streams = t.streams;
    this.blocks = t.blocks;
    this.tableNew = true;
  }

  /** STRTAB_BASE_CFG. */
  setSplit(cfg: number): void {
    const split = (cfg >> 6) & 0x1f;
    this.split = split === 8 || split === 10 ? split : 6;
    this.tableNew = true;
  }

  /** A step that is neither of the two writes. */
  another(step: ReplayStep): void {
    if (!this.tableNew) return;
    this.tableNew = false;
    this.tableStep = step;
  }

  private stream(sid: number): Stream {
    let s = this.streams.get(sid);
    if (s === undefined) {
      s = { known: null, firstLookup: null, lastCfgi: null, changed: true, cd: "", madeUp: null };
      this.streams.set(sid, s);
    }
    return s;
  }

  /** A command named this StreamID. */
  configured(sid: number, step: ReplayStep): void {
    const s = this.stream(sid);
    s.lastCfgi = step;
    s.changed = true;
  }

  /** The STE was stored; the exact words are known from notes. */
  stored(sid: number, q0: bigint, q1: bigint): void {
    this.stream(sid).known = { kind: "words", q0, q1 };
  }

  /** QEMU walked the table for `l.sid` in `step`. */
  looked(l: Lookup, step: ReplayStep): void {
    this.level1(l, step);
    const s = this.stream(l.sid);
    if (l.found && s.known === null && s.firstLookup === null) s.firstLookup = step;
  }

  /** A lookup of an old release did nothing: what a later one installs was not there yet. */
  quiet(sid: number, step: ReplayStep, line: number): void {
    const s = this.stream(sid);
    s.firstLookup = null;
    if (this.told || s.known?.kind !== "words") return;
    s.known = { kind: "abort" };
    before(step, {
      text: this.steText(sid, s.known),
      inferred: `line ${line}: nothing was installed, so it is no translate STE`,
    });
  }

  private level1(l: Lookup, step: ReplayStep): void {
    const block = l.sid >> this.split;
    if (l.l1 === null) {
      if (l.found || !this.blocks.has(block)) return;
      this.blocks.delete(block);
      before(step, {
        text: `l1std ${this.vsmmu} ${hex(l.sid)} span=0`,
        inferred: `line ${l.line}: the walk ends at level 1`,
      });
      return;
    }
    const content = `${l.l1.span},${l.l1.ptr}`;
    const old = this.blocks.get(block);
    if (old !== undefined && old.content === content) {
      if (old.step.first <= step.first) return;
      // Another stream of the block needs the descriptor earlier.
      old.step.lines.splice(old.step.lines.indexOf(old.line), 1);
      old.step = step;
      before(step, old.line);
      return;
    }
    const line: ScriptLine = {
      text: `l1std ${this.vsmmu} ${hex(l.sid)} span=${l.l1.span} ptr=${hex(l.l1.ptr)}`,
      inferred: `line ${l.line}: what the walk found`,
    };
    this.blocks.set(block, { content, step, line });
    before(step, line);
  }

  /** The accelerated SMMU installed, or refused, what the STE said. */
  installed(sid: number, step: ReplayStep, found: Known, line: number): void {
    if (this.told) return;
    const s = this.stream(sid);
    if (s.known !== null && same(s.known, found)) return;
    const at = s.known === null && s.firstLookup !== null ? s.firstLookup : step;
    const fresh =
      found.kind === "words" && ((found.q0 >> 1n) & 5n) === 5n ? this.contextOf(s, sid, found.q0) : null;
    s.known = found;
    before(at, { text: this.steText(sid, found), inferred: `line ${line}: ${steWhy(found)}` });
    if (fresh === null) return;
    before(at, fresh);
    s.madeUp = { step: at, line: fresh };
  }

  /** The SMMU reported C_BAD_CD: the CD that was made up for the stream is none. */
  badCd(sid: number, line: number): void {
    const { madeUp } = this.stream(sid);
    if (madeUp === null) return;
    const at = madeUp.step.lines.indexOf(madeUp.line);
    const text = `cd ${this.vsmmu} ${hex(sid)} v=0`;
    if (at >= 0 && madeUp.line.text !== text)
      madeUp.step.lines[at] = { text, inferred: `line ${line}: C_BAD_CD` };
    this.stream(sid).madeUp = null;
  }

  /** A CD where a translate STE points to one that no line has described. */
  private contextOf(s: Stream, sid: number, q0: bigint): ScriptLine | null {
    const ptr = q0 & 0x00ff_ffff_ffff_ffc0n;
    const key = `@${ptr}`;
    if (s.cd === key) return null;
    s.cd = key;
    return {
      text: `cd ${this.vsmmu} ${hex(sid)}`,
      inferred: "a translate STE needs a CD; the log does not show it",
    };
  }

  private steText(sid: number, known: Known): string {
    const to = `ste ${this.vsmmu} ${hex(sid)}`;
    switch (known.kind) {
      case "words":
        return `${to} q0=${hex(known.q0)} q1=${hex(known.q1)}`;
      case "error":
        return `${to} q0=0xd`;
      default:
        return `${to} ${known.kind}`;
    }
  }

  /** A transaction ended so, in a log that does not show how its configuration was fetched. */
  acted(sid: number, kind: "abort" | "bypass" | "translate", line: number, here: ReplayStep | null): void {
    const s = this.stream(sid);
    if (this.told || !s.changed) return;
    s.changed = false;
    const at = s.lastCfgi ?? this.tableStep ?? here;
    if (at === null || s.known?.kind === kind) return;
    s.known = { kind };
    before(at, { text: this.steText(sid, s.known), inferred: `line ${line}: ${steWhy(s.known)}` });
  }

  /**
   * An emulated function's transaction missed the configuration cache: its STE (and CD) were read now, and must have
   * been written before the last command that named the stream.
   */
  fetched(events: readonly LogEvent[], here: ReplayStep | null): void {
    if (this.told) return;
    const [found] = lookups(events);
    if (found === undefined) return;
    const { lookup, after } = found;
    const s = this.stream(lookup.sid);
    const at = s.lastCfgi ?? this.tableStep ?? here;
    if (at === null) return;
    this.level1(lookup, at);
    if (!lookup.found) return;
    const cd = after.find((e) => e.name === "smmuv3_get_cd");
    const end = events[events.length - 1];
    const known = fetchedSte(cd, end);
    if (known === null) return;
    if (s.known === null || !same(s.known, known)) {
      s.known = known;
      before(at, {
        text: this.steText(lookup.sid, known),
        inferred: `line ${lookup.line}: ${steWhy(known)}`,
      });
    }
    const tt = after.find((e) => e.name === "smmuv3_decode_cd_tt" && num(e.f, "n") === 0);
    if (cd === undefined || tt === undefined) return;
    const asid = after.find((e) => e.f.asid !== undefined);
    const tg = { 12: 0, 16: 1, 14: 2 }[num(tt.f, "granule_sz")] ?? 0;
    const fields = [
      asid === undefined ? null : `asid=${num(asid.f, "asid")}`,
      `ttb0=${hex(big(tt.f, "ttb"))}`,
      `t0sz=${num(tt.f, "tsz")}`,
      `tg0=${tg}`,
    ]
      .filter((x) => x !== null)
      .join(" ");
    const described = `${big(cd.f, "addr")} ${fields}`;
    if (s.cd === described) return;
    s.cd = described;
    before(at, {
      text: `cd ${this.vsmmu} ${hex(lookup.sid)} ${fields}`,
      inferred: `line ${tt.line}: the CD as decoded`,
    });
  }
}

function fetchedSte(cd: LogEvent | undefined, end: LogEvent | undefined): Known | null {
  if (cd !== undefined) return { kind: "words", q0: 0xbn | big(cd.f, "addr"), q1: 0n };
  if (end?.name === "smmuv3_translate_abort") return { kind: "abort" };
  if (end?.name === "smmuv3_translate_bypass") return { kind: "bypass" };
  return null;
}

const same = (a: Known, b: Known): boolean =>
  a.kind === b.kind && (a.kind !== "words" || (b.kind === "words" && a.q0 === b.q0 && a.q1 === b.q1));

function steWhy(k: Known): string {
  switch (k.kind) {
    case "words":
      return "the words QEMU used; masked bits are not known";
    case "abort":
      return "it acted as abort (Config 0, or V=0)";
    case "bypass":
      return "it acted as bypass";
    case "translate":
      return "a transaction was translated; the log does not show the STE";
    case "error":
      return "QEMU refused its Config (6 or 7)";
  }
}
