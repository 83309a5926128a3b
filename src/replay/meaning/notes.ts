/** Notes beside a log: `.steps.txt` of the accelerated recordings and `.console.txt` of the emulated ones. */

export type NoteKind = "step" | "section" | "memory" | "dma" | "host-ste" | "console" | "command" | "other";

export interface Note {
  readonly kind: NoteKind;
  /** Lines in the log when the note was written. */
  readonly line: number;
  /** Lines in the host log, or null. */
  readonly host: number | null;
  readonly tag: string;
  readonly text: string;
}

const LINE = /^(?:\d+(?:\.\d+)?\s+)?line=(\d+)(?:\s+host=(\d+))?\s+([A-Z][A-Z-]*)\s?(.*)$/;
const MAX_TEXT = 400;

function kindOf(tag: string, text: string): NoteKind {
  switch (tag) {
    case "STEP":
      if (text.startsWith("== ")) return "section";
      return /memory: STE of SID 0x[0-9a-f]+ := /i.test(text) ? "memory" : "step";
    case "DMA":
      return "dma";
    case "HOST-STE":
      return "host-ste";
    case "CONSOLE":
      return "console";
    case "QMP-CMD":
    case "GUEST-CMD":
      return "command";
    default:
      return "other";
  }
}

/** Lines of another form are skipped. */
export function parseNotes(text: string): Note[] {
  const out: Note[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const m = LINE.exec(raw);
    if (m === null) continue;
    const tag = m[3] as string;
    const whole = m[4] as string;
    const body = tag === "START" ? whole : whole.slice(0, MAX_TEXT);
    out.push({
      kind: kindOf(tag, body),
      line: Number(m[1]),
      host: m[2] === undefined ? null : Number(m[2]),
      tag,
      text: body,
    });
  }
  return out;
}

/** `memory: STE of SID 0x200 := translate (0x4882000b,0xd4)`. */
export interface MemoryNote {
  readonly sid: number;
  readonly label: string;
  readonly q0: bigint;
  readonly q1: bigint;
}

export function memoryNote(n: Note): MemoryNote | null {
  const m = /STE of SID (0x[0-9a-f]+) := (.*?)\s*\((0x[0-9a-f]+),(0x[0-9a-f]+)\)\s*$/i.exec(n.text);
  if (m === null) return null;
  return {
    sid: Number(m[1]),
    label: m[2] as string,
    q0: BigInt(m[3] as string),
    q1: BigInt(m[4] as string),
  };
}

/** `A: write to 0x4b000000 landed; write to IOVA 0x8b000000 did not land => BYPASS (…)`. */
export interface DmaNote {
  readonly device: string;
  readonly direct: bigint;
  readonly directLanded: boolean;
  readonly iova: bigint;
  readonly iovaLanded: boolean;
  readonly verdict: "BYPASS" | "TRANSLATED" | "BLOCKED";
}

export function dmaNote(n: Note): DmaNote | null {
  const m =
    /^(\S+): write to (0x[0-9a-f]+) (landed|did not land); write to IOVA (0x[0-9a-f]+) (landed|did not land).*=> (BYPASS|TRANSLATED|BLOCKED)/i.exec(
      n.text,
    );
  if (m === null) return null;
  return {
    device: m[1] as string,
    direct: BigInt(m[2] as string),
    directLanded: m[3] === "landed",
    iova: BigInt(m[4] as string),
    iovaLanded: m[5] === "landed",
    verdict: m[6] as DmaNote["verdict"],
  };
}

/** `A: S1+S2 vmid=1 [4882000f,800d4,44c359400000001,4497a000]`. */
export interface HostSteNote {
  readonly device: string;
  readonly kind: string;
  readonly vmid: number;
  readonly words: readonly bigint[];
}

export function hostSteNote(n: Note): HostSteNote | null {
  const m = /^(\S+): (\S+) vmid=(\d+) \[([0-9a-f,]+)\]/i.exec(n.text);
  if (m === null) return null;
  return {
    device: m[1] as string,
    kind: m[2] as string,
    vmid: Number(m[3]),
    words: (m[4] as string).split(",").map((w) => BigInt(`0x${w}`)),
  };
}

/** Notes' device letters by VFIO name, from the command line of the START note: `host=0000:01:00.0,id=devA`. */
export function deviceLetters(notes: readonly Note[]): Map<string, string> {
  const out = new Map<string, string>();
  for (const n of notes) {
    if (n.tag !== "START" && n.tag !== "QMP-CMD") continue;
    for (const m of n.text.matchAll(/host=([0-9a-f:.]+),id=([A-Za-z0-9_]+)/g))
      out.set((m[2] as string).slice(-1), m[1] as string);
    const add = /"host": "([0-9a-f:.]+)", "id": "([A-Za-z0-9_]+)"/.exec(n.text);
    if (add !== null) out.set((add[2] as string).slice(-1), add[1] as string);
  }
  return out;
}
