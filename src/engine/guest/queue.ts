/** Guest software's command queue: programming it, filling entries, ringing the doorbell, reading back how it went. */
import type { GuestCommand } from "../actions.ts";
import { READY } from "../arch/commands.ts";
import { ARCH_RULES, type ArchRule } from "../arch/rules.ts";
import type { Rule } from "../rules.ts";
import { cmdqBase, eventqBase, QUEUE_LOG2 } from "./layout.ts";
import { guestWrite } from "./mmio.ts";
import { CR0_CMDQEN, QUEUE_ADDR, REG } from "./regs.ts";
import type { GuestRule } from "./rules.ts";
import { loadReg, readReg, type Software, smmuOf } from "./software.ts";
import { guestStoreWords } from "./store.ts";
import type { GuestResult } from "./types.ts";

/** Rules that a write follows without anything being refused. */
const ORDINARY: ReadonlySet<string> = new Set<ArchRule>([
  "A-GBPA-UPDATE",
  "A-CMD-OFF",
  // Drivers clear registers that need not exist, as Linux does with the MSI ones.
  "A-REG-FEATURE",
]);

/** Collects what several writes of one verb gave. */
export class Report {
  readonly messages: string[] = [];
  errno: GuestResult["errno"] = null;
  ok = true;

  add(r: {
    readonly ok: boolean;
    readonly errno: GuestResult["errno"];
    readonly messages: readonly string[];
  }): void {
    this.messages.push(...r.messages);
    this.errno ??= r.errno;
    this.ok &&= r.ok;
  }

  /** What the architecture refused of a write comes after what QEMU printed. */
  note(notes: readonly string[]): void {
    const rules: Readonly<Record<string, Rule>> = ARCH_RULES;
    for (const n of notes) {
      if (ORDINARY.has(n)) continue;
      const rule = rules[n];
      this.messages.push(`architecture: ${rule === undefined ? n : `${rule.text} (${n})`}`);
    }
  }

  done(result: GuestResult["result"] = null): GuestResult {
    return { ok: this.ok, rejected: false, errno: this.errno, messages: this.messages, result };
  }
}

/** Something guest software did without being told: said, and traced with its rule. */
export function told(g: Software, report: Report, rule: GuestRule, text: string): void {
  g.cx.t.rule(rule, text);
  report.messages.push(`guest: ${text}`);
}

export const rejected = (why: string): GuestResult => ({
  ok: false,
  rejected: true,
  errno: null,
  messages: [why],
  result: null,
});

type Reg = { readonly offset: number; readonly size: 4 | 8 };

/** A register write whose handshake completes at once. */
export function put(g: Software, report: Report, reg: Reg, value: bigint, late = false): void {
  const w = guestWrite(g.cx, g.ports.mmio, g.v, reg.offset, reg.size, value, { wait: true, late });
  report.add(w);
  report.note(w.notes);
}

const RA = 1n << 62n;

/** Programs the command queue if this guest has not since the last system reset (rule G-CMDQ-SETUP). */
export function ensureCmdq(g: Software, report: Report): void {
  const { sw } = smmuOf(g);
  if (sw.cmdqReady) return;
  told(g, report, "G-CMDQ-SETUP", `command queue programmed first (2^${QUEUE_LOG2} entries)`);
  put(g, report, REG.CMDQ_BASE, cmdqBase(g.v, sw.gen) | RA | BigInt(QUEUE_LOG2), true);
  put(g, report, REG.CMDQ_PROD, 0n, true);
  put(g, report, REG.CMDQ_CONS, 0n, true);
}

/** Programs the event queue if this guest has not since the last system reset. */
export function ensureEventq(g: Software, report: Report): void {
  const { sw } = smmuOf(g);
  if (sw.evtqReady) return;
  told(g, report, "G-LATE-SETUP", `event queue programmed first (2^${QUEUE_LOG2} entries)`);
  put(g, report, REG.EVENTQ_BASE, eventqBase(g.v, sw.gen) | RA | BigInt(QUEUE_LOG2), true);
  put(g, report, REG.EVENTQ_PROD, 0n, true);
  put(g, report, REG.EVENTQ_CONS, 0n, true);
}

/** GERROR.CMDQ_ERR is active in the register file the guest sees. */
export function queueStopped(g: Software): boolean {
  return ((readReg(g, REG.GERROR) ^ readReg(g, REG.GERRORN)) & 1n) !== 0n;
}

const CERROR: Readonly<Record<number, string>> = {
  1: "CERROR_ILL",
  2: "CERROR_ABT",
  3: "CERROR_ATC_INV_SYNC",
};

export function cerrorName(cons: bigint): string {
  const code = Number((cons >> 24n) & 0x7fn);
  return CERROR[code] ?? `CERROR ${code}`;
}

/** Entries, then one doorbell; false if they do not fit. */
function enqueue(g: Software, report: Report, cmds: readonly GuestCommand[]): boolean {
  const base = readReg(g, REG.CMDQ_BASE);
  const log2 = base & 31n;
  const size = 1n << log2;
  const mask = 2n * size - 1n;
  let prod = readReg(g, REG.CMDQ_PROD) & mask;
  const cons = readReg(g, REG.CMDQ_CONS) & mask;
  if (((prod - cons) & mask) + BigInt(cmds.length) > size) return false;
  for (const { q0, q1 } of cmds) {
    const addr = (base & QUEUE_ADDR & ~(size * 16n - 1n)) + (prod & (size - 1n)) * 16n;
    if (!guestStoreWords(g.cx, addr, [q0, q1])) {
      report.messages.push("guest: the command queue is not backed by RAM");
      report.ok = false;
    }
    prod = (prod + 1n) & mask;
  }
  put(g, report, REG.CMDQ_PROD, prod);
  return true;
}

export interface SubmitOptions {
  readonly sync: boolean;
  readonly cmdqen: "auto" | "asis";
}

/**
 * One command, with a SYNC behind it unless told otherwise, as one doorbell (rules G-CMD-1 … G-CMD-4). The result says
 * whether the queue took it and, if it stopped, on which error.
 */
export function submit(g: Software, cmd: GuestCommand, opts: SubmitOptions): GuestResult {
  const report = new Report();
  ensureCmdq(g, report);
  const cmds = opts.sync ? [cmd, READY.syncSev] : [cmd];
  const stoppedBefore = queueStopped(g);
  const cr0 = readReg(g, REG.CR0);
  const enable = opts.cmdqen === "auto" && (cr0 & CR0_CMDQEN) === 0n;
  if (enable) {
    told(g, report, "G-CMD-2", "CMDQEN set around the command");
    put(g, report, REG.CR0, cr0 | CR0_CMDQEN);
  }
  const fits = enqueue(g, report, cmds);
  // Waiting for the SYNC is a load of CONS (more than one would show the same).
  const cons = opts.sync && fits ? loadReg(g, REG.CMDQ_CONS) : readReg(g, REG.CMDQ_CONS);
  const prod = readReg(g, REG.CMDQ_PROD);
  const consumed = (cons & 0xfffffn) === (prod & 0xfffffn);
  const stopped = queueStopped(g);
  if (enable) put(g, report, REG.CR0, cr0);
  if (!fits) {
    told(g, report, "G-CMD-4", "the command queue is full");
    report.ok = false;
  } else if (stopped) {
    report.ok = false;
    const error = cerrorName(cons);
    if (stoppedBefore)
      told(g, report, "G-CMD-3", `queued only, the queue is stopped on ${error} (recover first)`);
    else report.messages.push(`guest: the queue stopped on ${error} at entry ${cons & 0xfffffn}`);
  } else if (!consumed) {
    told(g, report, "G-CMD-2", "queued only, CMDQEN=0");
  }
  return report.done({ consumed, cerror: stopped ? cerrorName(cons) : null });
}
