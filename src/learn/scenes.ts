/**
 * Situations by chance: a few commands that make sense after each other, of a VM's life or of a VMM by hand. The last
 * command is what a question is about.
 */
import { buildWorld } from "../engine/build-world.ts";
import { kernelProfile } from "../engine/kernel/profiles.ts";
import { qemuProfile } from "../engine/qemu/profiles.ts";
import type { Setup } from "../engine/setup.ts";
import { step } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import type { CommandItem } from "../script/ast.ts";
import { parse, parseLines } from "../script/parse.ts";
import { EMPTY_SCOPE, type Scope } from "../script/scope.ts";
import type { Chance } from "./random.ts";
import type { Moment, Situation } from "./situation.ts";

export interface Scene {
  /** Header lines of the script, each with its line end. */
  readonly header: string;
  readonly situation: Situation;
  readonly moment: Moment;
}

/** Lines with the weight they are drawn with. */
type Weighted = readonly (readonly [weight: number, line: string])[];

const VM_START: readonly (readonly string[])[] = [
  ["plug d0 v0"],
  ["plug d0 v0", "machine-start"],
  ["plug d0 v0", "plug d1 v0", "machine-start"],
  ["plug d0 v0", "plug d1 v1", "machine-start"],
  ["plug d0 v0", "machine-start", "strtab v0", "cr0 v0 +smmuen"],
  ["plug d0 v0", "machine-start", "strtab v0", "ste v0 0x100 translate", "cr0 v0 +smmuen", "cfgi v0 0x100"],
  ["plug d0 v0", "plug d1 v0", "machine-start", "strtab v0", "cr0 v0 +smmuen"],
  ["machine-start", "strtab v0"],
];

const VM: Weighted = [
  [4, "plug d0 v0"],
  [6, "plug d1 v0"],
  [2, "plug d1 v1"],
  [2, "plug d2 v0"],
  [2, "realize d1 v0"],
  [3, "set d1"],
  [5, "unplug d0"],
  [3, "unplug d1"],
  [2, "unset d0"],
  [3, "finalize d0"],
  [4, "reset"],
  [7, "gbpa v0 abort"],
  [4, "gbpa v0 bypass"],
  [2, "gbpa v0 bypass update=off"],
  [2, "gbpa v0 abort update=off"],
  [7, "cr0 v0 +smmuen"],
  [5, "cr0 v0 -smmuen"],
  [3, "cr0 v0 +eventqen"],
  [2, "cr0 v0 -eventqen"],
  [4, "strtab v0"],
  [1, "strtab v0 fmt=2lvl"],
  [4, "ste v0 0x100 abort"],
  [4, "ste v0 0x100 bypass"],
  [6, "ste v0 0x100 translate"],
  [2, "ste v0 0x100 invalid"],
  [3, "ste v0 0x108 translate"],
  [3, "ste v0 0x108 abort"],
  [8, "cfgi v0 0x100"],
  [5, "cfgi v0 0x108"],
  [4, "cfgi v0 all"],
  [2, "dma d0 iova=0x1000"],
  [2, "dma d1 iova=0x1000 write"],
  [1, "flr d0"],
];

const FAULTY: Weighted = [
  [3, "inject attach errno=EBUSY"],
  [2, "inject hwpt-alloc nth=2 errno=ENOMEM"],
  [2, "inject viommu-alloc errno=ENOMEM"],
  [3, "inject vdevice-alloc errno=ENOMEM"],
  [2, "inject destroy errno=EBUSY"],
];

const RAW_START: readonly string[] = [
  "ioas-alloc as ioas1",
  "bind d0 as dev1",
  "hwpt-alloc dev=dev1 pt=ioas1 flags=nest-parent as s2",
  "attach dev=dev1 pt=s2",
  "viommu-alloc dev=dev1 hwpt=s2 as vi1",
  "hwpt-alloc dev=dev1 pt=vi1 vste=abort as n0",
  "hwpt-alloc dev=dev1 pt=vi1 vste=bypass as n1",
  "hwpt-alloc dev=dev1 pt=vi1 vste=translate as n2",
  "vdevice-alloc viommu=vi1 dev=dev1 virt-id=0x20 as vd1",
  "attach dev=dev1 pt=n2",
];

const RAW: Weighted = [
  [3, "bind d1 as dev2"],
  [2, "bind d0 as dev3"],
  [2, "unbind dev1"],
  [2, "ioas-alloc as ioas2"],
  [2, "hwpt-alloc dev=dev1 pt=ioas1 as s1"],
  [2, "hwpt-alloc dev=dev1 pt=s2 vste=bypass as n4"],
  [2, "hwpt-alloc dev=dev1 pt=vi1 vste=invalid as n3"],
  [2, "hwpt-alloc dev=dev1 pt=vi1 vste=0xd,0x0 as n5"],
  [2, "hwpt-alloc dev=dev1 pt=n1 vste=bypass as n6"],
  [1, "hwpt-alloc dev=dev1 pt=id:99 as n7"],
  [2, "viommu-alloc dev=dev1 hwpt=s2 as vi2"],
  [1, "viommu-alloc dev=dev1 hwpt=n1 as vi3"],
  [1, "viommu-alloc dev=dev1 hwpt=ioas1 as vi4"],
  [4, "vdevice-alloc viommu=vi1 dev=dev1 virt-id=0x21 as vd2"],
  [3, "vdevice-alloc viommu=vi1 dev=dev2 virt-id=0x20 as vd3"],
  [2, "vdevice-alloc viommu=vi1 dev=dev2 virt-id=0x30 as vd4"],
  [3, "veventq-alloc viommu=vi1 depth=4 as q1"],
  [1, "veventq-alloc viommu=vi1 depth=0 as q2"],
  [2, "close q1"],
  [3, "destroy q1"],
  [2, "read-events q1"],
  [5, "attach dev=dev1 pt=s2"],
  [4, "attach dev=dev1 pt=n0"],
  [4, "attach dev=dev1 pt=n1"],
  [5, "attach dev=dev1 pt=n2"],
  [2, "attach dev=dev2 pt=n2"],
  [2, "attach dev=dev2 pt=s2"],
  [1, "attach dev=dev1 pt=vi1"],
  [1, "attach dev=dev1 pt=id:99"],
  [4, "detach dev=dev1"],
  [4, "destroy s2"],
  [4, "destroy vi1"],
  [3, "destroy n0"],
  [3, "destroy n1"],
  [4, "destroy n2"],
  [4, "destroy vd1"],
  [2, "destroy dev1"],
  [3, "destroy ioas1"],
  [2, "flr d0"],
  [2, "invalidate viommu=vi1 cmds=tlbi-nh-asid:1,cfgi-ste:0x20"],
  [2, "invalidate viommu=vi1 cmds=tlbi-nh-all"],
];

const QEMUS = ["v4", "v5", "v6", "m0", "m1"] as const;
const KERNELS = ["6.13", "6.15", "6.17", "6.19", "7.0", "7.1", "next", "plan-2026"] as const;

/** Lines read once per setup shape: they name devices and vSMMUs of the default topology alone. */
const known = new Map<string, CommandItem>();

function read(line: string, setup: Setup, scope: Scope): CommandItem | null {
  const found = known.get(line);
  if (found !== undefined) {
    // A name that is not given yet would be a problem of the text, not of the engine.
    return uses(line).every((n) => scope.has(n)) ? found : null;
  }
  const parsed = parseLines(line, setup, scope);
  const item = parsed.ok ? parsed.value.items[0] : undefined;
  if (item?.kind !== "command") return null;
  known.set(line, item);
  return item;
}

/** Names of a raw line that must have been given before it. */
const uses = (line: string): string[] =>
  line
    .replace(/ as \S+$/, "")
    .split(/\s+/)
    .flatMap((w) => w.replace(/^[a-z-]+=/, "").split(","))
    .filter((w) => /^(ioas|dev|s|vi|n|vd|q)\d$/.test(w));

let defaultSetup: Setup | null = null;

function setupOf(chance: Chance): Setup {
  if (defaultSetup === null) {
    const parsed = parse("");
    if (!parsed.ok) throw new Error("the empty script does not parse");
    defaultSetup = parsed.value.setup;
  }
  const qemu = chance.percent(20) ? qemuProfile(chance.pick(QEMUS)) : null;
  const kernel = chance.percent(20) ? kernelProfile(chance.pick(KERNELS)) : null;
  return { ...defaultSetup, ...(qemu === null ? {} : { qemu }), ...(kernel === null ? {} : { kernel }) };
}

function draw(table: Weighted, chance: Chance): string {
  const total = table.reduce((n, [w]) => n + w, 0);
  let at = chance.below(total);
  for (const [w, line] of table) {
    at -= w;
    if (at < 0) return line;
  }
  throw new Error("weights");
}

/** One command of a VM's life in whatever topology, null where its devices are called otherwise. */
export function strayCommand(setup: Setup, chance: Chance): CommandItem | null {
  const parsed = parseLines(draw(VM, chance), setup, EMPTY_SCOPE);
  const item = parsed.ok ? parsed.value.items[0] : undefined;
  return item?.kind === "command" ? item : null;
}

/** Plays on as long as commands make sense; the last of them is the question's. */
class Walk {
  readonly setup: Setup;
  private scope: Scope = EMPTY_SCOPE;
  private readonly items: CommandItem[] = [];
  private before: World;
  private world: World;

  constructor(setup: Setup) {
    this.setup = setup;
    this.world = buildWorld(setup);
    this.before = this.world;
  }

  /** False if the line makes no sense here: nothing happened. */
  go(line: string): boolean {
    const item = read(line, this.setup, this.scope);
    if (item === null) return false;
    if (item.declares !== null && this.scope.has(item.declares)) return false;
    const stepped = step(this.world, item.action, { trace: false });
    if (stepped.outcome.rejected) return false;
    this.before = this.world;
    this.world = stepped.world;
    this.items.push(item);
    if (item.declares !== null) this.scope = this.scope.with(item.declares);
    return true;
  }

  get length(): number {
    return this.items.length;
  }

  get lastIsFault(): boolean {
    return this.items.at(-1)?.verb === "inject";
  }

  scene(): Scene {
    const act = this.items.slice(-1);
    const last = act[0] as CommandItem;
    const { world, outcome } = step(this.before, last.action);
    const { setup } = this;
    return {
      header: `kernel ${setup.kernel.name}\nqemu ${setup.qemu.name}\n`,
      situation: { setup, lead: this.items.slice(0, -1), act },
      moment: { before: this.before, world, outcome },
    };
  }
}

export type Family = "vm" | "raw";

/** A scene of one family; the same for the same chance. */
export function sceneBy(chance: Chance, family: Family): Scene {
  const walk = new Walk(setupOf(chance));
  if (family === "raw") {
    const upTo = 4 + chance.below(RAW_START.length - 3);
    for (const line of RAW_START.slice(0, upTo)) walk.go(line);
    wander(walk, chance, RAW, 1 + chance.below(4));
  } else {
    for (const line of chance.pick(VM_START)) walk.go(line);
    const fault = chance.percent(12);
    wander(walk, chance, VM, chance.below(4));
    if (fault) walk.go(draw(FAULTY, chance));
    wander(walk, chance, VM, 1);
  }
  return walk.scene();
}

/** So many commands more, if that many make sense. */
function wander(walk: Walk, chance: Chance, table: Weighted, count: number): void {
  const wanted = walk.length + count;
  for (let tries = 0; tries < 60 && walk.length < wanted; tries++) walk.go(draw(table, chance));
}
