/** Writes the session to storage soon after it changed, and at once when the page goes away. */
import { readyToSave, saveSession } from "./boot.ts";
import { useNotices } from "./notices-store.ts";
import { useSession } from "./session-store.ts";

const SOON_MS = 600;

export function startAutosave(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let dirty = false;
  const save = (): void => {
    clearTimeout(timer);
    if (!dirty) return;
    const result = saveSession(useSession.getState().session);
    if (result === "not-ready") return;
    dirty = false;
    if (result === "no-room") {
      useNotices.getState().tell({
        id: "not-saved",
        tone: "warning",
        text: "This browser does not keep the session: it will be gone after a reload. The Script tab has it as text.",
      });
    }
  };
  void readyToSave().then(save);
  const stop = useSession.subscribe((now, before) => {
    if (now.version === before.version && now.session === before.session) return;
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, SOON_MS);
  });
  const onHide = (): void => {
    if (document.visibilityState === "hidden") save();
  };
  addEventListener("pagehide", save);
  document.addEventListener("visibilitychange", onHide);
  return () => {
    save();
    stop();
    removeEventListener("pagehide", save);
    document.removeEventListener("visibilitychange", onHide);
  };
}
