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

/** Makes the parts of a world from slot values; with a tracker, parts that tell who reads them. */
class Maker {
  readonly value: Value;
  readonly tracker: Tracker | null;

  constructor(value: Value, tracker: Tracker | null) {
    this.value = value;
    this.tracker = tracker;
  }

  leaf(slot: Slot): unknown {
    const value = this.value(slot);
    return this.tracker === null ? value : this.tracker.leaf(slot, value);
  }

  each(of: readonly Slot[]): unknown[] {
    return of.map((slot) => this.leaf(slot));
  }

  record(kind: NodeKind, inside: Record<string, unknown> = {}): object {
    if (this.tracker !== null) return this.tracker.node(kind, inside, this.value);
    const out: Record<string, unknown> = {};
    for (let i = 0; i < kind.names.length; i++)
      out[kind.names[i] as string] = this.value(kind.slots[i] as Slot);
    return Object.assign(out, inside);
  }

  list({ at, length }: ListSlots): unknown[] {
    const n = (this.value(length) as number | undefined) ?? 0;
    const items: unknown[] = new Array(n);
    for (let i = 0; i < n; i++) items[i] = this.value(at(i));
    return this.tracker === null ? items : this.tracker.list(items, at, length);
  }
}

const guestOf = (make: Maker, s: VsmmuSlots): object =>
  make.record(s.guest, {
    arch: make.record(s.arch, { caches: make.record(s.caches) }),
    sw: make.record(s.sw),
  });

/** Where the parts of a world go that is taken apart. Of a plain one there is nothing to be asked who reads it. */
class Sink {
  readonly tracked: boolean;
  private readonly emit: Emit;
  private readonly read: (slot: Slot) => void;

  constructor(emit: Emit, read: ((slot: Slot) => void) | null) {
    this.tracked = read !== null;
    this.emit = emit;
    this.read = read ?? (() => {});
  }

  put(slot: Slot, value: unknown): void {
    if (this.tracked && typeof value === "object" && value !== null) {
      const leaf = leafOf(value);
      if (leaf !== undefined && leaf.slot === slot) return;
      this.emit(slot, plain(value, this.read));
    } else this.emit(slot, value);
  }

  each(of: readonly unknown[], slots: readonly Slot[]): void {
    for (let i = 0; i < of.length; i++) this.put(slots[i] as Slot, of[i]);
  }

  fields(x: object, { names, slots }: NodeKind): void {
    const inside = this.tracked ? nodeOf(x) : undefined;
    for (let i = 0; i < names.length; i++) {
      const k = names[i] as string;
      if (inside === undefined) this.put(slots[i] as Slot, (x as Record<string, unknown>)[k]);
      else if (k in inside.written) this.put(slots[i] as Slot, inside.written[k]);
    }
  }

  list(x: readonly unknown[], { at, length, items }: ListSlots): void {
    const inside = this.inside(x);
    if (inside === undefined) {
      const most = Math.max(x.length, items.length);
      for (let i = 0; i < most; i++) this.put(at(i), x[i]);
      this.put(length, x.length);
      return;
    }
    for (const i of inside.dirty) this.put(at(i), inside.items[i]);
    if (inside.items.length !== inside.before) this.put(length, inside.items.length);
  }

  inside(x: readonly unknown[]): ListInside | undefined {
    return this.tracked ? listOf(x) : undefined;
  }

  child<T>(x: object, k: string): T {
    const inside = this.tracked ? nodeOf(x) : undefined;
    if (inside === undefined) return (x as Record<string, unknown>)[k] as T;
    return (k in inside.written ? inside.written[k] : inside.inside[k]) as T;
  }
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
    const make = new Maker(value, t);
    return {
      setup: this.setup,
      ...this.host(make, (v) => make.record((this.vsmmus[v] as VsmmuSlots).regs)),
      guest: { smmus: this.vsmmus.map((s) => guestOf(make, s)) },
      memory: { ram: value(this.ram), pages: this.pages(make), tables: make.leaf(this.tables) },
    } as unknown as World;
  }

  /** A plain world with the parts of one group as these slot values have them. */
  replaced(base: World, group: number, value: Value): World {
    const make = new Maker(value, null);
    if (group === HOST)
      return { ...base, ...this.host(make, (v) => base.qemu.smmus[v]?.regs) } as unknown as World;
    const others = base.memory.pages.filter((p) => this.slots.groupOf(p.no) !== group);
    const pages = [...others, ...this.pages(make, group)].sort((a, b) => a.no - b.no);
    const v = group - 1;
    const of = this.vsmmus[v];
    if (of === undefined) {
      const memory = { ram: value(this.ram), pages, tables: value(this.tables) };
      return { ...base, memory } as unknown as World;
    }
    const smmus = base.qemu.smmus.map((s, i) => (i === v ? { ...s, regs: make.record(of.regs) } : s));
    const guests = base.guest.smmus.map((g, i) => (i === v ? guestOf(make, of) : g));
    const qemu = { ...base.qemu, smmus };
    return { ...base, qemu, guest: { smmus: guests }, memory: { ...base.memory, pages } } as unknown as World;
  }

  private host(make: Maker, regs: (v: number) => unknown): object {
    const { fileCount } = this;
    const count = (make.value(fileCount) as number | undefined) ?? 0;
    const files: unknown[] = [];
    for (let f = 0; f < count; f++) {
      const s = this.file(f);
      files.push(make.record(s.fields, { objects: make.list(s.objects) }));
    }
    const smmus = this.vsmmus.map((s, v) => ({
      regs: regs(v),
      accel: make.record(s.accel),
      slots: make.list(s.slots),
    }));
    return {
      kernel: {
        // A file is a container: that the list was looked at is told by its length alone.
        files: make.tracker === null ? files : make.tracker.list(files, () => fileCount, fileCount),
        masters: make.each(this.masters),
        groups: make.each(this.groups),
        smmus: make.each(this.smmus),
      },
      hw: { devices: make.each(this.hw), tlb: make.leaf(this.tlb) },
      qemu: make.record(this.qemu, { devices: make.each(this.devices), smmus }),
      provenance: make.each(this.provenance),
      injections: make.leaf(this.injections),
      names: make.leaf(this.names),
    };
  }

  /** Pages of guest memory; `group`: of that alone. */
  private pages({ value, tracker: t }: Maker, group = -1): MemPage[] {
    const s = this.slots;
    const lines = (no: number): (Line | null)[] => {
      const out: (Line | null)[] = NO_LINES.slice();
      for (const [i, slot] of s.knownLines(no)) out[i] = (value(slot) as Line | undefined) ?? null;
      return t === null ? out : (t.list(out, (i) => s.line(no, i), null) as (Line | null)[]);
    };
    // Of most pages a step looks at nothing but the number.
    if (t !== null) return s.pages.map((no) => new LazyPage(no, lines));
    const wanted = group < 0 ? s.pages : s.pages.filter((no) => s.groupOf(no) === group);
    return wanted.map((no) => ({ no, lines: lines(no) })).filter((p) => p.lines.some((l) => l !== null));
  }

  /**
   * Every slot of the world that may differ from the tracked one it came from; all of them for a world that came from
   * none. What a step passed on from one place to another counts as read: `read` is told. `only`: slots of one group.
   */
  extract(w: World, emit: Emit, read: ((slot: Slot) => void) | null = null, only = -1): void {
    const to = new Sink(emit, read);
    const n = this.vsmmus.length;
    if (only <= HOST) this.extractHost(w, to);
    for (let v = 0; v < n; v++) if (only < 0 || only === 1 + v) this.extractVsmmu(w, v, to);
    if (only !== HOST) this.extractMemory(w.memory, to, only);
  }

  private extractHost(w: World, to: Sink): void {
    const known = to.inside(w.kernel.files);
    const files = known?.items ?? w.kernel.files;
    files.forEach((f, i) => {
      const file = f as object;
      const s = this.file(i);
      to.fields(file, s.fields);
      to.list(to.child(file, "objects"), s.objects);
    });
    if (known === undefined || files.length !== known.before) to.put(this.fileCount, files.length);
    to.each(w.kernel.masters, this.masters);
    to.each(w.kernel.groups, this.groups);
    to.each(w.kernel.smmus, this.smmus);
    to.each(w.hw.devices, this.hw);
    to.put(this.tlb, w.hw.tlb);
    to.fields(w.qemu, this.qemu);
    to.each(to.child(w.qemu, "devices"), this.devices);
    const smmus = to.child<World["qemu"]["smmus"]>(w.qemu, "smmus");
    for (const [v, s] of this.vsmmus.entries()) {
      const q = smmus[v];
      if (q === undefined) continue;
      to.fields(q.accel, s.accel);
      to.list(q.slots, s.slots);
    }
    to.each(w.provenance, this.provenance);
    to.put(this.injections, w.injections);
    to.put(this.names, w.names);
  }

  private extractVsmmu(w: World, v: number, to: Sink): void {
    const s = this.vsmmus[v] as VsmmuSlots;
    const q = to.child<World["qemu"]["smmus"]>(w.qemu, "smmus")[v];
    const g = w.guest.smmus[v];
    if (q === undefined || g === undefined) return;
    to.fields(q.regs, s.regs);
    to.fields(g, s.guest);
    to.fields(to.child(g, "sw"), s.sw);
    const arch = to.child<object>(g, "arch");
    to.fields(arch, s.arch);
    to.fields(to.child(arch, "caches"), s.caches);
  }

  private extractMemory(m: GuestMemory, to: Sink, only: number): void {
    const s = this.slots;
    for (const p of m.pages) {
      if (only >= 0 && s.groupOf(p.no) !== only) continue;
      if (p instanceof LazyPage && p.untouched) continue;
      const inside = to.inside(p.lines);
      if (inside === undefined) {
        s.knowPage(p.no);
        for (let i = 0; i < LINES; i++)
          if (p.lines[i] != null || s.knownLine(p.no, i) !== null)
            to.put(s.line(p.no, i), p.lines[i] ?? undefined);
      } else for (const i of inside.dirty) to.put(s.line(p.no, i), inside.items[i] ?? undefined);
    }
    to.put(this.tables, m.tables);
    to.put(this.ram, m.ram);
  }
}
