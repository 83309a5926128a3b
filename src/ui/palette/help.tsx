/** `?`: every key, what the colours mean, and the switch for single-key shortcuts. */
import { COMMANDS, type CommandGroup, printKeys } from "../state/commands.ts";
import { useOverlays } from "../state/overlays-store.ts";
import { usePrefs } from "../state/prefs-store.ts";
import { StateTag } from "../theme/icons.tsx";
import { Dialog } from "../widgets/dialog.tsx";
import "./palette.css";

const GROUPS: readonly CommandGroup[] = ["Steps", "View", "Go to", "Session"];
const KINDS = ["abort", "bypass", "translate", "s2", "off", "diverges"] as const;

const HERE: readonly (readonly [string, string])[] = [
  ["← → Home End", "in the strip of steps: walk the line"],
  ["↑ ↓ Enter", "in the call diagram: walk the lines, fold a part"],
  ["arrows, Enter, d", "in the graph: walk columns and floors, inspect, send DMA"],
  ["Tab, ↑ ↓", "in the console: complete, choose, go through the history"],
  ["hold", "on a touch screen: what a control would do"],
];

export default function Help() {
  const close = useOverlays((overlays) => overlays.close);
  const { singleKeys, change } = usePrefs();
  return (
    <Dialog open title="Keys and help" wide onClose={close}>
      <div className="dialog-body" data-testid="help">
        <div className="help-groups">
          {GROUPS.map((group) => {
            const commands = COMMANDS.filter(
              (command) => command.group === group && command.keys !== undefined,
            );
            return commands.length === 0 ? null : (
              <section key={group}>
                <h3 className="help-group">{group}</h3>
                {commands.map(({ id, title, keys = "" }) => (
                  <p key={id} className="help-row">
                    {title} <kbd className="key">{printKeys(keys)}</kbd>
                  </p>
                ))}
              </section>
            );
          })}
          <section>
            <h3 className="help-group">Where the focus is</h3>
            {HERE.map(([keys, what]) => (
              <p key={keys} className="help-row">
                {what} <kbd className="key">{keys}</kbd>
              </p>
            ))}
          </section>
          <section>
            <h3 className="help-group">Colours</h3>
            <div className="help-kinds">
              {KINDS.map((kind) => (
                <StateTag key={kind} name={kind} solid={kind === "diverges"} />
              ))}
            </div>
            <p className="hint-note">
              Magenta is the one alarm: the hardware does what the architecture does not allow. Each colour
              has its word and icon.
            </p>
          </section>
        </div>
        <label className="form-check">
          <input
            type="checkbox"
            checked={singleKeys}
            onChange={(event) => change({ singleKeys: event.currentTarget.checked })}
          />
          Shortcuts of a single key
        </label>
      </div>
    </Dialog>
  );
}
