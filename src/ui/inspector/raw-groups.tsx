/** Raw host calls on an object as menu groups, each with the errno it would give. */
import { lineItem } from "../controls/line-item.tsx";
import { useSession } from "../state/session-store.ts";
import type { MenuGroup } from "../widgets/menu-items.tsx";
import { type RawLine, rawLines } from "./raw-lines.ts";

const GROUPS: readonly RawLine["group"][] = ["Release", "Attach", "Allocate", "Ask"];

export function rawGroups(file: number, id: number): MenuGroup[] {
  const lines = rawLines(useSession.getState().world, file, id);
  return GROUPS.map((group) => ({
    id: group,
    title: group,
    items: lines.filter((one) => one.group === group).map(({ line, label }) => lineItem(line, label)),
  }));
}
