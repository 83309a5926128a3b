/** From files to a session on the table: read in a worker, played in slices, compared meanwhile. */
import { type Companions, companions } from "../../replay/companions.ts";
import type { JobFiles, JobHead } from "../../replay/job.ts";
import { plain } from "../../replay/meaning/script-text.ts";
import { bringBack } from "../share/open-shared.ts";
import { keepPrevious, readyToSave } from "../state/boot.ts";
import { useNotices } from "../state/notices-store.ts";
import { usePage } from "../state/pages.ts";
import { usePrefs } from "../state/prefs-store.ts";
import { useSession } from "../state/session-store.ts";
import { build } from "./building.ts";
import { ReplayClient } from "./client.ts";
import { type Recording, recordingFiles } from "./recordings.ts";
import { changeOpen, type OpenReplay, useReplay } from "./replay-store.ts";

const TIMELINE_PANE = "timeline-pane";
/** Of the window's height. */
const LOG_SHARE = 0.48;

/** What is under way is the latest; earlier work that comes back is put away. */
let turn = 0;
/** Where the building of the session is to end early. */
let enough = false;
let reader: ReplayClient | null = null;

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const plural = (n: number, one: string): string => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;

/** Rates begin with the second report: the first has nothing before it. */
function rateOf(): (done: number) => number {
  const from = performance.now();
  return (done) => {
    const seconds = (performance.now() - from) / 1000;
    return seconds < 0.05 ? 0 : done / seconds;
  };
}

function begin(): number {
  turn++;
  reader?.end();
  reader = null;
  enough = false;
  return turn;
}

export function cancelWork(): void {
  begin();
  useReplay.setState({ work: null });
}

/** Shows what has been played so far. */
export function stopBuilding(): void {
  enough = true;
}

function fail(name: string, why: string): void {
  useReplay.setState({ work: null, failed: { name: plain(name), why } });
}

export async function openFiles(files: readonly File[]): Promise<void> {
  const found: Companions<File> | null = companions(files);
  usePage.getState().open("replay");
  if (found === null) {
    fail(files.map((file) => file.name).join(", "), "These files lie beside a log; none of them is one.");
    return;
  }
  const { log, steps, console, hostLog, unused } = found;
  await openJob(
    {
      name: log.name,
      log,
      ...(steps === null ? {} : { steps }),
      ...(console === null ? {} : { console }),
      ...(hostLog === null ? {} : { hostLog }),
    },
    unused.map((file) => `${file.name} was not used: a replay takes one log and what belongs to it`),
  );
}

export async function openRecording(recording: Recording): Promise<void> {
  const mine = begin();
  try {
    const files = await recordingFiles(recording);
    if (mine === turn) await openJob(files);
  } catch (error) {
    if (mine === turn) fail(recording.title, reason(error));
  }
}

async function openJob(files: JobFiles, doubts: readonly string[] = []): Promise<void> {
  const mine = begin();
  const { name } = files;
  const client = new ReplayClient();
  reader = client;
  const here = (): boolean => mine === turn;
  useReplay.setState({
    failed: null,
    work: { name: plain(name), doing: "reading", share: 0, done: 0, rate: 0 },
  });
  try {
    const rate = rateOf();
    const read = await client.read(files, ({ bytesIn, bytesTotal, lines }) => {
      if (!here()) return;
      const share = bytesTotal === 0 ? 1 : bytesIn / bytesTotal;
      useReplay.setState({
        work: { name: plain(name), doing: "reading", share, done: lines, rate: rate(lines) },
      });
    });
    if (!here()) return;
    const head: JobHead = { ...read, doubts: [...doubts, ...read.doubts] };
    const first = head.runs[0];
    if (first === undefined) {
      begin();
      fail(head.name, head.problem?.message ?? "It has no line that the lab could replay.");
      return;
    }
    await showRun(client, head, 0, here);
  } catch (error) {
    if (!here()) return;
    begin();
    fail(name, reason(error));
  }
}

/** Fetches a run's steps, plays them and puts the session on the table. */
async function showRun(client: ReplayClient, head: JobHead, run: number, here: () => boolean): Promise<void> {
  const { open } = useReplay.getState();
  const again = open?.client === client ? open : null;
  const one = head.runs[run];
  if (one === undefined) return;
  const rate = rateOf();
  const tell = (done: number): void =>
    useReplay.setState({
      work: { name: head.name, doing: "building", share: done / one.stepCount, done, rate: rate(done) },
    });
  tell(0);
  const steps = await client.steps(run, one.stepCount);
  if (!here()) return;
  const checking = again?.checking ?? { state: "under-way", share: 0, steps: 0 };
  const early = again === null ? compare(client, head) : null;
  const builder = await build({ ...one, steps }, head.name, (done) => {
    if (!here()) return false;
    tell(done);
    return !enough;
  });
  if (!here()) return;
  reader = null;
  if (again === null) open?.client.end();
  const next: OpenReplay = { head, client, run, steps: steps.slice(0, builder.done), builder, checking };
  useReplay.setState({ work: null, open: next });
  early?.shown();
  await show(next);
}

/** The comparison goes on while the session is built; what it finds before anything is shown is kept. */
function compare(client: ReplayClient, head: JobHead): { shown(): void } {
  let latest: OpenReplay["checking"] = { state: "under-way", share: 0, steps: 0 };
  const set = (checking: OpenReplay["checking"]): void => {
    latest = checking;
    changeOpen(client, { checking });
  };
  void client
    .check(({ bytesIn, bytesTotal, steps }) => {
      if (latest.state === "under-way")
        set({ state: "under-way", share: bytesTotal === 0 ? 1 : bytesIn / bytesTotal, steps });
    })
    .then(
      (check) => {
        set({ state: "done", check });
        if (useReplay.getState().open?.client === client) tellResult(head);
      },
      (error: unknown) => set({ state: "failed", why: reason(error) }),
    );
  return { shown: () => changeOpen(client, { checking: latest }) };
}

/** What was on the table before; a replay that another one follows is not worth keeping in its place. */
let replayed: unknown = null;

async function show({ builder, head }: OpenReplay): Promise<void> {
  const { session } = builder;
  await readyToSave();
  const before = useSession.getState().session;
  if (before !== replayed) keepPrevious(before);
  replayed = session;
  const start = builder.nodeOf(0);
  if (start !== null) session.goTo(start);
  useSession.getState().replace(session);
  leaveForLab();
  tellResult(head);
}

function leaveForLab(): void {
  usePrefs.getState().change({ tab: "log", place: "timeline" });
  makeRoom();
  usePage.getState().open(null);
}

/** From the report to the lab: a run's session on the table, at a step. */
export async function showInLab(run: number, step: number): Promise<void> {
  await chooseRun(run);
  showStep(Math.max(0, step));
  leaveForLab();
}

/** Two lists side by side want more height than the timeline's other tabs; what the reader chose larger stays. */
function makeRoom(): void {
  const { sizes, setSize } = usePrefs.getState();
  const wanted = Math.round(window.innerHeight * LOG_SHARE);
  if ((sizes[TIMELINE_PANE] ?? 0) < wanted) setSize(TIMELINE_PANE, wanted);
}

/** How the comparison went, in a sentence; null while it is under way. */
function resultText(checking: OpenReplay["checking"]): string | null {
  if (checking.state === "failed") return `It could not be compared with the model: ${checking.why}.`;
  if (checking.state === "under-way") return "The comparison with the model is under way.";
  if (checking.check === null) return null;
  const { tallies, disagreed, rejected } = checking.check;
  const agreed = tallies.reduce((sum, [, tally]) => sum + tally.agreed, 0);
  if (disagreed + rejected.length === 0)
    return `Log and model agree in all ${plural(agreed, "outcome")} the log states.`;
  const refused = rejected.length === 0 ? "" : ` and refuses ${plural(rejected.length, "line")}`;
  return `The model disagrees with ${plural(disagreed, "line")}${refused}: see Replay.`;
}

function tellResult(head: JobHead): void {
  const { open } = useReplay.getState();
  if (open?.head !== head) return;
  const { problem, doubts } = head;
  const steps = plural(open.builder.done, "step");
  const wrong = problem === null ? [] : [`Reading ended early: ${problem.message}.`];
  useNotices.getState().tell({
    id: "opened",
    tone: problem === null && doubts.length === 0 ? "info" : "warning",
    text: [
      `“${head.name}” is open as ${steps}; your own session is kept.`,
      ...wrong,
      resultText(open.checking) ?? "",
    ].join(" "),
    ...(doubts.length === 0 ? {} : { details: doubts }),
    action: { label: "Back to mine", run: () => void bringBack() },
  });
}

export async function chooseRun(run: number): Promise<void> {
  const { open } = useReplay.getState();
  if (open === null || run === open.run) return;
  const mine = begin();
  try {
    await showRun(open.client, open.head, run, () => mine === turn);
  } catch (error) {
    if (mine === turn) fail(open.head.name, reason(error));
  }
}

/** Puts the replay's session back on the table, at a step. */
export function showStep(step: number): void {
  const { open } = useReplay.getState();
  const node = open?.builder.nodeOf(step);
  if (open === null || node === null || node === undefined) return;
  const { session } = useSession.getState();
  if (session !== open.builder.session) {
    keepPrevious(session);
    replayed = open.builder.session;
    useSession.getState().replace(open.builder.session);
  }
  useSession.getState().go(node);
}
