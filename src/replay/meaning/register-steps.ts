/** Register accesses, the commands they ran, and what those did. */
import {
  A_CMDQ_BASE,
  A_CMDQ_CONS,
  A_CMDQ_PROD,
  A_CR0,
  A_GBPA,
  A_IDR0,
  A_IDR5,
  A_STRTAB_BASE,
  A_STRTAB_BASE_CFG,
} from "../../engine/qemu/smmuv3-regs.ts";
import { type Consumed, consumedCommands } from "./commands.ts";
import type { Group } from "./grouper.ts";
import { big, type LogEvent, num, str } from "./log-event.ts";
import { vsmmuOf } from "./machine.ts";
import { bdfText } from "./machine-steps.ts";
import { type Lookup, lookups } from "./memory.ts";
import { queueLines, queueWork, registerName, writeLine } from "./queue-lines.ts";
import { hex, type RunContext } from "./run-context.ts";
import type { ReplayStep } from "./steps.ts";
import type { Viommu } from "./viommus.ts";
import type { VsmmuTrack } from "./vsmmus.ts";

const CR0_SMMUEN = 1;
const CR0_EVENTQEN = 4;
const CR0_CMDQEN = 8;
const GBPA_UPDATE = 0x8000_0000n;
/** Where a queue is taken to be that the log does not place. */
const SOME_QUEUE = 0x4880_0013n;

export class RegisterSteps {
  private readonly cx: RunContext;
  private lastSid = 0;
  /** IDR0 and IDR5 as a guest read them, by vSMMU. */
  readonly idr0 = new Map<number, number>();
  readonly idr5 = new Map<number, number>();
  /** vSMMUs whose invalidations name a VMID: they have stage 2. */
  readonly vmids = new Set<number>();
  /** vSMMUs through which a transaction went since the last reset. */
  private readonly translated = new Set<number>();
  /** The log shows how configurations are fetched. */
  private fetchesSeen = false;

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
    let owner: Viommu | null = null;
    for (const e of g.events) {
      if (e.name === "smmuv3_cmdq_cfgi_ste" || e.name === "smmuv3_cmdq_cfgi_cd") {
        const sid = num(e.f, "sid");
        sids.push(sid);
        if (e.name === "smmuv3_cmdq_cfgi_cd") machine.mentioned(sid);
        else machine.commanded(sid, sid);
      } else if (e.name === "smmuv3_cmdq_cfgi_ste_range")
        machine.commanded(num(e.f, "start"), num(e.f, "end"));
      else if (e.name === "iommufd_backend_alloc_vdev") machine.vdevice(e);
      owner ??= machine.ownerIn(e);
    }
    const stage2 = g.events.some(
      (e) => e.name === "smmuv3_range_inval" && num(e.f, "vmid") >= 0 && e.f.vmid !== undefined,
    );
    const out = g.events.find((e) => e.name === "smmuv3_cmdq_consume_out");
    // What the order of plugs suggests counts only where registers and queues say nothing.
    const known = owner?.sure === true || (commands.length === 0 && owner !== null);
    const others = machine.viommus.inUse().filter((v) => v !== owner && v.sure);
    const choice = vsmmus.choose({
      offset,
      value,
      write,
      cons: commands[0]?.cons ?? -1,
      outCons: out === undefined ? -1 : num(out.f, "cons"),
      sids,
      byDevice: known ? (owner?.vsmmu ?? -1) : -1,
      likely: owner?.vsmmu ?? -1,
      not:
        write && offset === A_GBPA && (value & GBPA_UPDATE) !== 0n
          ? this.wouldMove(g)
          : owner === null
            ? []
            : others.map((v) => v.vsmmu),
    });
    if (owner !== null) machine.viommus.bind(owner, choice.vsmmu.index);
    if (choice.ambiguous)
      this.cx.assume(
        "lines that do not say which SMMU they are about: taken for the one used before",
        g.first,
      );
    this.cx.about(choice.vsmmu.index);
    if (stage2) this.vmids.add(choice.vsmmu.index);
    return choice.vsmmu;
  }

  /** vSMMUs with devices, when a group moved none. */
  private wouldMove(g: Group): number[] {
    if (g.events.length > 1) return [];
    return this.cx.machine
      .livePlugs()
      .filter((p) => p.set && !p.unset)
      .map(vsmmuOf);
  }

  write(g: Group): number {
    this.cx.writesSeen = true;
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
    this.put(v, step, A_CMDQ_BASE, 8, SOME_QUEUE, why);
    this.put(v, step, A_CMDQ_PROD, 4, at, why);
    this.put(v, step, A_CMDQ_CONS, 4, at, why);
    if (offset !== A_CR0 && (v.cr0 & CR0_CMDQEN) === 0)
      this.put(v, step, A_CR0, 4, BigInt(v.cr0 | CR0_SMMUEN | CR0_CMDQEN), why);
  }

  /** What the accelerated SMMU looked up, installed and was refused. */
  private effects(
    v: VsmmuTrack,
    step: ReplayStep,
    events: readonly LogEvent[],
    commands: readonly Consumed[],
  ): void {
    const memory = this.cx.memory(v);
    const walks = lookups(events);
    for (const { lookup, after } of walks.length > 0 ? walks : this.installs(events)) {
      const { sid } = lookup;
      this.join(step, lookup, after);
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
        // Without the walk in the log nothing else says that there is an STE at all.
        if ((v.smmuen || walks.length === 0) && (type === "abort" || type === "bypass"))
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

  /** Installs of a log without table walks, as if each had followed one that found its STE. */
  private installs(events: readonly LogEvent[]): ReturnType<typeof lookups> {
    const out: ReturnType<typeof lookups> = [];
    let after: LogEvent[] = [];
    for (const e of events) {
      if (e.name === "smmuv3_cmdq_consume" || e.name === "smmuv3_cmdq_opcode") {
        after = [];
        continue;
      }
      after.push(e);
      const ends =
        e.name === "smmuv3_accel_install_ste" ||
        (e.name === "iommufd_backend_alloc_hwpt" && num(e.f, "ret") !== 0);
      if (!ends) continue;
      const sid = e.f.vsid ?? this.cx.machine.plugByDevid(num(e.f, "dev_id"), num(e.f, "iommufd"))?.at;
      if (typeof sid === "number")
        out.push({ lookup: { sid, line: after[0]?.line ?? e.line, l1: null, found: true }, after });
      after = [];
    }
    return out;
  }

  /** The lines of a walk and its install tell which device answers at the StreamID. */
  private join(step: ReplayStep, lookup: Lookup, after: readonly LogEvent[]): void {
    const { machine } = this.cx;
    const found = machine.walked(lookup.sid, machine.plugIn(after));
    if (found === null) return;
    const { plug, was } = found;
    if (was === "guess") {
      this.cx.assume(
        "which device a StreamID is: the log has no line that joins them, so QEMU's order of devices decides",
        lookup.line,
      );
      return;
    }
    step.lines.push({
      text: `renumber d${plug.dev} ${bdfText(lookup.sid)}`,
      inferred: `line ${lookup.line}: the device of StreamID ${hex(was)} answers at ${hex(lookup.sid)} now`,
    });
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
    if (offset === A_CR0 && num(e.f, "val") === 0 && v.cr0 !== 0) return this.forgotten(g, v);
    const kept = offset === A_IDR0 ? this.idr0 : offset === A_IDR5 ? this.idr5 : null;
    if (kept !== null && !kept.has(v.index)) kept.set(v.index, num(e.f, "val"));
    return -1;
  }

  /**
   * CR0 reads 0 and no write has cleared it: a reset that the log does not show, or the next SMMU's probe. Where
   * nothing has yet been translated, the machine is still starting.
   */
  private forgotten(g: Group, v: VsmmuTrack): number {
    const { vsmmus } = this.cx;
    if (!this.cx.resetsSeen && !this.translated.has(v.index) && this.cx.machine.livePlugs().length === 0) {
      vsmmus.ensure(vsmmus.all.length + 1);
      const next = vsmmus.next();
      this.cx.about(next.index);
      this.cx.assume("a register that reads as at the start: taken for another SMMU's", g.first);
      return -1;
    }
    const why = "a register reads as at the start: the machine was reset, and the log does not show it";
    this.cx.assume(why, g.first);
    vsmmus.reset();
    this.translated.clear();
    return this.cx.index(this.cx.add("system reset", g, [{ text: "reset", inferred: why }]));
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

  /** Effects alone: commands and register writes that the log does not name. */
  private orphanInstall(g: Group, v: VsmmuTrack): number {
    const [only] = g.events;
    if (only?.name === "iommufd_viommu_alloc_eventq") {
      const why = "a vEVENTQ is made when EVENTQEN is set; the log does not show the write";
      const step = this.cx.add("CR0.EVENTQEN = 1", g, []);
      this.put(v, step, A_CR0, 4, BigInt(v.cr0 | CR0_EVENTQEN), why);
      return this.cx.index(step);
    }
    if (only?.name === "iommufd_backend_invalidate_cache") {
      const why = "an invalidation of the host's; the log does not name the command";
      const step = this.cx.add("invalidation", g, []);
      this.ensureQueue(v, step, why);
      step.lines.push({ text: `cmd ${v.name} tlbi-nsnh-all`, inferred: why });
      this.queued(v, 2);
      return this.cx.index(step);
    }
    return this.orphanCfgi(g, v);
  }

  private orphanCfgi(g: Group, v: VsmmuTrack): number {
    const { machine } = this.cx;
    const install = g.events.find((e) => e.f.vsid !== undefined);
    const vdev = g.events.find((e) => e.name === "iommufd_backend_alloc_vdev");
    const sid = install?.f.vsid ?? vdev?.f.virt_id ?? machine.plugIn(g.events)?.at;
    if (typeof sid !== "number") return -1;
    const step = this.cx.add(`CFGI_STE ${hex(sid)}`, g, []);
    const why = "the log does not show commands: an install is taken for a CFGI_STE";
    this.cx.assume(why, g.first);
    this.ensureQueue(v, step, why);
    const type = install === undefined ? "translate" : str(install.f, "type");
    const byGbpa = type === (v.gbpaAbort ? "abort" : "bypass");
    if (!v.smmuen && install !== undefined && !byGbpa)
      this.put(v, step, A_CR0, 4, BigInt(v.cr0 | CR0_SMMUEN), why);
    this.effects(v, step, g.events, []);
    step.lines.push({ text: `cfgi ${v.name} ${hex(sid)}`, inferred: null });
    this.queued(v, 2);
    if (install === undefined && step.lines.some((l) => String(l.text).startsWith("inject ")))
      step.lines.push({
        text: `guest ${v.name} recover`,
        inferred: "commands went on behind the refused one",
      });
    return this.cx.index(step);
  }

  private put(v: VsmmuTrack, step: ReplayStep, reg: number, size: 4 | 8, value: bigint, why: string): void {
    step.lines.push({ text: writeLine(v.name, reg, size, value), inferred: why });
    v.write(reg, value);
  }

  /** A command queue that works, before a command that the log does not name. */
  private ensureQueue(v: VsmmuTrack, step: ReplayStep, why: string): void {
    if (!v.baseKnown) {
      this.put(v, step, A_CMDQ_BASE, 8, SOME_QUEUE, why);
      this.put(v, step, A_CMDQ_PROD, 4, 0n, why);
      this.put(v, step, A_CMDQ_CONS, 4, 0n, why);
    }
    if ((v.cr0 & CR0_CMDQEN) === 0) this.put(v, step, A_CR0, 4, BigInt(v.cr0 | CR0_CMDQEN), why);
  }

  /** `n` entries went through the queue. */
  private queued(v: VsmmuTrack, n: number): void {
    const mask = 2 * 2 ** v.cmdqLog2 - 1;
    v.write(A_CMDQ_PROD, BigInt((v.prod + n) & mask));
    v.cons = v.prod;
  }

  /** A transaction of an emulated function may show what stands in memory. */
  dma(g: Group): number {
    const { vsmmus, steps } = this.cx;
    const first = g.events[0] as LogEvent;
    const here = steps[steps.length - 1] ?? null;
    const sid = num(first.f, "sid");
    const v = vsmmus.ofSid(sid) ?? vsmmus.at(0);
    // An interrupt may stand behind the fault that raised it.
    const end = g.events.findLast((e) => ACTED[e.name] !== undefined);
    if (end?.name === "smmuv3_translate_success") this.translated.add(v.index);
    if (g.events.some((e) => e.name === "smmuv3_find_ste")) {
      this.fetchesSeen = true;
      this.cx.memory(v).fetched(g.events, here);
    } else if (end !== undefined && !this.fetchesSeen && v.smmuen)
      this.cx.memory(v).acted(sid, ACTED[end.name] ?? "translate", end.line, here);
    return -1;
  }
}

/** What an STE must have said for a transaction to end so. */
const ACTED: Partial<Record<LogEvent["name"], "abort" | "bypass" | "translate">> = {
  smmuv3_translate_bypass: "bypass",
  smmuv3_translate_abort: "abort",
  smmuv3_translate_success: "translate",
  smmuv3_record_event: "translate",
};

const stoppedAt = (commands: readonly Consumed[], line: number): boolean =>
  commands.some((c) => c.error !== 0 && c.details.some((e) => e.line === line));
