/**
 * Which part of a world is which slot. `assemble` makes a world from slot values, plain or tracked; `extract` finds the
 * slots that a world has, or those in which it differs from the tracked world a step began with.
 */
import type { GuestMemory, Line, MemPage } from "../engine/memory.ts";
import type { Setup } from "../engine/setup.ts";
import type { World } from "../engine/world.ts";
import { HOST, type Slot, type Slots } from "./slots.ts";
import {
  LazyPage,
  type ListInside,
  leafOf,
  listOf,
  type NodeKind,
  nodeKind,
  nodeOf,
  plain,
  type Tracker,
} from "./tracked.ts";

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

/** Slots of a list: an item each, made as they are met, and the length. */
interface ListSlots {
  readonly at: (i: number) => Slot;
  readonly length: Slot;
  /** Items ever met: a list that was replaced may have lost some. */
  readonly items: readonly Slot[];
}

interface FileSlots {
  readonly fields: NodeKind;
  readonly objects: ListSlots;
}

interface VsmmuSlots {
  readonly regs: NodeKind;
  readonly accel: NodeKind;
  readonly slots: ListSlots;
  readonly guest: NodeKind;
  readonly sw: NodeKind;
  readonly arch: NodeKind;
  readonly caches: NodeKind;
}

function listSlots(make: (i: number) => Slot, length: Slot): ListSlots {
  const items: Slot[] = [];
  const at = (i: number): Slot => {
    for (let n = items.length; n <= i; n++) items.push(make(n));
    return items[i] as Slot;
  };
  return { at, length, items };
}

/** Makes worlds of one search: the tracker's are for one run each. */
export class Shape {
  readonly slots: Slots;
  readonly setup: Setup;

  /** Where each part of a world is, looked up once. */
  private readonly files: FileSlots[] = [];
  private readonly fileCount: Slot;
  private readonly masters: readonly Slot[];
  private readonly groups: readonly Slot[];
  private readonly smmus: readonly Slot[];
  private readonly hw: readonly Slot[];
  private readonly tlb: Slot;
  private readonly qemu: NodeKind;
  private readonly devices: readonly Slot[];
  private readonly vsmmus: readonly VsmmuSlots[];
  private readonly provenance: readonly Slot[];
  private readonly injections: Slot;
  private readonly names: Slot;
  private readonly tables: Slot;
  private readonly ram: Slot;

  constructor(world: World, slots: Slots) {
    this.setup = world.setup;
    this.slots = slots;
    const { setup } = world;
    const keys = (x: object | undefined): string[] => Object.keys(x ?? {});
    const smmu = world.qemu.smmus[0];
    const guest = world.guest.smmus[0];
    const archFields = keys(guest?.arch).filter((k) => k !== "caches");
    const record = (names: readonly string[], slot: (k: string) => Slot): NodeKind =>
      nodeKind(names, names.map(slot));
    const host = (path: string): Slot => slots.host(path);
    const each = (of: readonly unknown[], path: string): Slot[] => of.map((_, i) => host(`${path}${i}`));
    this.fileCount = host("files");
    this.masters = each(setup.devices, "m");
    this.groups = each(setup.groups, "g");
    this.smmus = each(setup.psmmus, "s");
    this.hw = each(setup.devices, "h");
    this.tlb = host("tlb");
    this.qemu = record(QEMU_FIELDS, (k) => host(`q.${k}`));
    this.devices = each(setup.devices, "qd");
    this.vsmmus = setup.vsmmus.map((_, v) => ({
      regs: record(keys(smmu?.regs), (k) => slots.vsmmu(v, `r.${k}`)),
      accel: record(keys(smmu?.accel), (k) => host(`a${v}.${k}`)),
      slots: listSlots((i) => host(`sl${v}.${i}`), host(`sl${v}`)),
      guest: record(GUEST_FIELDS, (k) => slots.vsmmu(v, k)),
      sw: record(keys(guest?.sw), (k) => slots.vsmmu(v, `sw.${k}`)),
      arch: record(archFields, (k) => slots.vsmmu(v, `arch.${k}`)),
      caches: record(keys(guest?.arch.caches), (k) => slots.vsmmu(v, `caches.${k}`)),
    }));
    this.provenance = each(setup.devices, "p");
    this.injections = host("injections");
    this.names = host("names");
    this.tables = slots.rest("tables");
    this.ram = slots.rest("ram");
  }

  private file(f: number): FileSlots {
    for (let n = this.files.length; n <= f; n++)
      this.files.push({
        fields: nodeKind(
          FILE_FIELDS,
          FILE_FIELDS.map((k) => this.slots.host(`f${n}.${k}`)),
        ),
        objects: listSlots((i) => this.slots.host(`f${n}.o${i}`), this.slots.host(`f${n}.length`)),
      });
    return this.files[f] as FileSlots;
  }

  /** The world with these slot values; with a tracker, made of objects that tell who reads them. */
  assemble(value: Value, t: Tracker | null): World {
    const { setup } = this;
    const leaf = (slot: Slot): unknown => (t === null ? value(slot) : t.leaf(slot, value(slot)));
    const each = (of: readonly Slot[]): unknown[] => of.map(leaf);
    const record = (kind: NodeKind, inside: Record<string, unknown> = {}): object => {
      if (t !== null) return t.node(kind, inside, value);
      const out: Record<string, unknown> = {};
      for (let i = 0; i < kind.names.length; i++) out[kind.names[i] as string] = value(kind.slots[i] as Slot);
      return Object.assign(out, inside);
    };
    const list = ({ at, length }: ListSlots): unknown[] => {
      const n = (value(length) as number | undefined) ?? 0;
      const items: unknown[] = new Array(n);
      for (let i = 0; i < n; i++) items[i] = value(at(i));
      return t === null ? items : t.list(items, at, length);
    };

    const { fileCount } = this;
    const count = (value(fileCount) as number | undefined) ?? 0;
    const files: unknown[] = [];
    for (let f = 0; f < count; f++) {
      const s = this.file(f);
      files.push(record(s.fields, { objects: list(s.objects) }));
    }
    const smmus = this.vsmmus.map((s) => ({
      regs: record(s.regs),
      accel: record(s.accel),
      slots: list(s.slots),
    }));
    return {
      setup,
      kernel: {
        // A file is a container: that the list was looked at is told by its length alone.
        files: t === null ? files : t.list(files, () => fileCount, fileCount),
        masters: each(this.masters),
        groups: each(this.groups),
        smmus: each(this.smmus),
      },
      hw: { devices: each(this.hw), tlb: leaf(this.tlb) },
      qemu: record(this.qemu, { devices: each(this.devices), smmus }),
      guest: {
        smmus: this.vsmmus.map((s) =>
          record(s.guest, {
            arch: record(s.arch, { caches: record(s.caches) }),
            sw: record(s.sw),
          }),
        ),
      },
      memory: this.memory(value, t),
      provenance: each(this.provenance),
      injections: leaf(this.injections),
      names: leaf(this.names),
    } as unknown as World;
  }

  private memory(value: Value, t: Tracker | null): GuestMemory {
    const s = this.slots;
    const lines = (no: number): (Line | null)[] => {
      const out: (Line | null)[] = NO_LINES.slice();
      for (const [i, slot] of s.knownLines(no)) out[i] = (value(slot) as Line | undefined) ?? null;
      return t === null ? out : (t.list(out, (i) => s.line(no, i), null) as (Line | null)[]);
    };
    // Of most pages a step looks at nothing but the number.
    const pages = s.pages.map(
      (no): MemPage => (t === null ? { no, lines: lines(no) } : new LazyPage(no, lines)),
    );
    const { ram, tables } = this;
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
   * none. What a step passed on from one place to another counts as read: `read` is told. `only`: slots of one group.
   */
  extract(w: World, emit: Emit, read: ((slot: Slot) => void) | null = null, only = -1): void {
    const put = (slot: Slot, value: unknown): void => {
      if (read !== null && typeof value === "object" && value !== null) {
        const leaf = leafOf(value);
        if (leaf !== undefined && leaf.slot === slot) return;
        emit(slot, plain(value, read));
      } else emit(slot, value);
    };
    const n = this.vsmmus.length;
    if (only <= HOST) this.extractHost(w, put);
    for (let v = 0; v < n; v++) if (only < 0 || only === 1 + v) this.extractVsmmu(w, v, put);
    if (only !== HOST) this.extractMemory(w.memory, put, only);
  }

  private fields(x: object, { names, slots }: NodeKind, put: Emit): void {
    const inside = nodeOf(x);
    for (let i = 0; i < names.length; i++) {
      const k = names[i] as string;
      if (inside === undefined) put(slots[i] as Slot, (x as Record<string, unknown>)[k]);
      else if (k in inside.written) put(slots[i] as Slot, inside.written[k]);
    }
  }

  private extractHost(w: World, put: Emit): void {
    const each = (of: readonly unknown[], slots: readonly Slot[]): void => {
      for (let i = 0; i < of.length; i++) put(slots[i] as Slot, of[i]);
    };
    const known = listOf(w.kernel.files);
    const files = known?.items ?? w.kernel.files;
    files.forEach((f, i) => {
      const file = f as object;
      const s = this.file(i);
      this.fields(file, s.fields, put);
      extractList(child(file, "objects"), s.objects, put);
    });
    if (known === undefined || files.length !== known.before) put(this.fileCount, files.length);
    each(w.kernel.masters, this.masters);
    each(w.kernel.groups, this.groups);
    each(w.kernel.smmus, this.smmus);
    each(w.hw.devices, this.hw);
    put(this.tlb, w.hw.tlb);
    this.fields(w.qemu, this.qemu, put);
    each(child(w.qemu, "devices"), this.devices);
    const smmus = child<World["qemu"]["smmus"]>(w.qemu, "smmus");
    for (const [v, s] of this.vsmmus.entries()) {
      const q = smmus[v];
      if (q === undefined) continue;
      this.fields(q.accel, s.accel, put);
      extractList(q.slots, s.slots, put);
    }
    each(w.provenance, this.provenance);
    put(this.injections, w.injections);
    put(this.names, w.names);
  }

  private extractVsmmu(w: World, v: number, put: Emit): void {
    const s = this.vsmmus[v] as VsmmuSlots;
    const q = child<World["qemu"]["smmus"]>(w.qemu, "smmus")[v];
    const g = w.guest.smmus[v];
    if (q === undefined || g === undefined) return;
    this.fields(q.regs, s.regs, put);
    this.fields(g, s.guest, put);
    this.fields(child(g, "sw"), s.sw, put);
    const arch = child<object>(g, "arch");
    this.fields(arch, s.arch, put);
    this.fields(child(arch, "caches"), s.caches, put);
  }

  private extractMemory(m: GuestMemory, put: Emit, only: number): void {
    const s = this.slots;
    for (const p of m.pages) {
      if (only >= 0 && s.groupOf(p.no) !== only) continue;
      if (p instanceof LazyPage && p.untouched) continue;
      const inside = listOf(p.lines);
      if (inside === undefined) {
        s.knowPage(p.no);
        for (let i = 0; i < LINES; i++)
          if (p.lines[i] != null || s.knownLine(p.no, i) !== null)
            put(s.line(p.no, i), p.lines[i] ?? undefined);
      } else for (const i of inside.dirty) put(s.line(p.no, i), inside.items[i] ?? undefined);
    }
    put(this.tables, m.tables);
    put(this.ram, m.ram);
  }
}

function child<T>(x: object, k: string): T {
  const inside = nodeOf(x);
  if (inside === undefined) return (x as Record<string, unknown>)[k] as T;
  return (k in inside.written ? inside.written[k] : inside.inside[k]) as T;
}

function extractList(x: readonly unknown[], { at, length, items }: ListSlots, put: Emit): void {
  const inside: ListInside | undefined = listOf(x);
  if (inside === undefined) {
    const most = Math.max(x.length, items.length);
    for (let i = 0; i < most; i++) put(at(i), x[i]);
    put(length, x.length);
    return;
  }
  for (const i of inside.dirty) put(at(i), inside.items[i]);
  if (inside.items.length !== inside.before) put(length, inside.items.length);
}
