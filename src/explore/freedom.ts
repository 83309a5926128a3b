/**
 * What a search may take for the same: decided once, from the first world and the alphabet, and always on the safe side.
 */
import type { Action } from "../engine/actions.ts";
import type { World } from "../engine/world.ts";
import type { Alphabet, Move } from "./alphabet.ts";
import type { Asks } from "./formula.ts";
import type { GuestFreedom } from "./guest-normal.ts";
import type { HostFreedom } from "./host-normal.ts";
import type { Promised } from "./promises.ts";
import { type Renaming, regionOf, renamingOf, type Symmetry, symmetriesOf } from "./renaming.ts";
import { keyOf } from "./slots.ts";

export interface Freedom extends HostFreedom, GuestFreedom {
  /** The identity first. */
  readonly symmetries: readonly Symmetry[];
}

/** Raw verbs by hand may name an object that is gone, and hit whoever has its id now. */
const RAW: ReadonlySet<Action["kind"]> = new Set<Action["kind"]>([
  "iommufd",
  "close-iommufd",
  "ioas-alloc",
  "bind",
  "unbind",
  "hwpt-alloc",
  "viommu-alloc",
  "vdevice-alloc",
  "veventq-alloc",
  "read-events",
  "close",
  "attach",
  "detach",
  "destroy",
  "invalidate",
  "hw-info",
]);

const CMDQEN = 8;

/** Register accesses by hand; guest software programs its command queue before it is used, not when it is switched on. */
const handlesRegisters = (a: Action): boolean =>
  a.kind === "write" ||
  a.kind === "store" ||
  a.kind === "read" ||
  a.kind === "cr0-value" ||
  (a.kind === "cr0" && ((a.set | a.clear) & CMDQEN) !== 0);

/** Everything but what guest software itself does with structures: entries of its own kinds, made once. */
function shapesTables(a: Action): boolean {
  switch (a.kind) {
    case "cd":
    case "map":
    case "unmap":
    case "store":
    case "strtab":
    case "l1std":
      return true;
    case "ste":
      return !["abort", "bypass", "translate"].includes(a.value.as) || Object.keys(a.value).length > 1;
    case "guest":
      return a.macro !== "recover";
    default:
      return false;
  }
}

/** A device at an address that its declaration does not foretell. */
const movesDevice = (a: Action): boolean =>
  a.kind === "renumber" || ((a.kind === "plug" || a.kind === "realize") && a.bdf !== undefined);

const namesBackend = (a: Action): boolean =>
  (a.kind === "plug" || a.kind === "realize") && a.iommufd !== undefined;

/** Object ids may be dropped: nothing in the world, the alphabet or a promise can tell them. */
function idsFree({ setup, qemu, kernel }: World, alphabet: Alphabet, asks: readonly Asks[]): boolean {
  const actions = alphabet.moves.flatMap((m) => m.actions);
  const written = alphabet.name === "written";
  // An old QEMU leaves an id on an emptied slot; what the number comes to name later is a matter of numbers.
  return (
    !asks.some((a) => a.numbers) &&
    setup.qemu.unsetFreesS1 &&
    !setup.qemu.staleViommuPointer &&
    !actions.some(namesBackend) &&
    !(written && actions.some((a) => RAW.has(a.kind))) &&
    qemu.backends.length <= 1 &&
    kernel.files.filter((f) => !f.released).length <= 1
  );
}

const asksOf = (promises: readonly Promised[]): readonly Asks[] => promises.flatMap((p) => p.asks ?? []);

/** The identity first; the others one by one, because finding all may take a second. */
function* symmetriesKept(
  world: World,
  alphabet: Alphabet,
  asks: readonly Asks[],
  wanted: (s: Symmetry) => boolean = () => true,
): Generator<Symmetry> {
  const { setup } = world;
  const [identity, ...others] = symmetriesOf(setup);
  yield identity as Symmetry;
  if (others.length === 0 || !idsFree(world, alphabet, asks) || !knownPlaces(world)) return;
  const known = new Set(alphabet.moves.map((m) => keyOf(m.actions)));
  for (const s of others.filter(wanted))
    if (asks.every((a) => leavesAlone(s, a)) && closed(alphabet.moves, known, renamingOf(setup, s))) yield s;
}

export function freedomOf(
  world: World,
  alphabet: Alphabet,
  promises: readonly Promised[],
  symmetry: boolean,
): Freedom {
  const asks = asksOf(promises);
  const { setup } = world;
  const actions = alphabet.moves.flatMap((m) => m.actions);
  const ids = idsFree(world, alphabet, asks);
  const order =
    !alphabet.fault &&
    world.injections.length === 0 &&
    setup.qemu.rangeFailure === "continue" &&
    !setup.qemu.gbpaStaleError;
  const names = ids && world.names.length === 0 && !actions.some((a) => RAW.has(a.kind));
  const queues = !asks.some((a) => a.registers) && !actions.some(handlesRegisters);
  const streams = !actions.some(movesDevice);
  const tables = !actions.some(shapesTables);
  const symmetries = symmetry ? [...symmetriesKept(world, alphabet, asks)] : symmetriesOf(setup).slice(0, 1);
  return { ids, names, order, queues, streams, tables, symmetries };
}

/** Whether a search would count some devices as interchangeable; known as soon as one order of them is kept. */
export function devicesInterchange(world: World, alphabet: Alphabet, promises: readonly Promised[]): boolean {
  const still = (to: number, from: number): boolean => to === from;
  for (const s of symmetriesKept(world, alphabet, asksOf(promises), ({ vsmmus }) => vsmmus.every(still)))
    if (!s.devices.every(still)) return true;
  return false;
}

/** A promise about one device must not be asked of another. */
const leavesAlone = (s: Symmetry, a: Asks): boolean =>
  [...a.devices].every((d) => s.devices[d] === d) && [...a.vsmmus].every((v) => s.vsmmus[v] === v);

/** Every structure of the guest stands where guest software of the lab puts it, so that a renaming finds it. */
function knownPlaces(w: World): boolean {
  const n = w.setup.vsmmus.length;
  if (w.guest.smmus.some((g) => g.linux !== null || ((g.arch.strtabCfg >> 16) & 3) !== 0)) return false;
  if (w.qemu.smmus.some((s) => (s.regs.features & 1) !== 0)) return false;
  for (const p of w.memory.pages)
    for (const [i, line] of p.lines.entries()) {
      if (line === null || line.every((x) => x === 0n)) continue;
      if (regionOf(BigInt(p.no) * 4096n + BigInt(i * 64), n) === "other") return false;
    }
  for (const s of w.qemu.smmus)
    for (const slot of s.slots)
      if (slot.hiodi !== null && w.setup.devices[slot.hiodi.dev]?.bdf !== slot.bdf) return false;
  return w.memory.tables.every((t) => t.maps.every((m) => m.auto));
}

/** Each move is turned into a move of the alphabet. */
function closed(moves: readonly Move[], known: ReadonlySet<string>, r: Renaming): boolean {
  return moves.every((m) => {
    const to = renamedActions(m.actions, r);
    return to !== null && known.has(keyOf(to));
  });
}

/** The actions as a renaming turns them; null if it knows no way for one. */
export function renamedActions(actions: readonly Action[], r: Renaming): readonly Action[] | null {
  const out: Action[] = [];
  for (const a of actions) {
    const to = r.identity ? a : renamedAction(a, r);
    if (to === null) return null;
    out.push(to);
  }
  return out;
}

function renamedAction(a: Action, r: Renaming): Action | null {
  const dev = (d: number): number => r.symmetry.devices[d] ?? d;
  const vsmmu = (v: number): number => r.symmetry.vsmmus[v] ?? v;
  switch (a.kind) {
    case "plug":
    case "realize":
      return a.bdf === undefined ? { ...a, dev: dev(a.dev), vsmmu: vsmmu(a.vsmmu) } : null;
    case "set":
    case "unplug":
    case "unset":
    case "finalize":
    case "dma":
      return { ...a, dev: dev(a.dev) };
    case "reset":
    case "machine-start":
      return a;
    case "gbpa":
    case "cr0":
    case "cr0-value":
      return { ...a, vsmmu: vsmmu(a.vsmmu) };
    case "ste":
      return a.value.as === "words" ? null : { ...a, vsmmu: vsmmu(a.vsmmu), sid: r.sid(a.sid) };
    case "cfgi":
      if (a.range !== undefined) return null;
      return { ...a, vsmmu: vsmmu(a.vsmmu), sid: a.sid === "all" ? a.sid : r.sid(a.sid) };
    case "guest":
      return a.macro === "recover" ? { ...a, vsmmu: vsmmu(a.vsmmu) } : null;
    case "inject":
      return a.dev === undefined ? a : { ...a, dev: dev(a.dev) };
    default:
      return null;
  }
}

/** First `a`, then `b`. */
export function composed(a: Symmetry, b: Symmetry): Symmetry {
  return {
    devices: a.devices.map((d) => b.devices[d] as number),
    vsmmus: a.vsmmus.map((v) => b.vsmmus[v] as number),
  };
}

export function inverse(s: Symmetry): Symmetry {
  const turn = (list: readonly number[]): number[] => {
    const out: number[] = new Array(list.length);
    list.forEach((to, from) => {
      out[to] = from;
    });
    return out;
  };
  return { devices: turn(s.devices), vsmmus: turn(s.vsmmus) };
}
