/** The log on the table: what is being read, what it became, and what the comparison found. */
import { create } from "zustand";
import type { JobHead } from "../../replay/job.ts";
import type { SessionBuilder } from "../../replay/session-builder.ts";
import type { CheckData, StepData } from "../../replay/transfer.ts";
import type { ReplayClient } from "./client.ts";

/** Work under way, as the reader follows it. */
export interface Work {
  readonly name: string;
  readonly doing: "reading" | "building";
  /** 0 to 1. */
  readonly share: number;
  /** Lines read, or steps played; and how many a second. */
  readonly done: number;
  readonly rate: number;
}

export type Checking =
  | { readonly state: "under-way"; readonly share: number; readonly steps: number }
  | { readonly state: "done"; readonly check: CheckData | null }
  | { readonly state: "failed"; readonly why: string };

/** A log that was read, and one of its runs as a session. */
export interface OpenReplay {
  readonly head: JobHead;
  readonly client: ReplayClient;
  /** The run that is shown. */
  readonly run: number;
  readonly steps: readonly StepData[];
  readonly builder: SessionBuilder;
  readonly checking: Checking;
}

interface ReplayState {
  readonly work: Work | null;
  readonly failed: { readonly name: string; readonly why: string } | null;
  readonly open: OpenReplay | null;
}

export const useReplay = create<ReplayState>()(() => ({ work: null, failed: null, open: null }));

/** Changes the replay that is open, if it is still this one. */
export function changeOpen(client: ReplayClient, part: Partial<OpenReplay>): void {
  const { open } = useReplay.getState();
  if (open?.client === client) useReplay.setState({ open: { ...open, ...part } });
}
