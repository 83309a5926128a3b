/** How the lab opens: with the saved session, else with the thread's situation. A damaged session is kept aside. */
import { Session } from "../../script/session.ts";
import { readSession, writeSession } from "../../script/session-file.ts";
import { useNotices } from "./notices-store.ts";
import { FIRST_SCENARIO } from "./scenarios.ts";
import { readStored, removeStored, writeStored } from "./storage.ts";

const SESSION_KEY = "vsmmu-lab.session";
/** Where a session goes that could not be read: nothing a reader made is thrown away. */
export const DAMAGED_KEY = "vsmmu-lab.session.damaged";
/** The session before the last `start fresh`. */
const PREVIOUS_KEY = "vsmmu-lab.session.previous";

/** The thread's situation, as a session of its own. */
export function firstSession(): Session {
  const opened = Session.open(FIRST_SCENARIO);
  if (opened.ok) return opened.value;
  useNotices.getState().tell({
    id: "first-scenario",
    tone: "warning",
    text: "The lab's own first scenario does not parse; it opens with the default topology.",
    details: opened.problems.map(({ line, message }) => `line ${line}: ${message}`),
  });
  const plain = Session.open("");
  if (!plain.ok) throw new Error("the empty script does not open");
  return plain.value;
}

export function bootSession(): Session {
  const stored = readStored(SESSION_KEY);
  if (stored === null) return firstSession();
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

/** False when the browser would not keep it. */
export function saveSession(session: Session): boolean {
  return writeStored(SESSION_KEY, writeSession(session));
}

export function keepPrevious(session: Session): void {
  writeStored(PREVIOUS_KEY, writeSession(session));
}

/** The session before the last `start fresh`, if there is one and it can be read. */
export function previousSession(): Session | null {
  const stored = readStored(PREVIOUS_KEY);
  if (stored === null) return null;
  const read = readSession(stored);
  return read.ok ? read.value : null;
}
