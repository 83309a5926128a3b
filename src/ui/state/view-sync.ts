/** Keeps the address and the view in step: a link opens what it names, and the address always names what is shown. */
import { parseFragment, printFragment, type View } from "./fragment.ts";
import { useNotices } from "./notices-store.ts";
import { usePage } from "./pages.ts";
import { usePrefs } from "./prefs-store.ts";
import { useSelection } from "./selection-store.ts";
import { useSession } from "./session-store.ts";

function currentView(): View {
  const { node } = useSession.getState();
  const { selected } = useSelection.getState();
  const { tab, place } = usePrefs.getState();
  const { page, at } = usePage.getState();
  return {
    step: node.id,
    ...(selected === null ? {} : { select: selected }),
    tab,
    place,
    ...(page === null ? {} : { page }),
    ...(page === null || at === "" ? {} : { at }),
  };
}

/** A whole session in the address, see review/share/link.ts; what reads it is fetched when there is one. */
const SHARE = /^#lab\d+z?:/;

/** A lesson or challenge in the address, see learn/link.ts. */
const COURSE = /^#course\d+z:/;

function openShared(link: string): void {
  void import("../share/open-shared.ts").then((module) => module.openLink(link));
}

function apply(): void {
  if (SHARE.test(location.hash)) {
    openShared(location.hash);
    return;
  }
  if (COURSE.test(location.hash)) {
    const link = location.hash;
    void import("../learn/take-file.ts").then((module) => module.takeLink(link));
    return;
  }
  const { view, problems } = parseFragment(location.hash);
  const told = [...problems];
  const { session, node, go } = useSession.getState();
  if (view.step !== undefined && view.step !== node.id) {
    if (view.step < session.size) go(view.step);
    else told.push(`This session has no step ${view.step}.`);
  }
  if (view.select !== undefined) useSelection.getState().select(view.select);
  usePrefs.getState().change({
    ...(view.tab === undefined ? {} : { tab: view.tab }),
    ...(view.place === undefined ? {} : { place: view.place }),
  });
  usePage.getState().open(view.page ?? null, view.at);
  if (told.length > 0) {
    useNotices.getState().tell({
      id: "address",
      tone: "info",
      text: "Parts of the address do not fit this page; the rest was used.",
      details: told,
    });
  }
}

/** Browsers refuse too many address changes in a short time, and nobody reads them that fast. */
const SOON_MS = 120;

export function followAddress(): void {
  apply();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    const next = printFragment(currentView());
    if (next !== location.hash) history.replaceState(null, "", next);
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(write, SOON_MS);
  };
  useSession.subscribe(soon);
  useSelection.subscribe(soon);
  usePrefs.subscribe(soon);
  usePage.subscribe(soon);
  addEventListener("hashchange", () => {
    if (printFragment(currentView()) !== location.hash) apply();
  });
}
