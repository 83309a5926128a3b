/** How the lab opens: with the saved session, else with the thread's situation. A damaged session is kept aside. */
import { deviceFacts } from "../../engine/observe.ts";
import { type NodeId, Session, type TimelineNode } from "../../script/session.ts";
import { useNotices } from "./notices-store.ts";
import { FIRST_SCENARIO } from "./scenarios.ts";
import { useSelection } from "./selection-store.ts";
import { readStored, removeStored, writeStored } from "./storage.ts";

const SESSION_KEY = "vsmmu-lab.session";
/** Where a session goes that could not be read: nothing a reader made is thrown away. */
const DAMAGED_KEY = "vsmmu-lab.session.damaged";
/** The session before the last `start fresh`. */
const PREVIOUS_KEY = "vsmmu-lab.session.previous";

/** The default topology, and nothing played. */
export function emptySession(): Session {
  const opened = Session.open("");
  if (!opened.ok) throw new Error("the empty script does not open");
  return opened.value;
}

/** The first step after which some device's DMA diverges: there is something to see. */
function firstDivergence(session: Session): NodeId | null {
  const diverges = ({ id, kind, setup }: TimelineNode): boolean =>
    kind === "command" &&
    setup.devices.some((_, dev) =>
      deviceFacts(session.world(id), dev).divergences.some((fact) => fact.kind === "dma"),
    );
  return session.path().find(diverges)?.id ?? null;
}

/** The device the first view is about is selected, so that the inspector has something to say. */
function selectDiverging(session: Session): void {
  const world = session.world();
  const dev = world.setup.devices.findIndex((_, at) => deviceFacts(world, at).diverges !== null);
  if (dev >= 0) useSelection.getState().select({ kind: "device", dev });
}

/** The thread's situation, as a session of its own, standing where it matters; the rest of it lies ahead. */
export function firstSession(): Session {
  const opened = Session.open(FIRST_SCENARIO);
  if (opened.ok) {
    const at = firstDivergence(opened.value);
    if (at !== null) opened.value.goTo(at);
    selectDiverging(opened.value);
    return opened.value;
  }
  useNotices.getState().tell({
    id: "first-scenario",
    tone: "warning",
    text: "The lab's own first scenario does not parse; it opens with the default topology.",
    details: opened.problems.map(({ line, message }) => `line ${line}: ${message}`),
  });
  return emptySession();
}

/** The format's reader checks every part; a first visit has nothing to read and does without it. */
const sessionFile = () => import("../../script/session-file.ts");

export async function bootSession(): Promise<Session> {
  const stored = readStored(SESSION_KEY);
  if (stored === null) return firstSession();
  const { readSession } = await sessionFile();
  const read = readSession(stored);
  if (read.ok) return read.value;
  writeStored(DAMAGED_KEY, stored);
  removeStored(SESSION_KEY);
  useNotices.getState().tell({
    id: "damaged-session",
    tone: "warning",
    text: `The saved session could not be read. It is kept aside in this browser's storage as “${DAMAGED_KEY}”, and the lab opened fresh.`,
    details: read.problems,
  });
  return firstSession();
}

type Writer = (session: Session) => string;
let write: Writer | null = null;

/** Fetches what saving needs; until it is there nothing can be saved. */
export async function readyToSave(): Promise<void> {
  write = (await sessionFile()).writeSession;
}

/** `no-room`: the browser would not keep it. */
export function saveSession(session: Session): "saved" | "not-ready" | "no-room" {
  if (write === null) return "not-ready";
  return writeStored(SESSION_KEY, write(session)) ? "saved" : "no-room";
}

export function keepPrevious(session: Session): void {
  if (write !== null) writeStored(PREVIOUS_KEY, write(session));
}

/** The session before the last `start fresh`, if there is one and it can be read. */
export async function previousSession(): Promise<Session | null> {
  const stored = readStored(PREVIOUS_KEY);
  if (stored === null) return null;
  const { readSession } = await sessionFile();
  const read = readSession(stored);
  return read.ok ? read.value : null;
}
