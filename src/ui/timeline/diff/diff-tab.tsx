/** What the step changed, field by field; floors from top to bottom. */
import { useMemo, useState } from "react";
import { useSelection } from "../../state/selection-store.ts";
import { useSession } from "../../state/session-store.ts";
import { Button } from "../../widgets/button.tsx";
import { Empty } from "../../widgets/empty.tsx";
import { ScrollRegion } from "../../widgets/scroll-region.tsx";
import { type Change, diffWorlds } from "./world-diff.ts";
import "../../widgets/table.css";
import "./diff.css";

const FLOORS: readonly Change["floor"][] = ["Guest", "QEMU", "iommufd", "Hardware", "Lab"];
const PAGE = 400;

const SIGN: Readonly<Record<Change["kind"], string>> = { changed: "~", added: "+", removed: "−" };
const WORD: Readonly<Record<Change["kind"], string>> = {
  changed: "changed",
  added: "new",
  removed: "gone",
};

export default function DiffTab() {
  const { before, world } = useSession();
  const [shown, setShown] = useState(PAGE);
  const diff = useMemo(() => (before === null ? null : diffWorlds(before, world)), [before, world]);
  if (diff === null) {
    return (
      <Empty glyph="steps" title="The start has no step before it">
        Every later step shows here which fields it changed.
      </Empty>
    );
  }
  const changes = FLOORS.flatMap((floor) => diff.changes.filter((change) => change.floor === floor));
  if (changes.length === 0) {
    return (
      <Empty glyph="check" title="This step changed nothing">
        Not one field of the guest, QEMU, the kernel or the hardware is different.
      </Empty>
    );
  }
  return (
    <ScrollRegion className="diff" label="Fields that this step changed">
      <table className="table" data-testid="diff">
        <thead>
          <tr>
            <th scope="col">floor</th>
            <th scope="col">what</th>
            <th scope="col">field</th>
            <th scope="col">before</th>
            <th scope="col">after</th>
          </tr>
        </thead>
        <tbody>
          {changes.slice(0, shown).map((change, at) => (
            <DiffRow
              key={`${change.owner}/${change.field}`}
              change={change}
              first={changes[at - 1]?.owner !== change.owner}
            />
          ))}
        </tbody>
      </table>
      {changes.length > shown ? (
        <Button onClick={() => setShown(shown + PAGE)}>
          {changes.length - shown} more of {changes.length}
          {diff.cut ? " or more" : ""}
        </Button>
      ) : null}
    </ScrollRegion>
  );
}

function DiffRow({ change, first }: { readonly change: Change; readonly first: boolean }) {
  const { kind, floor, owner, subject, field, before, after } = change;
  return (
    <tr data-change={kind}>
      <td className="diff-floor">{first ? floor : ""}</td>
      <td>
        {!first ? null : subject === null ? (
          owner
        ) : (
          <button type="button" className="link" onClick={() => useSelection.getState().select(subject)}>
            {owner}
          </button>
        )}
      </td>
      <td className="mono">
        <span className="diff-sign" aria-hidden="true">
          {SIGN[kind]}
        </span>
        <span className="for-ears">{WORD[kind]} </span>
        {field}
      </td>
      <td className="mono diff-value">{before}</td>
      <td className="mono diff-value">{after}</td>
    </tr>
  );
}
