/**
 * The second pass over a log: plays the script and compares, at every line that states an outcome, what the log says
 * with what the model does.
 */
import type { World } from "../../engine/world.ts";
import { NOBODY } from "../meaning/commands.ts";
import type { Group } from "../meaning/grouper.ts";
import type { LogEvent } from "../meaning/log-event.ts";
import type { Note } from "../meaning/notes.ts";
import type { Replay, ReplayRun } from "../meaning/steps.ts";
import { alignByMeaning } from "./align.ts";
import { comparable, differing, fieldText, kindOf } from "./canonical.ts";
import { checkDma, EmulatedEvents } from "./dma.ts";
import { HostLogCheck } from "./host-log.ts";
import { checkNote, measurable } from "./measured.ts";
import type { ModelEvent, ModelTrace } from "./model-events.ts";
import { Player } from "./player.ts";
import { checkRead } from "./reads.ts";
import { type CheckResult, Tallies } from "./result.ts";

export interface CheckOptions {
  readonly notes?: readonly Note[];
  /** Lines of the host SMMU's own log. */
  readonly hostLog?: readonly string[];
  /** Called after every step, for progress and for the page's timeline. */
  readonly onStep?: (run: number, step: number, world: World) => void;
}

/** Events the model prints that are checked elsewhere or not at all. */
const APART = new Set(["smmuv3_read_mmio"]);

export class Checker {
  private readonly replay: Replay;
  private readonly options: CheckOptions;
  private readonly tallies = new Tallies();
  private readonly rejected: CheckResult["rejected"][number][] = [];
  private traced: (name: string) => boolean = () => false;
  private runIndex = -1;
  private run: ReplayRun | null = null;
  private player: Player | null = null;
  private groups = 0;
  private steps = 0;
  /** Steps of the run that have lines of their own. */
  private grouped: ReadonlySet<number> = new Set();
  /** Events of the groups of the step under way. */
  private waiting: LogEvent[] = [];
  private emulated = new EmulatedEvents();
  private readonly notes: readonly Note[];
  private nextNote = 0;
  private readonly host: HostLogCheck | null;
  private lastRule: string | null = null;

  constructor(replay: Replay, options: CheckOptions = {}) {
    this.replay = replay;
    this.options = options;
    this.notes = (options.notes ?? []).filter(measurable);
    this.host = options.hostLog === undefined ? null : new HostLogCheck(options.hostLog, options.notes ?? []);
  }

  readonly group = (g: Group): void => {
    const index = this.groups++;
    while (this.run === null || index >= this.run.firstGroup + this.run.groupSteps.length)
      if (!this.nextRun()) return;
    const run = this.run;
    const player = this.player;
    if (run === null || player === null || index < run.firstGroup) return;
    this.measure(g.first);
    this.assumed(run, player, g.first);
    const at = index - run.firstGroup;
    const step = run.groupSteps[at] ?? -1;
    if (step < 0) {
      this.observe(g, run, player, run.groupVsmmus[at] ?? -1);
      return;
    }
    this.waiting.push(...g.events);
    if (run.groupSteps[at + 1] === step) return;
    while (player.played < step) this.play(player, []);
    const events = this.waiting;
    this.waiting = [];
    const last = at === run.groupSteps.length - 1;
    this.play(player, events, { first: at === 0 && index === 0, last });
  };

  /** Steps that no line stands for, up to log line `line`. */
  private assumed(run: ReplayRun, player: Player, line: number): void {
    for (;;) {
      const step = run.steps[player.played];
      if (step === undefined || step.first > line || this.grouped.has(player.played)) return;
      if (!step.lines.every((l) => l.inferred !== null)) return;
      this.play(player, []);
    }
  }

  private nextRun(): boolean {
    this.endRun();
    this.runIndex++;
    const run = this.replay.runs[this.runIndex];
    if (run === undefined) return false;
    this.run = run;
    this.grouped = new Set(run.groupSteps);
    this.traced = tracedNames(run);
    this.emulated = new EmulatedEvents();
    const made = Player.of(run);
    if (made.ok) this.player = made.value;
    else {
      this.player = null;
      const p = made.problems[0];
      this.rejected.push({
        run: this.runIndex,
        step: -1,
        line: run.first,
        text: `line ${p?.line ?? 0} of the script`,
        why: p?.message ?? "the script does not parse",
      });
    }
    return true;
  }

  private endRun(): void {
    const { player, run } = this;
    if (player === null || run === null) return;
    while (player.played < run.steps.length) this.play(player, []);
    this.measure(Number.POSITIVE_INFINITY);
    this.player = null;
  }

  /** Notes written before log line `line`: the world stands where they were written. */
  private measure(line: number): void {
    const { player, run } = this;
    if (player === null || run === null) return;
    for (
      let n = this.notes[this.nextNote];
      n !== undefined && n.line < line;
      n = this.notes[++this.nextNote]
    ) {
      // What was stored in memory before the note was written.
      while (
        player.played < run.steps.length &&
        (run.steps[player.played]?.last ?? 0) <= n.line &&
        this.isNote(run, player.played)
      )
        this.play(player, []);
      checkNote(
        n,
        this.options.notes ?? [],
        run,
        player.world,
        this.runIndex,
        player.played - 1,
        this.tallies,
        this.lastRule,
      );
      this.host?.note(n, this.runIndex, player.played - 1, this.tallies, this.lastRule);
    }
  }

  /** A step made from a note alone. */
  private isNote(run: ReplayRun, step: number): boolean {
    return !this.grouped.has(step) && run.steps[step]?.first === run.steps[step]?.last;
  }

  private observe(g: Group, run: ReplayRun, player: Player, vsmmu: number): void {
    if (g.kind === "read")
      checkRead(g, player.world, vsmmu, this.runIndex, player.played - 1, this.tallies, this.emulated);
    else if (g.kind === "dma")
      checkDma(g, run, player.world, this.runIndex, player.played - 1, this.tallies, this.emulated);
    else if (g.kind === "event" && this.ofEmulated(g, player))
      checkDma(g, run, player.world, this.runIndex, player.played - 1, this.tallies, this.emulated);
    else
      for (const e of g.events) {
        const kind = kindOf(e.name);
        if (kind !== null) this.tallies.outside(kind);
      }
  }

  /** The fault of a function that QEMU emulates, under the name that events have had since 11.1. */
  private ofEmulated(g: Group, player: Player): boolean {
    const sid = Number(g.events[0]?.f.sid ?? -1);
    return !player.world.qemu.smmus.some((s) => s.slots.some((slot) => slot.bdf === sid));
  }

  private play(player: Player, events: readonly LogEvent[], edge: Edge = INSIDE): void {
    const step = player.played;
    const rejectedBefore = player.rejected.length;
    const trace = player.next();
    this.steps++;
    if (trace.rule !== null) this.lastRule = trace.rule;
    for (const r of player.rejected.slice(rejectedBefore))
      this.rejected.push({ run: this.runIndex, line: this.run?.steps[r.step]?.first ?? 0, ...r });
    this.host?.issued(trace.hostCommands);
    if (events.length > 0) this.compare(step, events, trace, edge);
    this.options.onStep?.(this.runIndex, step, player.world);
  }

  private compare(step: number, events: readonly LogEvent[], trace: ModelTrace, edge: Edge): void {
    const run = this.run as ReplayRun;
    const names = (host: string): string => {
      const known = run.hostNames.indexOf(host);
      return known < 0 ? host : `d${known}`;
    };
    const setup = (this.player as Player).world.setup;
    const modelNames = (host: string): string => {
      const known = setup.devices.findIndex((d) => hostNameOf(d.sids[0] ?? 0) === host);
      return known < 0 ? host : (setup.devices[known]?.name ?? host);
    };
    const logged = events
      .filter((e) => this.compared(e, run))
      .map((e) => said(nameOf(e), comparable(e.name, e.f, names), e));
    const modelled = trace.events
      .filter((e) => this.comparedOfModel(e, run))
      .map((e) => said(e.name, comparable(e.name, e.args, modelNames), e));
    const keys = [(x: { same: string }) => x.same, (x: { name: string }) => x.name] as const;
    const where = { run: this.runIndex, step };
    const pairs = alignByMeaning(logged, modelled, keys, keys);
    const from = edge.first ? pairs.findIndex((p) => p.log !== null) : 0;
    const to = edge.last ? pairs.findLastIndex((p) => p.log !== null) : pairs.length - 1;
    for (const [i, { log, model }] of pairs.entries()) {
      // What stood there is cut off.
      if (i < from || i > to) continue;
      const kind = kindOf((log ?? model)?.name ?? "");
      if (kind === null) continue;
      const diff = log === null || model === null ? [] : differing(log.fields, model.fields);
      if (log !== null && model !== null && diff.length === 0) this.tallies.agree(kind);
      else
        this.tallies.disagree({
          ...where,
          kind,
          line: log?.of.line ?? run.steps[step]?.last ?? 0,
          expected: log === null ? "nothing" : text(log, diff),
          got: model === null ? "nothing" : log === null ? text(model, []) : fieldText(model.fields, diff),
          rule: model?.of.rule ?? trace.rule,
        });
    }
  }

  private comparedOfModel(e: ModelEvent, run: ReplayRun): boolean {
    if (kindOf(e.name) === null || APART.has(e.name) || !this.traced(e.name)) return false;
    return !(run.emulated && e.args.sid === NOBODY);
  }

  /** The model can have this line: it is not about a function it does not contain. */
  private compared(e: LogEvent, run: ReplayRun): boolean {
    const kind = kindOf(e.name);
    if (kind === null) return false;
    if (!run.emulated && e.f.sid !== undefined && isCommandLine(e.name)) {
      const sid = Number(e.f.sid);
      const world = (this.player as Player).world;
      const there = world.qemu.smmus.some((s) => s.slots.some((slot) => slot.bdf === sid));
      if (!there) {
        this.tallies.outside(kind);
        return false;
      }
    }
    // A reset of one function that the guest asked for: the model has it as `flr`.
    if (e.name.startsWith("vfio_pci_reset") || e.name === "vfio_pci_hot_reset") {
      const step = this.run?.steps[(this.player as Player).played - 1];
      if (step?.lines.some((l) => typeof l.text === "string" && l.text.startsWith("flr "))) {
        this.tallies.agree(kind);
        return false;
      }
    }
    return true;
  }

  finish(): CheckResult {
    while (this.nextRun());
    this.host?.end(this.runIndex - 1, this.tallies);
    return {
      tallies: this.tallies.tallies,
      disagreements: this.tallies.disagreements,
      disagreed: this.tallies.disagreed,
      rejected: this.rejected,
      steps: this.steps,
    };
  }
}

/** The log begins, or this run's part of it ends, inside a step. */
interface Edge {
  readonly first: boolean;
  readonly last: boolean;
}

const INSIDE: Edge = { first: false, last: false };

/** An event with what of it can be compared. */
interface Said<T> {
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly same: string;
  readonly of: T;
}

function said<T>(name: string, fields: Readonly<Record<string, string>>, of: T): Said<T> {
  return { name, fields, same: `${name} ${fieldText(fields)}`, of };
}

/** The event's name with the fields that differ, or all of them. */
const text = (x: Said<unknown>, diff: readonly string[]): string =>
  `${x.name} ${fieldText(x.fields, diff.length === 0 ? undefined : diff)}`.trim();

const isCommandLine = (name: string): boolean =>
  name === "smmuv3_cmdq_cfgi_ste" || name === "smmuv3_cmdq_cfgi_cd" || name === "smmu_config_cache_inv";

/** Older releases have one event for the invalidations of everything. */
const nameOf = (e: LogEvent): LogEvent["name"] =>
  e.name === "smmuv3_cmdq_tlbi_nh" && e.f.vmid === undefined ? "smmuv3_cmdq_tlbi_nsnh" : e.name;

/** As VFIO names a function: `0000:01:00.0`. */
export function hostNameOf(rid: number): string {
  const two = (n: number): string => n.toString(16).padStart(2, "0");
  return `0000:${two((rid >> 8) & 0xff)}:${two((rid >> 3) & 31)}.${rid & 7}`;
}

/** What `-trace` patterns switch on and off together. */
const FAMILIES: readonly (readonly [prefix: string, family: string])[] = [
  ["smmuv3_accel_", "accel"],
  ["smmuv3_cmdq_", "commands"],
  ["smmuv3_unhandled_", "commands"],
  // They are rare: that there is none in a log says nothing.
  ["smmuv3_trigger_", "commands"],
  ["smmuv3_write_gerror", "commands"],
  ["smmuv3_find_", "walks"],
  ["smmuv3_get_", "walks"],
  ["iommufd_backend_", "objects"],
  ["iommufd_viommu_", "objects"],
  ["iommufd_cdev_", "cdev"],
  ["vfio_", "vfio"],
  ["smmu_iotlb_inv", "iotlb"],
];

const familyOf = (name: string): string => FAMILIES.find(([prefix]) => name.startsWith(prefix))?.[1] ?? name;

/** Events that were switched on, so that the model's other events are not missed. */
function tracedNames(run: ReplayRun): (name: string) => boolean {
  const on = new Set([...run.eventNames].map(familyOf));
  // -trace 'smmuv3_*' includes the accelerated ones, which a log may lack because nothing was ever set or installed.
  if (on.has("commands") && on.has("smmuv3_write_mmio") && on.has("smmuv3_read_mmio")) on.add("accel");
  return (name) => on.has(familyOf(name));
}
