/** The question in the form, the search it became, and which of its answers is looked at. */
import { create } from "zustand";
import type {
  JobGraph,
  JobHead,
  JobProblem,
  JobProgress,
  JobReport,
  JobSpec,
} from "../../explore/job-data.ts";
import { matchesNarrow } from "../app/use-media.ts";
import { readStored, writeStored } from "../state/storage.ts";
import type { Apart } from "./apart.ts";
import type { ExploreClient } from "./client.ts";
import { type Question, readQuestion, workersFor } from "./question.ts";

/** `failed`: the worker gave up, or the question could not be asked; what was found before that stands. */
type Phase = "opening" | "running" | "over" | "failed";

export interface Run {
  /** What its setup changes; null: nothing. */
  readonly side: string | null;
  readonly spec: JobSpec;
  readonly question: Question;
  /** Where it began, in words: "step 4, gbpa v0 abort". */
  readonly from: string;
  /** Kernel, QEMU, sizes. */
  readonly setup: string;
  readonly phase: Phase;
  readonly head: JobHead | null;
  readonly progress: JobProgress | null;
  readonly report: JobReport | null;
  /** Null: none yet, or too many states. */
  readonly graph: JobGraph | null;
  /** Milliseconds searched, and transitions a second of late. */
  readonly ms: number;
  readonly rate: number;
  readonly cancelling: boolean;
  readonly failure: string | null;
  readonly problems: readonly JobProblem[];
  /** Null: the worker is gone, and with it the states. */
  readonly client: ExploreClient | null;
}

/** What the reader looks at: a broken promise in one class (`other`: of the search beside), or a state of the graph. */
export type Looked =
  | { readonly kind: "example"; readonly promise: string; readonly cls: string; readonly other?: boolean }
  | { readonly kind: "difference"; readonly at: number }
  | { readonly kind: "state"; readonly state: number };

/** What a page that was thrown away had found and could not keep. */
export type Lost = "answers" | "graph" | "against" | "apart";

export type ResultsTab = "promises" | "classes" | "states" | "against";

interface ExploreState {
  readonly question: Question;
  readonly run: Run | null;
  /** The same question under another setup. */
  readonly other: Run | null;
  /** Where the two setups part. */
  readonly apart: Apart | null;
  /** Of what was searched before the page was opened anew. */
  readonly lost: readonly Lost[];
  readonly looked: Looked | null;
  readonly tab: ResultsTab;
  /** On a narrow screen: the half that is shown. */
  readonly half: "question" | "answers";
  ask(part: Partial<Question>): void;
  look(looked: Looked | null): void;
  show(tab: ResultsTab): void;
  turn(half: ExploreState["half"]): void;
}

const KEY = "vsmmu-lab.explore";

export const useExplore = create<ExploreState>()((set, get) => ({
  question: readQuestion(readStored(KEY), workersFor(navigator.hardwareConcurrency ?? 1)),
  run: null,
  other: null,
  apart: null,
  lost: [],
  looked: null,
  tab: "promises",
  half: "question",
  ask(part) {
    const question = { ...get().question, ...part };
    set({ question });
    writeStored(KEY, JSON.stringify(question));
  },
  look: (looked) => set({ looked }),
  show: (tab) => set({ tab }),
  turn: (half) => set({ half }),
}));

export const isBusy = (run: Run | null): boolean => run?.phase === "opening" || run?.phase === "running";

/** Changes a search on the table, if it is still there. */
export function changeRun(client: ExploreClient, part: Partial<Run>): void {
  const { run, other } = useExplore.getState();
  if (run?.client === client) useExplore.setState({ run: { ...run, ...part } });
  else if (other?.client === client) useExplore.setState({ other: { ...other, ...part } });
}

/** Looks at something the reader chose; on a narrow screen its way lies further down. */
export function lookAt(looked: Looked): void {
  useExplore.getState().look(looked);
  if (!matchesNarrow()) return;
  requestAnimationFrame(() => document.querySelector("[data-testid=explore-way]")?.scrollIntoView());
}
