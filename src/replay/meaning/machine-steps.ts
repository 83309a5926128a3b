/** Plugs, unplugs, resets, and events that reach the guest. */
import { eventSlug, findEvent } from "../../engine/arch/events.ts";
import type { Group } from "./grouper.ts";
import { type LogEvent, num, str } from "./log-event.ts";
import { type Plug, vsmmuOf } from "./machine.ts";
import { hex, type RunContext } from "./run-context.ts";
import type { ReplayStep } from "./steps.ts";

export function bdfText(rid: number): string {
  const two = (n: number): string => n.toString(16).padStart(2, "0");
  return `${two(rid >> 8)}:${two((rid >> 3) & 31)}.${rid & 7}`;
}

const EVENT_PREFIX = /^SMMU_EVT_/;

export class MachineSteps {
  private readonly cx: RunContext;
  /** An unset whose other half may follow. */
  private unsetStep: { readonly step: ReplayStep; readonly plug: Plug } | null = null;
  /** The plug before, until its reset is seen. */
  private plugStep: ReplayStep | null = null;

  constructor(cx: RunContext) {
    this.cx = cx;
  }

  plug(g: Group): number {
    const { machine, vsmmus } = this.cx;
    const p = machine.plug(g.events);
    if (p === null) return -1;
    vsmmus.ensure(machine.viommus.count);
    const device = machine.devices[p.dev]?.name ?? "d0";
    const text = (): string => {
      const bdf = p.bdf === null ? "" : ` bdf=${bdfText(p.bdf)}`;
      const backend = p.backend === null ? "" : ` iommufd=${p.backend}`;
      return `plug ${device} v${Math.max(0, vsmmuOf(p))}${bdf}${backend}${p.hot ? " hot" : ""}`;
    };
    const step = this.cx.add(() => `plug ${p.name} behind v${Math.max(0, vsmmuOf(p))}`, g, [
      { text, inferred: null },
    ]);
    this.plugStep = step;
    return this.cx.index(step);
  }

  reset(g: Group): number {
    const { machine, vsmmus } = this.cx;
    const exits = g.events.filter((e) => e.name === "smmu_reset_exit").length;
    vsmmus.ensure(Math.max(1, exits, machine.viommus.count));
    this.cx.resetsSeen ||= exits > 0;
    this.order(g, exits);
    vsmmus.reset();
    const again = machine.started;
    machine.started = true;
    const text = again ? "reset" : "machine-start";
    return this.cx.index(
      this.cx.add(again ? "system reset" : "machine start", g, [{ text, inferred: null }]),
    );
  }

  /** vSMMUs reset in turn, the one made last first, each followed by its devices. */
  private order(g: Group, exits: number): void {
    const { machine } = this.cx;
    if (exits < 2) return;
    const moved: (readonly [LogEvent, number])[] = [];
    let index = exits;
    for (const e of g.events)
      if (e.name === "smmu_reset_exit") index--;
      else if (index < exits && e.name.endsWith("attach_ioas_hwpt")) moved.push([e, index]);
    for (const [e, at] of moved) {
      const owner = machine.ownerIn(e);
      if (owner !== null) machine.viommus.bind(owner, at);
    }
    for (const [e, at] of moved) machine.moved(e, at);
  }

  /** Devices moved with no line that says why. */
  moves(g: Group): number {
    const { machine, vsmmus } = this.cx;
    const first = g.events[0] as LogEvent;
    const role = machine.roleOf(first);
    if (role === null) return this.unset(g);
    const owner = Math.max(0, machine.ownerIn(first)?.vsmmu ?? 0);
    const v = vsmmus.at(owner);
    if (machine.started && (role === "abort" || (v.gbpaAbort && !this.cx.writesSeen))) {
      const why = "devices moved: a write of GBPA that the log does not show";
      this.cx.assume(why, g.first);
      v.gbpaAbort = role === "abort";
      return this.cx.index(
        this.cx.add(`GBPA ${role}`, g, [{ text: `gbpa v${owner} ${role}`, inferred: why }]),
      );
    }
    this.cx.assume("devices moved to bypass: a reset that the log does not show", g.first);
    return this.reset(g);
  }

  /** Follows the step before directly. */
  private directlyAfter(step: ReplayStep | null): boolean {
    const { steps, groupSteps } = this.cx;
    return step !== null && steps.at(-1) === step && groupSteps.at(-1) === steps.length - 1;
  }

  deviceReset(g: Group): number {
    const { machine, steps } = this.cx;
    const name = str((g.events[0] as LogEvent).f, "name");
    const dev = machine.devices.findIndex((d) => d.hostName === name);
    const p = dev < 0 ? null : machine.plugOf(dev);
    if (p === null) return -1;
    // device_add resets the function it adds.
    if (p.hot && this.plugStep !== null && this.directlyAfter(this.plugStep)) {
      this.plugStep.last = g.last;
      this.plugStep = null;
      return steps.length - 1;
    }
    return this.cx.index(
      this.cx.add(`function reset of ${name}`, g, [{ text: `flr d${dev}`, inferred: null }]),
    );
  }

  unset(g: Group): number {
    const { machine } = this.cx;
    const p = machine.unset(g.events);
    if (p === null) return -1;
    const verb = machine.tellsDetach ? "unset" : "unplug";
    const step = this.cx.add(`${verb} ${p.name}`, g, [{ text: `${verb} d${p.dev}`, inferred: null }]);
    this.unsetStep = { step, plug: p };
    return this.cx.index(step);
  }

  finalize(g: Group): number {
    const { machine, steps } = this.cx;
    const p = machine.finalize(g.events);
    if (p === null) return -1;
    const half = this.unsetStep;
    this.unsetStep = null;
    // Nothing between the halves: one unplug.
    if (half !== null && half.plug === p && this.directlyAfter(half.step)) {
      steps[steps.length - 1] = {
        title: `unplug ${p.name}`,
        lines: [{ text: `unplug d${p.dev}`, inferred: null }],
        first: half.step.first,
        last: g.last,
        notes: half.step.notes,
        sids: half.step.sids,
        events: half.step.events,
      };
      return steps.length - 1;
    }
    const verb = p.set && !p.unset ? "unplug" : "finalize";
    return this.cx.index(
      this.cx.add(`${verb} ${p.name}`, g, [{ text: `${verb} d${p.dev}`, inferred: null }]),
    );
  }

  hostEvent(g: Group): number {
    const { machine, vsmmus } = this.cx;
    const e = g.events[0] as LogEvent;
    const sid = num(e.f, "sid");
    const name = str(e.f, "type").replace(EVENT_PREFIX, "");
    const plug = machine.plugByBdf(sid);
    const spec = findEvent(name);
    if (plug === null || spec === null) return -1;
    const device = machine.devices[plug.dev];
    const text = `event p${device?.psmmu ?? 0} ${eventSlug(spec.code)} sid=${hex(device?.sid ?? sid)}`;
    const step = this.cx.add(`${name} of ${hex(sid)}`, g, [{ text, inferred: null }]);
    this.cx.about(vsmmuOf(plug));
    if (spec.name === "C_BAD_CD") this.cx.memory(vsmmus.at(Math.max(0, vsmmuOf(plug)))).badCd(sid, e.line);
    return this.cx.index(step);
  }
}
