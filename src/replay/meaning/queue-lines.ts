/** Register writes and the commands they ran, as script lines. */
import { findRegister } from "../../engine/arch/registers.ts";
import { A_CMDQ_PROD } from "../../engine/qemu/smmuv3-regs.ts";
import {
  type Consumed,
  commandLine,
  commandText,
  commandTitle,
  commandWords,
  type GuessedCommand,
  guessCommand,
} from "./commands.ts";
import type { ReplayStep } from "./steps.ts";
import type { VsmmuTrack } from "./vsmmus.ts";

const hex = (x: bigint | number): string => `0x${x.toString(16)}`;

const SYNC: Consumed = { cons: -1, prod: -1, opcode: "SYNC", line: 0, details: [], error: 0 };

/** Most entries that are made up for one write. */
const UNSEEN = 4096;

const PLAIN_SYNC = guessCommand(SYNC, 0);

/** Registers that QEMU logs by their page-0 alias and that live in page 1. */
const PAGE1 = 0x10000;

/** `GBPA`, or the offset when there is no such register. */
export function registerName(offset: number): { readonly name: string; readonly size: 4 | 8 } {
  const reg = findRegister(offset) ?? findRegister(offset + PAGE1) ?? findRegister(offset & ~PAGE1);
  return reg === null ? { name: hex(offset), size: 4 } : { name: reg.name, size: reg.size };
}

export function writeLine(vsmmu: string, offset: number, size: number, value: bigint): string {
  const reg = registerName(offset);
  return `write ${vsmmu} ${reg.name} ${hex(value)}${size === reg.size ? "" : ` size=${size}`}`;
}

export interface QueueWork {
  readonly commands: readonly Consumed[];
  readonly guessed: readonly GuessedCommand[];
  readonly title: string | null;
}

/** The commands of one write. `assume` gets every guess that matters. */
export function queueWork(
  commands: readonly Consumed[],
  lastSid: number,
  assume: (text: string, line: number) => void,
): QueueWork {
  let sid = lastSid;
  const guessed: GuessedCommand[] = [];
  for (const c of commands) {
    const g = guessCommand(c, sid);
    if (g.sid !== null) sid = g.sid;
    if (g.guess !== null && c.opcode !== null) assume(`${c.opcode}: ${g.guess}`, c.line);
    guessed.push(g);
  }
  const titles = guessed
    .filter((g, i) => g.name !== "SYNC" && commands[i]?.opcode !== null)
    .map(commandTitle);
  return {
    commands,
    guessed,
    title: titles.length === 0 ? (guessed.length > 0 ? "SYNC" : null) : fold(titles),
  };
}

/** `34 × TLBI_NH_VA` when there are many. */
function fold(titles: readonly string[]): string {
  if (titles.length <= 2) return titles.join(", ");
  const kinds = new Map<string, number>();
  for (const t of titles) {
    const kind = t.split(" ")[0] as string;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([k, n]) => (n === 1 ? k : `${n} × ${k}`)).join(", ");
}

/** Stores what the queue must hold for the commands to be what they were. */
function place(
  v: VsmmuTrack,
  step: ReplayStep,
  index: number,
  g: GuessedCommand,
  inferred: string | null,
): void {
  const slot = v.slot(index);
  const { rest } = commandText(g);
  if (v.queue.get(slot) === rest) return;
  v.queue.set(slot, rest);
  step.lines.push({ text: `store ${hex(v.entry(index))} ${commandWords(g)}`, inferred });
}

/**
 * Script lines of a write that ran (or could have run) commands. One command with or without its SYNC behind an empty
 * queue is a `cfgi` or `cmd`; anything else is stored entry by entry and followed by the write itself.
 */
export function queueLines(
  v: VsmmuTrack,
  step: ReplayStep,
  work: QueueWork,
  offset: number,
  size: number,
  value: bigint,
): void {
  const { commands, guessed } = work;
  if (commands.length > 0) v.commandsSeen = true;
  const first = commands[0];
  if (first === undefined) {
    // Commands are not logged at all: what the queue holds is not known, and must not stop it.
    const end = offset === A_CMDQ_PROD && !v.commandsSeen ? Number(value & 0xf_ffffn) : v.prod;
    for (let i = v.prod; v.distance(i, end) > 0 && v.distance(v.prod, end) < UNSEEN; i++)
      place(v, step, i, PLAIN_SYNC, "the log does not show commands: taken for SYNC");
    step.lines.push({ text: writeLine(v.name, offset, size, value), inferred: null });
    return;
  }
  if (offset === A_CMDQ_PROD) {
    const entries = v.distance(v.prod, Number(value & 0xf_ffffn));
    const g = guessed[0] as GuessedCommand;
    const alone = v.prod === v.cons && v.slot(v.prod) === first.cons && first.opcode !== null;
    const second = commands[1];
    const simple =
      alone &&
      ((entries === 1 && commands.length === 1) ||
        (entries === 2 &&
          commands.length <= 2 &&
          (second === undefined || isPlainSync(guessed[1] as GuessedCommand))));
    if (simple && (g.name !== "SYNC" || entries === 1)) {
      const text = commandText(g);
      v.queue.set(v.slot(v.prod), text.rest);
      if (entries === 2) v.queue.set(v.slot(v.prod + 1), commandText(PLAIN_SYNC).rest);
      step.lines.push({ text: commandLine(v.name, text, entries === 2), inferred: null });
      return;
    }
    // Entries that an error kept from running are not in the log: they lie behind the last one that is.
    const last = commands[commands.length - 1] as Consumed;
    if (last.cons >= 0)
      for (let index = last.cons + 1; v.slot(index) !== v.slot(Number(value & 0xf_ffffn)); index++)
        place(v, step, index, PLAIN_SYNC, "queued, and not run: taken for SYNC");
  }
  for (const [i, c] of commands.entries())
    if (c.opcode !== null && c.cons >= 0) place(v, step, c.cons, guessed[i] as GuessedCommand, null);
  step.lines.push({ text: writeLine(v.name, offset, size, value), inferred: null });
}

function isPlainSync(g: GuessedCommand): boolean {
  return g.name === "SYNC" && g.fields.cs === 2n;
}
