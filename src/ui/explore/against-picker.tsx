/** The same search under another kernel, QEMU or repair, beside the first. */
import { SideEditor } from "../compare/side-editor.tsx";
import { useExplore } from "./explore-store.ts";
import { Group } from "./form-field.tsx";

const FIRST = "fix=D1";

export function AgainstPicker() {
  const against = useExplore((explore) => explore.question.against);
  const { ask } = useExplore.getState();
  return (
    <Group title="Against">
      <label className="explore-choice">
        <input
          type="checkbox"
          checked={against !== null}
          onChange={(event) => ask({ against: event.target.checked ? FIRST : null })}
        />
        <span className="explore-choice-name">The same search under another setup</span>
        <span className="explore-choice-about">
          does a repair, another QEMU or another kernel remove what breaks, and does it bring anything new?
        </span>
      </label>
      {against === null ? null : (
        <SideEditor letter="B" text={against} onChange={(text) => ask({ against: text })} onRemove={null} />
      )}
    </Group>
  );
}
