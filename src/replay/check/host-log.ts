/** Commands that reached the physical SMMU: its own trace against what the model's host kernel issued. */
import { commandName } from "../../engine/arch/commands.ts";
import { eventSpec, readEvent } from "../events/table.ts";
import { big, num } from "../meaning/log-event.ts";
import type { Note } from "../meaning/notes.ts";
import { skipPrefix } from "../reader/lines.ts";
import { align } from "./align.ts";
import type { HostCommand } from "./model-events.ts";
import type { Tallies } from "./result.ts";

interface Logged {
  readonly line: number;
  /** `CFGI_STE 0x100`; fields the log does not show are left out. */
  text: string;
}

/** ASIDs of the host's own domains are that host's: `*` stands for any. */
const anyAsid = (text: string): string => text.replace(/^(TLBI_NH_ASID asid=).*/, "$1*");

const hex = (x: bigint | number): string => `0x${x.toString(16)}`;

/** Commands of a host log, each with the line it begins at. */
export function hostCommands(lines: readonly string[]): Logged[] {
  const out: Logged[] = [];
  for (const [i, raw] of lines.entries()) {
    const s = raw.trimEnd();
    const at = skipPrefix(s, 0, s.length);
    const blank = s.indexOf(" ", at);
    const spec = eventSpec(blank < 0 ? s.slice(at) : s.slice(at, blank));
    if (spec === null) continue;
    const f = readEvent(spec, s, blank < 0 ? s.length : blank + 1, s.length);
    if (f === null) continue;
    const now = out[out.length - 1];
    if (spec.name === "smmuv3_cmdq_opcode") {
      const name = String(f.name).replace(/^SMMU_CMD_/, "");
      out.push({ line: i + 1, text: name });
    } else if (now === undefined || now.text.includes(" ")) continue;
    else if (spec.name === "smmuv3_cmdq_cfgi_ste" || spec.name === "smmuv3_cmdq_cfgi_cd")
      now.text += ` ${hex(num(f, "sid"))}`;
    else if (spec.name === "smmuv3_cmdq_tlbi_nh_asid") now.text += ` asid=${num(f, "asid")}`;
    else if (spec.name === "smmuv3_range_inval") now.text += ` asid=${num(f, "asid")} ${hex(big(f, "addr"))}`;
    else if (spec.name === "smmuv3_cmdq_tlbi_s12_vmid" || spec.name === "smmuv3_cmdq_tlbi_nh")
      now.text += ` vmid=${num(f, "vmid")}`;
  }
  return out;
}

/** The same form for a command of the model. */
export function commandForm(q0: bigint, q1: bigint): string {
  const name = commandName(q0, q1);
  const sid = hex((q0 >> 32n) & 0xffff_ffffn);
  const asid = (q0 >> 48n) & 0xffffn;
  const vmid = (q0 >> 32n) & 0xffffn;
  switch (Number(q0 & 0xffn)) {
    case 0x03:
    case 0x05:
    case 0x06:
      return `${name} ${sid}`;
    case 0x04:
      return "CFGI_STE_RANGE";
    case 0x11:
      return vmid === 0n ? `${name} asid=*` : `${name} asid=${asid}`;
    case 0x12:
      return `${name} asid=${asid} ${hex(q1 & ~0xfffn)}`;
    case 0x13:
      return `${name} asid=-1 ${hex(q1 & ~0xfffn)}`;
    case 0x10:
    case 0x28:
      return `${name} vmid=${vmid}`;
    default:
      return name;
  }
}

export class HostLogCheck {
  private readonly logged: readonly Logged[];
  private next = 0;
  private issuedNow: string[] = [];
  private started = false;
  /** QEMU has ended: what follows is the host's own clean-up. */
  private ended = false;

  constructor(lines: readonly string[], notes: readonly Note[]) {
    this.logged = hostCommands(lines);
    // What the host did before QEMU ran is not the lab's.
    const start = notes.find((n) => n.host !== null)?.host ?? 0;
    while (this.next < this.logged.length && (this.logged[this.next] as Logged).line <= start) this.next++;
  }

  issued(commands: readonly HostCommand[]): void {
    for (const c of commands) this.issuedNow.push(commandForm(c.q0, c.q1));
  }

  /** A note tells how long both logs were: everything up to there belongs together. */
  note(n: Note, run: number, step: number, tallies: Tallies, rule: string | null): void {
    if (n.host === null) return;
    const due: Logged[] = [];
    while (this.next < this.logged.length && (this.logged[this.next] as Logged).line <= n.host)
      due.push(this.logged[this.next++] as Logged);
    if (!this.started) {
      this.started = true;
      if (due.length === 0 && this.issuedNow.length === 0) return;
    }
    const model = this.issuedNow;
    this.issuedNow = [];
    if (this.ended) {
      tallies.outside("host command", due.length);
      return;
    }
    if (n.tag === "QMP-EVENT" && n.text.startsWith("SHUTDOWN")) this.ended = true;
    for (const { log, model: m } of align(due, model, (l) => anyAsid(l.text), anyAsid)) {
      if (log !== null && m !== null && (m.endsWith("=*") || m === log.text)) tallies.agree("host command");
      else
        tallies.disagree({
          run,
          kind: "host command",
          line: n.line,
          step,
          expected: log === null ? "nothing" : `${log.text} (host line ${log.line})`,
          got: m ?? "nothing",
          rule,
        });
    }
  }

  /** Commands behind the last note: the host's own clean-up after QEMU. */
  end(_run: number, tallies: Tallies): void {
    const left = this.logged.length - this.next;
    if (left > 0) tallies.outside("host command", left);
  }
}
