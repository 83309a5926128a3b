/** Binds the registry's keys. Single keys rest while somebody types, inside a dialog, and when they are switched off. */
import { tinykeys } from "tinykeys";
import { COMMANDS } from "./commands.ts";
import { useOverlays } from "./overlays-store.ts";
import { usePrefs } from "./prefs-store.ts";

const FIELDS =
  "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]";

const typing = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest(FIELDS) !== null;

/** Menus and lists have letters of their own (type-ahead). */
const elsewhere = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("[role=menu], [role=dialog], [role=listbox]") !== null;

export function startShortcuts(): () => void {
  const bindings = COMMANDS.flatMap(({ keys, inFields = false, run }) => {
    if (keys === undefined) return [];
    const handle = (event: KeyboardEvent): void => {
      if (event.defaultPrevented) return;
      if (!inFields) {
        if (!usePrefs.getState().singleKeys || useOverlays.getState().open !== null) return;
        if (typing(event.target) || elsewhere(event.target)) return;
      }
      event.preventDefault();
      run();
    };
    return [[keys, handle] as const];
  });
  return tinykeys(window, Object.fromEntries(bindings));
}
