/** What the reader looks at: the selected subject, the hovered one, and the way back. */
import { create } from "zustand";

/** Anything the inspector can describe. Indices are those of Setup; `id` is an iommufd object id. */
export type Subject =
  | { readonly kind: "device"; readonly dev: number }
  | { readonly kind: "vsmmu"; readonly v: number }
  /** QEMU's SMMUv3AccelState and SMMUv3AccelDevice. */
  | { readonly kind: "accel"; readonly v: number }
  | { readonly kind: "accel-device"; readonly dev: number }
  | { readonly kind: "object"; readonly file: number; readonly id: number }
  | { readonly kind: "psmmu"; readonly p: number }
  /** A guest STE in memory. */
  | { readonly kind: "ste"; readonly v: number; readonly sid: number }
  /** The physical STE of a device. */
  | { readonly kind: "pste"; readonly dev: number };

/** A stable text form: key of lists, part of the URL, data attribute for tests. */
export function subjectKey(subject: Subject): string {
  switch (subject.kind) {
    case "device":
      return `device.${subject.dev}`;
    case "vsmmu":
      return `vsmmu.${subject.v}`;
    case "accel":
      return `accel.${subject.v}`;
    case "accel-device":
      return `accel-device.${subject.dev}`;
    case "object":
      return `object.${subject.file}.${subject.id}`;
    case "psmmu":
      return `psmmu.${subject.p}`;
    case "ste":
      return `ste.${subject.v}.${subject.sid.toString(16)}`;
    case "pste":
      return `pste.${subject.dev}`;
  }
}

/** The inverse of `subjectKey`; null for anything else. */
export function parseSubjectKey(key: string): Subject | null {
  const [kind, a, b, more] = key.split(".");
  if (a === undefined || more !== undefined) return null;
  const one = index(a);
  switch (kind) {
    case "device":
    case "pste":
    case "accel-device":
      return one === null || b !== undefined ? null : { kind, dev: one };
    case "vsmmu":
    case "accel":
      return one === null || b !== undefined ? null : { kind, v: one };
    case "psmmu":
      return one === null || b !== undefined ? null : { kind, p: one };
    case "object": {
      const id = b === undefined ? null : index(b);
      return one === null || id === null ? null : { kind, file: one, id };
    }
    case "ste": {
      if (one === null || b === undefined || !/^[0-9a-f]{1,8}$/.test(b)) return null;
      return { kind, v: one, sid: Number.parseInt(b, 16) };
    }
    default:
      return null;
  }
}

const index = (text: string): number | null => (/^\d{1,6}$/.test(text) ? Number(text) : null);

export const sameSubject = (a: Subject | null, b: Subject | null): boolean =>
  a === b || (a !== null && b !== null && subjectKey(a) === subjectKey(b));

interface SelectionState {
  readonly selected: Subject | null;
  /** Under the pointer or keyboard focus somewhere on the page: its references light up in the graph. */
  readonly hovered: Subject | null;
  /** Where `back()` leads, newest last. */
  readonly trail: readonly Subject[];
  select(subject: Subject | null): void;
  hover(subject: Subject | null): void;
  back(): void;
}

const TRAIL = 50;

export const useSelection = create<SelectionState>()((set, get) => ({
  selected: null,
  hovered: null,
  trail: [],
  select(subject) {
    const { selected, trail } = get();
    if (sameSubject(selected, subject)) return;
    set({
      selected: subject,
      trail: selected === null ? trail : [...trail.slice(-TRAIL + 1), selected],
    });
  },
  hover(subject) {
    if (!sameSubject(get().hovered, subject)) set({ hovered: subject });
  },
  back() {
    const { trail } = get();
    const last = trail[trail.length - 1];
    if (last !== undefined) set({ selected: last, trail: trail.slice(0, -1) });
  },
}));
