/** One QEMU process of a log, group by group. */
import type { Group } from "./grouper.ts";
import { headerLines } from "./header.ts";
import { MachineSteps } from "./machine-steps.ts";
import { ProfileTrack } from "./profile.ts";
import { RegisterSteps } from "./register-steps.ts";
import { type InterpretOptions, RunContext } from "./run-context.ts";
import type { ReplayRun } from "./steps.ts";

export class RunBuilder {
  private readonly options: InterpretOptions;
  private readonly firstGroup: number;
  private readonly cx: RunContext;
  private readonly registers: RegisterSteps;
  private readonly machine: MachineSteps;
  private readonly profile = new ProfileTrack();
  private first = 0;
  /** First line behind the devices that were there at the start. */
  private begun = 0;
  private last = 0;
  private emulated = true;
  private readonly names = new Set<string>();

  constructor(firstGroup: number, options: InterpretOptions) {
    this.firstGroup = firstGroup;
    this.options = options;
    this.cx = new RunContext(options);
    this.registers = new RegisterSteps(this.cx);
    this.machine = new MachineSteps(this.cx);
  }

  get empty(): boolean {
    return this.cx.groupSteps.length === 0;
  }

  /** This group can only belong to another process than the groups before it. */
  startsAgain(g: Group): boolean {
    return g.kind === "plug" && this.cx.machine.startsAgain(g.events);
  }

  /** Nothing is plugged any more, and this may be the first device of another process. */
  mayStartAgain(g: Group): boolean {
    return this.cx.machine.mayStartAgain(g.events) && !this.startsAgain(g);
  }

  group(g: Group): void {
    if (this.begun === 0 && g.kind !== "plug" && g.kind !== "start") this.begun = g.first;
    if (this.first === 0) this.first = g.first;
    this.last = Math.max(this.last, g.last);
    for (const e of g.events) this.names.add(e.name);
    this.profile.see(g);
    this.cx.notesBefore(g.first);
    this.cx.groupVsmmus.push(-1);
    const at = this.interpret(g);
    this.cx.groupSteps.push(at);
    const step = this.cx.steps[at];
    if (step === undefined) return;
    for (const e of g.events) {
      if (!step.events.includes(e.name)) step.events.push(e.name);
      const sid = e.f.sid ?? e.f.vsid ?? e.f.virt_id;
      if (typeof sid === "number" && !step.sids.includes(sid)) step.sids.push(sid);
    }
  }

  private interpret(g: Group): number {
    switch (g.kind) {
      case "start":
        return -1;
      case "write":
        return this.registers.write(g);
      case "orphan":
        return this.registers.orphan(g);
      case "cut":
        this.cx.assume("the log ends in the middle of a register write: its lines are left out", g.first);
        return -1;
      case "read":
        return this.registers.read(g);
      case "dma":
        return this.registers.dma(g);
      case "plug":
        this.emulated = false;
        return this.machine.plug(g);
      case "reset":
        return this.machine.reset(g);
      case "moves":
        return this.machine.moves(g);
      case "device-reset":
        return this.machine.deviceReset(g);
      case "unset":
        return this.machine.unset(g);
      case "finalize":
        return this.machine.finalize(g);
      case "event":
        return this.machine.hostEvent(g);
    }
  }

  /** Registers have no reset values before the machine's start: a log that does not show it gets one. */
  private assumeStart(): void {
    const { steps, groupSteps, machine } = this.cx;
    if (machine.started || steps.length === 0) return;
    const found = steps.findIndex((s) => !s.lines.some((l) => typeof l.text === "function"));
    const at = found < 0 ? steps.length : found;
    const line = this.begun > 0 ? this.begun : (steps[at]?.first ?? this.last);
    const why = "the log does not show the machine's start";
    this.cx.assume(why, line);
    steps.splice(at, 0, {
      title: "machine start",
      lines: [{ text: "machine-start", inferred: why }],
      first: line,
      last: line,
      notes: [],
      sids: [],
      events: [],
    });
    for (const [i, s] of groupSteps.entries()) if (s >= at) groupSteps[i] = s + 1;
  }

  finish(): ReplayRun {
    const { machine, vsmmus } = this.cx;
    machine.settle((sid) => vsmmus.ofSid(sid)?.index ?? null);
    this.assumeStart();
    const busOwners = new Map<number, number>();
    for (const v of vsmmus.all)
      for (const bus of v.buses) if (!busOwners.has(bus)) busOwners.set(bus, v.index);
    return {
      first: this.first,
      last: this.last,
      emulated: this.emulated,
      header: headerLines({
        emulated: this.emulated,
        machine,
        vsmmus: Math.max(1, vsmmus.all.length, machine.viommus.count),
        idr0: this.registers.idr0,
        vmids: this.registers.vmids,
        idr5: this.registers.idr5,
        profile: this.profile.guess(),
        facts: this.cx.facts,
        kernel: this.options.kernel ?? null,
        qemu: this.options.qemu ?? null,
      }),
      steps: this.cx.steps,
      groupSteps: this.cx.groupSteps,
      firstGroup: this.firstGroup,
      assumptions: [...this.cx.assumptions.values()],
      hostNames: machine.devices.map((d) => d.hostName),
      groupVsmmus: this.cx.groupVsmmus,
      busOwners,
      eventNames: this.names,
    };
  }
}
