/**
 * What a step changed, field by field. Worlds share whatever a step left alone, so the walk goes only where objects
 * differ: its cost is that of the change, not of the world.
 */
import type { GuestMemory } from "../../../engine/memory.ts";
import type { World } from "../../../engine/world.ts";
import type { Subject } from "../../state/selection-store.ts";

export interface Change {
  readonly kind: "changed" | "added" | "removed";
  /** What it belongs to, in words: `HWPT_NESTED 5 v0.abort`. */
  readonly owner: string;
  /** Where the owner lives: one of the floors. */
  readonly floor: "Guest" | "QEMU" | "iommufd" | "Hardware" | "Lab";
  readonly subject: Subject | null;
  /** Dotted, empty when the owner itself came or went. */
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

type Key = string | number;
type Path = readonly Key[];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Fields that hold indices of things with names. */
const INDEXED: Readonly<Record<string, (world: World) => readonly { readonly name: string }[]>> = {
  devices: (world) => world.setup.devices,
  plugged: (world) => world.setup.devices,
  dev: (world) => world.setup.devices,
  filledBy: (world) => world.setup.devices,
  vsmmu: (world) => world.setup.vsmmus,
  psmmu: (world) => world.setup.psmmus,
};

/** A field's value, with names where it is an index or a list of them. */
function printNamed(world: World, key: Key | undefined, value: unknown): string {
  const names = INDEXED[String(key)]?.(world);
  if (names === undefined) return printField(value);
  const one = (index: unknown): string =>
    typeof index === "number" ? (names[index]?.name ?? (index < 0 ? "–" : String(index))) : printField(index);
  return Array.isArray(value) ? (value.length === 0 ? "none" : value.map(one).join(", ")) : one(value);
}

export function printField(value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (typeof value === "bigint") return `0x${value.toString(16)}`;
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(printField).join(", ");
  if (isObject(value)) {
    return Object.entries(value)
      .map(([key, one]) => `${key} ${printField(one)}`)
      .join(" · ");
  }
  return String(value);
}

interface Home {
  readonly owner: string;
  readonly floor: Change["floor"];
  readonly subject: Subject | null;
  /** How many keys of the path the owner takes. */
  readonly depth: number;
}

const name = (list: readonly { readonly name: string }[], at: Key): string =>
  list[Number(at)]?.name ?? String(at);

/** Who a path belongs to. `value` is the owner's own value, in whichever world has it. */
function homeOf(world: World, path: Path, value: (depth: number) => unknown): Home {
  const { devices, vsmmus, psmmus, groups } = world.setup;
  const [root, table, a, sub, b] = path;
  if (root === "kernel" && table === "files" && a !== undefined && sub === "objects" && b !== undefined) {
    const object = value(5);
    const type = isObject(object) ? `${object.type} ${b}` : `id ${b}`;
    const label = isObject(object) && typeof object.name === "string" ? `${type} ${object.name}` : type;
    return {
      owner: label,
      floor: "iommufd",
      subject: { kind: "object", file: Number(a), id: Number(b) },
      depth: 5,
    };
  }
  if (root === "kernel" && a !== undefined) {
    if (table === "files") {
      return { owner: `iommufd ${printName(value(3), a)}`, floor: "iommufd", subject: null, depth: 3 };
    }
    if (table === "masters") {
      const subject: Subject = { kind: "device", dev: Number(a) };
      return { owner: `${name(devices, a)} in the host kernel`, floor: "iommufd", subject, depth: 3 };
    }
    if (table === "groups") {
      return { owner: `iommu group ${name(groups, a)}`, floor: "iommufd", subject: null, depth: 3 };
    }
    if (table === "smmus") {
      const subject: Subject = { kind: "psmmu", p: Number(a) };
      return { owner: `${name(psmmus, a)} driver`, floor: "iommufd", subject, depth: 3 };
    }
  }
  if (root === "hw" && table === "devices" && a !== undefined) {
    const subject: Subject = { kind: "pste", dev: Number(a) };
    return { owner: `${name(devices, a)} in hardware`, floor: "Hardware", subject, depth: 3 };
  }
  if (root === "hw") return { owner: "TLB", floor: "Hardware", subject: null, depth: 2 };
  if ((root === "qemu" || root === "guest") && a !== undefined && /smmu/.test(String(table))) {
    const subject: Subject = { kind: root === "qemu" ? "accel" : "vsmmu", v: Number(a) };
    const owner = root === "qemu" ? `${name(vsmmus, a)} in QEMU` : name(vsmmus, a);
    return { owner, floor: root === "qemu" ? "QEMU" : "Guest", subject, depth: 3 };
  }
  if (root === "qemu" && a !== undefined && /dev/.test(String(table))) {
    const subject: Subject = { kind: "accel-device", dev: Number(a) };
    return { owner: `${name(devices, a)} in QEMU`, floor: "QEMU", subject, depth: 3 };
  }
  if (root === "qemu") return { owner: "QEMU", floor: "QEMU", subject: null, depth: 1 };
  if (root === "guest") return { owner: "Guest", floor: "Guest", subject: null, depth: 1 };
  if (root === "memory") return { owner: "Guest memory", floor: "Guest", subject: null, depth: 1 };
  if (root === "injections") return { owner: "Fault injection", floor: "Lab", subject: null, depth: 1 };
  return { owner: "Names", floor: "Lab", subject: null, depth: 1 };
}

const printName = (value: unknown, otherwise: Key): string =>
  isObject(value) && typeof value.name === "string" ? value.name : String(otherwise);

const at = (world: World, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), world);

/** Guest memory by address: pages and lines are only how it is stored. */
function* memoryChanges(
  before: GuestMemory,
  after: GuestMemory,
): Generator<readonly [string, unknown, unknown]> {
  const old = new Map(before.pages.map((page) => [page.no, page]));
  const numbers = new Set([...old.keys(), ...after.pages.map(({ no }) => no)]);
  const now = new Map(after.pages.map((page) => [page.no, page]));
  for (const no of [...numbers].sort((a, b) => a - b)) {
    const from = old.get(no);
    const to = now.get(no);
    if (from === to) continue;
    for (let line = 0; line < 64; line++) {
      const was = from?.lines[line] ?? null;
      const is = to?.lines[line] ?? null;
      if (was === is) continue;
      for (let word = 0; word < 8; word++) {
        const [x, y] = [was?.[word] ?? 0n, is?.[word] ?? 0n];
        if (x === y) continue;
        const address = (BigInt(no) << 12n) + BigInt(line * 64 + word * 8);
        yield [`[0x${address.toString(16)}]`, x, y];
      }
    }
  }
  if (before.tables !== after.tables) {
    const tables = new Map(before.tables.map((table) => [table.ttb, table.maps]));
    for (const { ttb, maps } of after.tables) {
      if (tables.get(ttb) !== maps) yield [`S1 table 0x${ttb.toString(16)}`, tables.get(ttb), maps];
      tables.delete(ttb);
    }
    for (const [ttb, maps] of tables) yield [`S1 table 0x${ttb.toString(16)}`, maps, undefined];
  }
}

const isPlainList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => !isObject(one)) && value.length <= 16;

/** An iommufd file before it is opened. */
const NO_FILE = Object.freeze({ objects: [] });

const nothing = (value: unknown): boolean => value === null || value === undefined;

export interface WorldDiff {
  readonly changes: readonly Change[];
  /** There were more than `limit`. */
  readonly cut: boolean;
}

export function diffWorlds(before: World, after: World, limit = 5000): WorldDiff {
  const changes: Change[] = [];
  let cut = false;

  function add(path: Path, from: unknown, to: unknown): void {
    if (changes.length >= limit) {
      cut = true;
      return;
    }
    const value = (depth: number) => at(after, path.slice(0, depth)) ?? at(before, path.slice(0, depth));
    const { owner, floor, subject, depth } = homeOf(after, path, value);
    changes.push({
      kind: nothing(from) && isObject(to) ? "added" : nothing(to) && isObject(from) ? "removed" : "changed",
      owner,
      floor,
      subject,
      field: path.slice(depth).join("."),
      before: printNamed(after, path.at(-1), from),
      after: printNamed(after, path.at(-1), to),
    });
  }

  function walk(path: Path, from: unknown, to: unknown): void {
    if (Object.is(from, to) || cut) return;
    if (path.length === 1 && path[0] === "memory") {
      for (const [field, x, y] of memoryChanges(before.memory, after.memory)) add(["memory", field], x, y);
      return;
    }
    if (path.length === 3 && path[1] === "files" && (from === undefined || to === undefined)) {
      // A file that was just opened, or never was, is told object by object like any other.
      walk(path, from ?? NO_FILE, to ?? NO_FILE);
      return;
    }
    const deep = isObject(from) && isObject(to) && Array.isArray(from) === Array.isArray(to);
    const words = path.includes("stes");
    if (!deep || (!words && isPlainList(from) && isPlainList(to))) {
      if (printField(from) !== printField(to)) add(path, from, to);
      return;
    }
    const keys = Array.isArray(from)
      ? Array.from({ length: Math.max(from.length, (to as unknown as unknown[]).length) }, (_, key) => key)
      : [...new Set([...Object.keys(from), ...Object.keys(to)])];
    for (const key of keys) walk([...path, key], from[key], to[key]);
  }

  walk([], before, after);
  return { changes, cut };
}
