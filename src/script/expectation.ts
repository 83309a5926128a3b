/** What an `expect` line asks. Values are kept as the judge compares them; see judge.ts. */
import type { ObjRef } from "../engine/actions.ts";
import type { Errno } from "../engine/errno.ts";
import type { CallName } from "../engine/tracer.ts";

/** An object's id: a number, an object meant by name, or whether there is one at all. */
export type IdValue =
  | { readonly is: "id"; readonly id: number }
  | { readonly is: "object"; readonly name: string }
  | { readonly is: "yes" | "no" };

/** One call of `expect calls`: `attach`, `attach@d1`, `attach:ENOENT`, `attach@d1:ok`. */
export interface CallPattern {
  readonly call: CallName;
  readonly dev: number | null;
  /** Null: whatever came back. */
  readonly result: Errno | "ok" | null;
}

/** One event of `expect events`: `c-bad-ste` or `c-bad-ste:0x100`. */
export interface EventPattern {
  readonly code: number;
  readonly name: string;
  readonly sid: number | null;
}

export type DeviceKey =
  | "attached"
  | "hwpt"
  | "pste"
  | "vmid"
  | "vdevice"
  | "vmaster"
  | "ats"
  | "dma"
  | "legal"
  | "diverges";

export type Expectation =
  | { readonly kind: "ok" | "fail" | "rejected" }
  | { readonly kind: "errno"; readonly errno: Errno | null }
  | { readonly kind: "error"; readonly text: string }
  | { readonly kind: "device-word"; readonly dev: number; readonly key: DeviceKey; readonly word: string }
  | {
      readonly kind: "device-set";
      readonly dev: number;
      readonly key: "legal";
      readonly words: readonly string[];
    }
  | {
      readonly kind: "device-number";
      readonly dev: number;
      readonly key: "vmid" | "vmaster";
      readonly value: bigint | "any" | null;
    }
  | {
      readonly kind: "device-id";
      readonly dev: number;
      readonly key: "hwpt" | "vdevice";
      readonly value: IdValue;
    }
  | { readonly kind: "vsmmu-diverges"; readonly vsmmu: number; readonly word: string }
  | { readonly kind: "cmdq"; readonly vsmmu: number; readonly error: "none" | "ill" | "abt" }
  | {
      readonly kind: "vsmmu-id";
      readonly vsmmu: number;
      readonly key: "viommu" | "abort" | "bypass" | "veventq";
      readonly value: IdValue;
    }
  | {
      readonly kind: "register";
      readonly vsmmu: number;
      readonly key: string;
      readonly offset: number;
      readonly size: 4 | 8;
      readonly value: bigint;
    }
  | { readonly kind: "vmids"; readonly psmmu: number; readonly vmids: readonly number[] }
  | { readonly kind: "users"; readonly object: ObjRef; readonly text: string; readonly users: number | null }
  | { readonly kind: "id"; readonly object: ObjRef; readonly text: string; readonly value: IdValue }
  | { readonly kind: "count"; readonly what: string; readonly count: number }
  | {
      readonly kind: "calls";
      readonly mode: "in-order" | "only" | "none";
      readonly calls: readonly CallPattern[];
    }
  | { readonly kind: "events"; readonly vsmmu: number; readonly events: readonly EventPattern[] }
  | { readonly kind: "result"; readonly path: string; readonly value: string };
