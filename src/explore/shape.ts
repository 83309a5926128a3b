/**
 * Which part of a world is which slot. `assemble` makes a world from slot values, plain or tracked; `extract` finds the
 * slots that a world has, or those in which it differs from the tracked world a step began with.
 */
import type { GuestMemory, Line, MemPage } from "../engine/memory.ts";
import type { Setup } from "../engine/setup.ts";
import type { World } from "../engine/world.ts";
import type { Slot, Slots } from "./slots.ts";
import { type ListInside, leafOf, listOf, type NodeField, nodeOf, plain, type Tracker } from "./tracked.ts";

type Value = (slot: Slot) => unknown;
type Emit = (slot: Slot, value: unknown) => void;

const QEMU_FIELDS = [
  "dead",
  "started",
  "backends",
  "containers",
  "nextContainer",
  "plugged",
  "fds",
  "once",
  "ioas",
] as const;
const FILE_FIELDS = ["name", "fdOpen", "refs", "released", "minFree"] as const;
const GUEST_FIELDS = ["expected", "linux"] as const;
const LINES = 64;
const NO_LINES: readonly null[] = new Array<null>(LINES).fill(null);

/** Makes worlds of one search: the tracker's are for one run each. */
export class Shape {
  readonly slots: Slots;
  readonly setup: Setup;

  /** Fields of the records whose fields are slots of their own. */
  private readonly regs: readonly string[];
  private readonly accel: readonly string[];
  private readonly archFields: readonly string[];
  private readonly caches: readonly string[];
  private readonly sw: readonly string[];

  constructor(world: World, slots: Slots) {
    this.setup = world.setup;
    this.slots = slots;
    const keys = (x: object | undefined): string[] => Object.keys(x ?? {});
    const smmu = world.qemu.smmus[0];
    const guest = world.guest.smmus[0];
    this.regs = keys(smmu?.regs);
    this.accel = keys(smmu?.accel);
    this.archFields = keys(guest?.arch).filter((k) => k !== "caches");
    this.caches = keys(guest?.arch.caches);
    this.sw = keys(guest?.sw);
  }

  /** The world with these slot values; with a tracker, made of objects that tell who reads them. */
  assemble(value: Value, t: Tracker | null): World {
    const { setup } = this;
    const s = this.slots;
    const leaf = (slot: Slot): unknown => (t === null ? value(slot) : t.leaf(slot, value(slot)));
    const node = (fields: Record<string, NodeField>): object =>
      t === null ? Object.fromEntries(Object.entries(fields).map(([k, f]) => [k, f.value])) : t.node(fields);
    const field = (slot: Slot): NodeField => ({ slot, value: leaf(slot) });
    const inside = (x: unknown): NodeField => ({ slot: null, value: x });
    const record = (keys: readonly string[], slot: (k: string) => Slot): object => {
      const fields: Record<string, NodeField> = {};
      for (const k of keys) fields[k] = field(slot(k));
      return node(fields);
    };
    const list = (at: (i: number) => Slot, length: Slot): unknown[] => {
      const n = (value(length) as number | undefined) ?? 0;
      const items = Array.from({ length: n }, (_, i) => leaf(at(i)));
      return t === null ? items : t.list(items, at, length);
    };
    const each = <T>(of: readonly T[], path: string): unknown[] =>
      of.map((_, i) => leaf(s.host(`${path}${i}`)));

    const files: unknown[] = [];
    const fileCount = s.host("files");
    const count = (value(fileCount) as number | undefined) ?? 0;
    for (let f = 0; f < count; f++) {
      const fields: Record<string, NodeField> = {};
      for (const k of FILE_FIELDS) fields[k] = field(s.host(`f${f}.${k}`));
      fields.objects = inside(list((i) => s.host(`f${f}.o${i}`), s.host(`f${f}.length`)));
      files.push(node(fields));
    }
    // A file is a container: that the list was looked at is told by its length alone.
    const kernel = {
      files: t === null ? files : t.list(files, () => fileCount, fileCount),
      masters: each(setup.devices, "m"),
      groups: each(setup.groups, "g"),
      smmus: each(setup.psmmus, "s"),
    };
    const qemu: Record<string, NodeField> = {};
    for (const k of QEMU_FIELDS) qemu[k] = field(s.host(`q.${k}`));
    qemu.devices = inside(each(setup.devices, "qd"));
    qemu.smmus = inside(
      setup.vsmmus.map((_, v) => ({
        regs: record(this.regs, (k) => s.vsmmu(v, `r.${k}`)),
        accel: record(this.accel, (k) => s.host(`a${v}.${k}`)),
        slots: list((i) => s.host(`sl${v}.${i}`), s.host(`sl${v}`)),
      })),
    );
    const guest = setup.vsmmus.map((_, v) => {
      const arch: Record<string, NodeField> = {};
      for (const k of this.archFields) arch[k] = field(s.vsmmu(v, `arch.${k}`));
      arch.caches = inside(record(this.caches, (k) => s.vsmmu(v, `caches.${k}`)));
      const fields: Record<string, NodeField> = {
        arch: inside(node(arch)),
        sw: inside(record(this.sw, (k) => s.vsmmu(v, `sw.${k}`))),
      };
      for (const k of GUEST_FIELDS) fields[k] = field(s.vsmmu(v, k));
      return node(fields);
    });
    return {
      setup,
      kernel,
      hw: { devices: each(setup.devices, "h"), tlb: leaf(s.host("tlb")) },
      qemu: node(qemu),
      guest: { smmus: guest },
      memory: this.memory(value, t),
      provenance: each(setup.devices, "p"),
      injections: leaf(s.host("injections")),
      names: leaf(s.host("names")),
    } as unknown as World;
  }

  private memory(value: Value, t: Tracker | null): GuestMemory {
    const s = this.slots;
    const pages = s.pages.map((no): MemPage => {
      const at = (i: number): Slot => s.line(no, i);
      const lines: (Line | null)[] = NO_LINES.slice();
      for (const [i, slot] of s.knownLines(no)) lines[i] = (value(slot) as Line | undefined) ?? null;
      if (t === null) return { no, lines };
      for (const [i, slot] of s.knownLines(no)) lines[i] = t.leaf(slot, lines[i] ?? null);
      return { no, lines: t.list(lines, at, null) as (Line | null)[] };
    });
    const ram = s.rest("ram");
    const tables = s.rest("tables");
    return {
      ram: value(ram) as GuestMemory["ram"],
      pages: t === null ? pages.filter((p) => p.lines.some((l) => l !== null)) : pages,
      tables:
        t === null
          ? (value(tables) as GuestMemory["tables"])
          : t.leaf(tables, value(tables) as GuestMemory["tables"]),
    };
  }

  /**
   * Every slot of the world that may differ from the tracked one it came from; all of them for a world that came from
   * none. What a step passed on from one place to another counts as read: `read` is told.
   */
  extract(w: World, emit: Emit, read: ((slot: Slot) => void) | null = null): void {
    const s = this.slots;
    const put = (slot: Slot, value: unknown): void => {
      if (read !== null && typeof value === "object" && value !== null) {
        const leaf = leafOf(value);
        if (leaf !== undefined && leaf.slot === slot) return;
        emit(slot, plain(value, read));
      } else emit(slot, value);
    };
    const fields = (x: object, names: readonly string[], slot: (k: string) => Slot): void => {
      const inside = nodeOf(x);
      for (const k of names) {
        if (inside === undefined) put(slot(k), (x as Record<string, unknown>)[k]);
        else if (k in inside.written) put(slot(k), inside.written[k]);
      }
    };
    const child = <T>(x: object, k: string): T => {
      const inside = nodeOf(x);
      if (inside === undefined) return (x as Record<string, unknown>)[k] as T;
      return (k in inside.written ? inside.written[k] : inside.fields[k]?.value) as T;
    };
    const list = (x: readonly unknown[], at: (i: number) => Slot, length: Slot, known: number): void => {
      const inside: ListInside | undefined = listOf(x);
      if (inside === undefined) {
        for (let i = 0; i < Math.max(x.length, known); i++) put(at(i), x[i]);
        put(length, x.length);
        return;
      }
      for (const i of inside.dirty) put(at(i), inside.items[i]);
      if (inside.items.length !== inside.before) put(length, inside.items.length);
    };
    const each = (of: readonly unknown[], path: string): void => {
      for (let i = 0; i < of.length; i++) put(s.host(`${path}${i}`), of[i]);
    };

    const files = listOf(w.kernel.files)?.items ?? w.kernel.files;
    files.forEach((f, i) => {
      const file = f as object;
      fields(file, FILE_FIELDS, (k) => s.host(`f${i}.${k}`));
      const at = (n: number): Slot => s.host(`f${i}.o${n}`);
      list(child(file, "objects"), at, s.host(`f${i}.length`), this.knownObjects(i));
    });
    if (listOf(w.kernel.files) === undefined || files.length !== listOf(w.kernel.files)?.before)
      put(s.host("files"), files.length);
    each(w.kernel.masters, "m");
    each(w.kernel.groups, "g");
    each(w.kernel.smmus, "s");
    each(w.hw.devices, "h");
    put(s.host("tlb"), w.hw.tlb);
    fields(w.qemu, QEMU_FIELDS, (k) => s.host(`q.${k}`));
    each(child(w.qemu, "devices"), "qd");
    child<World["qemu"]["smmus"]>(w.qemu, "smmus").forEach((q, v) => {
      fields(q.regs, this.regs, (k) => s.vsmmu(v, `r.${k}`));
      fields(q.accel, this.accel, (k) => s.host(`a${v}.${k}`));
      list(q.slots, (i) => s.host(`sl${v}.${i}`), s.host(`sl${v}`), this.knownSlots(v));
    });
    w.guest.smmus.forEach((g, v) => {
      fields(g, GUEST_FIELDS, (k) => s.vsmmu(v, k));
      fields(child(g, "sw"), this.sw, (k) => s.vsmmu(v, `sw.${k}`));
      const arch = child<object>(g, "arch");
      fields(arch, this.archFields, (k) => s.vsmmu(v, `arch.${k}`));
      fields(child(arch, "caches"), this.caches, (k) => s.vsmmu(v, `caches.${k}`));
    });
    this.extractMemory(w.memory, put);
    each(w.provenance, "p");
    put(s.host("injections"), w.injections);
    put(s.host("names"), w.names);
  }

  private extractMemory(m: GuestMemory, put: Emit): void {
    const s = this.slots;
    for (const p of m.pages) {
      const inside = listOf(p.lines);
      if (inside === undefined) {
        s.knowPage(p.no);
        for (let i = 0; i < LINES; i++)
          if (p.lines[i] != null || s.knownLine(p.no, i) !== null)
            put(s.line(p.no, i), p.lines[i] ?? undefined);
      } else for (const i of inside.dirty) put(s.line(p.no, i), inside.items[i] ?? undefined);
    }
    put(s.rest("tables"), m.tables);
    put(s.rest("ram"), m.ram);
  }

  /** How many places of the object table were ever met: a list that was replaced may have lost some. */
  private knownObjects(file: number): number {
    return this.count((i) => `f${file}.o${i}`);
  }

  private knownSlots(v: number): number {
    return this.count((i) => `sl${v}.${i}`);
  }

  private count(path: (i: number) => string): number {
    let n = 0;
    while (this.slots.groups[0]?.has(path(n)) === true) n++;
    return n;
  }
}
