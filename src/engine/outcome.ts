/** What one action did, besides the next world. */
import type { Action } from "./actions.ts";
import type { Errno } from "./errno.ts";
import type { DivergenceFact } from "./facts.ts";
import type { TraceNode } from "./tracer.ts";

/** JSON-able data a command returns (`result` of the CLI's output). 64-bit values are hex strings. */
export type ResultValue =
  | null
  | boolean
  | number
  | string
  | readonly ResultValue[]
  | { readonly [key: string]: ResultValue };

/**
 * What is said of the very transaction a `dma` sent. A device's facts are about a probe without SubstreamID, which may
 * fare otherwise.
 */
export interface TransactionFacts {
  readonly dev: number;
  /** Every legal answer once, the current one first. */
  readonly legal: readonly string[];
  readonly hardware: string;
  readonly divergences: readonly DivergenceFact[];
}

export interface Outcome {
  /** False for any modelled failure: an errno, a QEMU error, a guest CERROR, a rejected action. */
  readonly ok: boolean;
  /** The action makes no sense in this world (plug twice, DMA from what is not there): nothing changed. */
  readonly rejected: boolean;
  /** The errno that decided, or null. */
  readonly errno: Errno | null;
  /** What QEMU or the kernel printed, or why the action was rejected; in order. */
  readonly messages: readonly string[];
  /** Ids given out, by object name (`d0.device`, `vi1`). */
  readonly ids: Readonly<Record<string, number>>;
  readonly result: ResultValue;
  /** Of a `dma` by a device of the guest. */
  readonly transaction?: TransactionFacts;
  /** Empty when the step ran without a trace. */
  readonly trace: readonly TraceNode[];
  /** Steps of a macro, in order (guest sequences). */
  readonly parts: readonly Part[];
}

/** One single write (or command) of a guest sequence, with what it did to the oracle's answer. */
export interface Part {
  readonly action: Action;
  /** As the sequence tables of the model write it: `W CR0=0x8`, `C CFGI_ALL`, `S`. */
  readonly text: string;
  readonly outcome: Outcome;
  /**
   * Traffic whose legal answers changed with this part, `ssid` null without SubstreamID; each answer with its event,
   * as `abort+c-bad-ste`.
   */
  readonly delta: readonly {
    readonly dev: number;
    readonly ssid: number | null;
    readonly before: string;
    readonly after: string;
  }[];
}
