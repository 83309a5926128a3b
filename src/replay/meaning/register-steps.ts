/** Register accesses, the commands they ran, and what those did. */
import {
  A_CMDQ_BASE,
  A_CMDQ_CONS,
  A_CMDQ_PROD,
  A_CR0,
  A_IDR0,
  A_IDR5,
  A_STRTAB_BASE,
  A_STRTAB_BASE_CFG,
} from "../../engine/qemu/smmuv3-regs.ts";
import { type Consumed, consumedCommands } from "./commands.ts";
import type { Group } from "./grouper.ts";
import { big, type LogEvent, num, str } from "./log-event.ts";
import { type Lookup, lookups } from "./memory.ts";
import { queueLines, queueWork, registerName, writeLine } from "./queue-lines.ts";
import { hex, type RunContext } from "./run-context.ts";
import type { ReplayStep } from "./steps.ts";
import type { VsmmuTrack } from "./vsmmus.ts";

const CR0_SMMUEN_CMDQEN = 9;
/** Where a queue is taken to be that the log does not place. */
const SOME_QUEUE = 0x4880_0013n;

export class RegisterSteps {
  private readonly cx: RunContext;
  private lastSid = 0;
  /** IDR0 and IDR5 as a guest read them, by vSMMU. */
  readonly idr0 = new Map<number, number>();
  readonly idr5 = new Map<number, number>();

  constructor(cx: RunContext) {
    this.cx = cx;
  }

  private choose(
    g: Group,
    offset: number,
    value: bigint,
    write: boolean,
    commands: readonly Consumed[],
  ): VsmmuTrack {
    const { machine, vsmmus } = this.cx;
    const sids: number[] = [];
    let byDevice = -1;
    for (const e of g.events) {
      if (e.name === "smmuv3_cmdq_cfgi_ste" || e.name === "smmuv3_cmdq_cfgi_cd") {
        const sid = num(e.f, "sid");
        sids.push(sid);
        if (e.name === "smmuv3_cmdq_cfgi_cd") machine.mentioned(sid);
        else machine.commanded(sid, sid);
      } else if (e.name === "smmuv3_cmdq_cfgi_ste_range")
        machine.commanded(num(e.f, "start"), num(e.f, "end"));
      else if (e.name === "iommufd_backend_alloc_vdev") machine.vdevice(e);
      else if (e.name.endsWith("attach_ioas_hwpt") && byDevice < 0)
        byDevice = machine.plugOf(machine.deviceOf(str(e.f, "name")))?.vsmmu ?? -1;
    }
    const out = g.events.find((e) => e.name === "smmuv3_cmdq_consume_out");
    const choice = vsmmus.choose({
      offset,
      value,
      write,
      cons: commands[0]?.cons ?? -1,
      outCons: out === undefined ? -1 : num(out.f, "cons"),
      sids,
      byDevice,
    });
    if (choice.ambiguous)
      this.cx.assume(
        "lines that do not say which SMMU they are about: taken for the one used before",
        g.first,
      );
    this.cx.about(choice.vsmmu.index);
    return choice.vsmmu;
  }

  write(g: Group): number {
    const w = g.events[g.events.length - 1] as LogEvent;
    const effects = g.events.slice(0, -1);
    const offset = num(w.f, "addr");
    const value = big(w.f, "val");
    const commands = consumedCommands(effects);
    const v = this.choose(g, offset, value, true, commands);
    const memory = this.cx.memory(v);
    const work = queueWork(commands, this.lastSid, this.cx.assume);
    const step = this.cx.add(work.title ?? `${registerName(offset).name} = ${hex(value)}`, g, []);
    if (offset === A_CR0) v.write(offset, value);
    if (commands.length > 0 && !v.baseKnown) this.assumeQueue(v, step, commands[0] as Consumed, offset);
    if (offset === A_STRTAB_BASE) memory.setTable(value);
    else if (offset === A_STRTAB_BASE_CFG) memory.setSplit(Number(value));
    else memory.another(step);
    this.effects(v, step, effects, commands);
    for (const c of work.guessed)
      if (c.sid !== null) {
        this.lastSid = c.sid;
        memory.configured(c.sid, step);
      }
    queueLines(v, step, work, offset, num(w.f, "size"), value);
    v.write(offset, value);
    const out = effects.find((e) => e.name === "smmuv3_cmdq_consume_out");
    if (out !== undefined) v.cons = num(out.f, "cons") | (num(out.f, "cw") << v.cmdqLog2);
    return this.cx.index(step);
  }

  /** The log begins after the guest has set its queue up. */
  private assumeQueue(v: VsmmuTrack, step: ReplayStep, first: Consumed, offset: number): void {
    const why = "the log begins after the guest set its command queue up";
    this.cx.assume(why, step.first);
    const at = BigInt(Math.max(0, first.cons));
    const put = (reg: number, size: 4 | 8, value: bigint): void => {
      step.lines.push({ text: writeLine(v.name, reg, size, value), inferred: why });
      v.write(reg, value);
    };
    put(A_CMDQ_BASE, 8, SOME_QUEUE);
    put(A_CMDQ_PROD, 4, at);
    put(A_CMDQ_CONS, 4, at);
    if (offset !== A_CR0 && (v.cr0 & 8) === 0) put(A_CR0, 4, BigInt(v.cr0 | CR0_SMMUEN_CMDQEN));
  }

  /** What the accelerated SMMU looked up, installed and was refused. */
  private effects(
    v: VsmmuTrack,
    step: ReplayStep,
    events: readonly LogEvent[],
    commands: readonly Consumed[],
  ): void {
    const memory = this.cx.memory(v);
    for (const { lookup, after } of lookups(events)) {
      const { sid } = lookup;
      memory.looked(lookup, step);
      const translate = after.find(
        (e) => e.name === "smmuv3_accel_translate_ste" || e.name === "smmuv3_accel_install_nested_ste",
      );
      const install = after.find((e) => e.name === "smmuv3_accel_install_ste");
      const refused = after.find((e) => e.name === "iommufd_backend_alloc_hwpt" && num(e.f, "ret") !== 0);
      if (translate !== undefined) {
        const words = { q0: big(translate.f, "ste_0"), q1: big(translate.f, "ste_1") };
        memory.installed(sid, step, { kind: "words", ...words }, translate.line);
      } else if (install !== undefined) {
        const type = str(install.f, "type");
        if (v.smmuen && (type === "abort" || type === "bypass"))
          memory.installed(sid, step, { kind: type }, install.line);
      } else if (refused !== undefined && !memory.told) {
        memory.installed(sid, step, { kind: "words", q0: 0xbn, q1: 0n }, refused.line);
        step.lines.push({
          text: "inject hwpt-alloc errno=EIO",
          inferred: `line ${refused.line}: the host refused the STE; the log does not say why`,
        });
      } else if (lookup.found && stoppedAt(commands, lookup.line)) {
        if (v.smmuen) memory.installed(sid, step, { kind: "error" }, lookup.line);
      } else if (lookup.found) this.oldRelease(v, step, lookup, after);
    }
  }

  /** v4 and v5 install abort and bypass only over a translate HWPT, and say so with an older event or none. */
  private oldRelease(v: VsmmuTrack, step: ReplayStep, lookup: Lookup, after: readonly LogEvent[]): void {
    const moved = after.find((e) => e.name.endsWith("attach_ioas_hwpt"));
    const kind = moved === undefined ? null : this.cx.machine.roleOf(moved);
    const memory = this.cx.memory(v);
    if (moved !== undefined && kind !== null) memory.installed(lookup.sid, step, { kind }, moved.line);
    else memory.quiet(lookup.sid, step, lookup.line);
  }

  read(g: Group): number {
    const e = g.events[0] as LogEvent;
    const offset = num(e.f, "addr");
    const v = this.choose(g, offset, big(e.f, "val"), false, []);
    const kept = offset === A_IDR0 ? this.idr0 : offset === A_IDR5 ? this.idr5 : null;
    if (kept !== null && !kept.has(v.index)) kept.set(v.index, num(e.f, "val"));
    return -1;
  }

  /** Effects without their register write: the log leaves writes out, or was cut here. */
  orphan(g: Group): number {
    const commands = consumedCommands(g.events);
    const v = this.choose(g, -1, 0n, true, commands);
    const first = commands[0];
    const last = commands[commands.length - 1];
    if (first === undefined || last === undefined) return this.orphanInstall(g, v);
    const work = queueWork(commands, this.lastSid, this.cx.assume);
    const step = this.cx.add(work.title ?? "commands", g, []);
    this.cx.assume(
      "commands without the register write that ran them: writes are not in the log, or it was cut",
      g.first,
    );
    if (!v.baseKnown) this.assumeQueue(v, step, first, A_CMDQ_PROD);
    this.effects(v, step, g.events, commands);
    const prod = BigInt(last.prod >= 0 ? last.prod : v.slot(v.prod + commands.length));
    queueLines(v, step, work, A_CMDQ_PROD, 4, prod);
    v.write(A_CMDQ_PROD, prod);
    v.cons = v.prod;
    return this.cx.index(step);
  }

  /** An install alone: a CFGI_STE that the log does not name. */
  private orphanInstall(g: Group, v: VsmmuTrack): number {
    const install = g.events.find((e) => e.name === "smmuv3_accel_install_ste");
    if (install === undefined) return -1;
    const sid = num(install.f, "vsid");
    const step = this.cx.add(`CFGI_STE ${hex(sid)}`, g, []);
    const why = "the log does not show commands: an install is taken for a CFGI_STE";
    this.cx.assume(why, g.first);
    if (!v.smmuen) {
      step.lines.push({ text: `cr0 ${v.name} +smmuen`, inferred: why });
      v.write(A_CR0, BigInt(v.cr0 | 1));
    }
    this.effects(v, step, g.events, []);
    step.lines.push({ text: `cfgi ${v.name} ${hex(sid)}`, inferred: null });
    return this.cx.index(step);
  }

  /** A transaction of an emulated function may show what stands in memory. */
  dma(g: Group): number {
    const miss = g.events[0] as LogEvent;
    if (miss.name !== "smmuv3_config_cache_miss") return -1;
    const { vsmmus, steps } = this.cx;
    const v = vsmmus.ofSid(num(miss.f, "sid")) ?? vsmmus.at(0);
    this.cx.memory(v).fetched(g.events, steps[steps.length - 1] ?? null);
    return -1;
  }
}

const stoppedAt = (commands: readonly Consumed[], line: number): boolean =>
  commands.some((c) => c.error !== 0 && c.details.some((e) => e.line === line));
