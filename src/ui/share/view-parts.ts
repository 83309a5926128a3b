/** The view as links carry it: what is selected, by name where it has one, and which tab is open. */

import type { Setup } from "../../engine/setup.ts";
import type { ShareView } from "../../review/share/share.ts";
import { PLACES, TIMELINE_TABS, usePrefs } from "../state/prefs-store.ts";
import { parseSubjectKey, type Subject, subjectKey, useSelection } from "../state/selection-store.ts";

/** `d1`, `v0`, `p0`, else the key of the address. */
export function subjectWord(setup: Setup, subject: Subject): string {
  const name =
    subject.kind === "device"
      ? setup.devices[subject.dev]?.name
      : subject.kind === "vsmmu"
        ? setup.vsmmus[subject.v]?.name
        : subject.kind === "psmmu"
          ? setup.psmmus[subject.p]?.name
          : undefined;
  return name ?? subjectKey(subject);
}

export function subjectOf(setup: Setup, word: string): Subject | null {
  const dev = setup.devices.findIndex(({ name }) => name === word);
  if (dev >= 0) return { kind: "device", dev };
  const v = setup.vsmmus.findIndex(({ name }) => name === word);
  if (v >= 0) return { kind: "vsmmu", v };
  const p = setup.psmmus.findIndex(({ name }) => name === word);
  if (p >= 0) return { kind: "psmmu", p };
  return parseSubjectKey(word);
}

export function currentParts(setup: Setup): ShareView {
  const { selected } = useSelection.getState();
  const { tab } = usePrefs.getState();
  return { ...(selected === null ? {} : { select: subjectWord(setup, selected) }), tab };
}

/** Shows what a view names; parts that this page does not have are left. */
export function applyParts(setup: Setup, view: ShareView): void {
  if (view.select !== undefined) {
    const subject = subjectOf(setup, view.select);
    if (subject !== null) useSelection.getState().select(subject);
  }
  const tab = TIMELINE_TABS.find((one) => one === view.tab);
  const place = PLACES.find((one) => one === view.place);
  usePrefs
    .getState()
    .change({ ...(tab === undefined ? {} : { tab }), ...(place === undefined ? {} : { place }) });
}
