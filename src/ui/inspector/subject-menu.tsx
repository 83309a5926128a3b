/** What can be done to the thing that was right-clicked in the graph, at the pointer, each with what it would give. */
import { DropdownMenu } from "radix-ui";
import { deviceGroups } from "../controls/device-groups.tsx";
import { vsmmuGroups } from "../controls/vsmmu-groups.tsx";
import { type Subject, useSelection } from "../state/selection-store.ts";
import { useSession } from "../state/session-store.ts";
import { type MenuGroup, MenuItems } from "../widgets/menu-items.tsx";
import { rawGroups } from "./raw-groups.tsx";

function groupsOf(subject: Subject): readonly MenuGroup[] {
  const { world } = useSession.getState();
  const inspect: MenuGroup = {
    id: "inspect",
    items: [{ id: "inspect", label: "Inspect", run: () => useSelection.getState().select(subject) }],
  };
  switch (subject.kind) {
    case "object":
      return [inspect, ...rawGroups(subject.file, subject.id)];
    case "device":
    case "pste":
    case "accel-device":
      return [inspect, ...deviceGroups(world, subject.dev)];
    case "vsmmu":
    case "accel":
      return [inspect, ...vsmmuGroups(world, subject.v)];
    case "ste":
    case "psmmu":
      return [inspect];
  }
}

interface SubjectMenuProps {
  readonly subject: Subject;
  readonly x: number;
  readonly y: number;
  onClose(): void;
}

export default function SubjectMenu({ subject, x, y, onClose }: SubjectMenuProps) {
  return (
    <DropdownMenu.Root open modal={false} onOpenChange={(open) => (open ? undefined : onClose())}>
      <DropdownMenu.Trigger asChild>
        <span className="menu-point" style={{ left: x, top: y }} aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="menu"
          align="start"
          collisionPadding={8}
          aria-label="What can be done to it"
        >
          <MenuItems parts={DropdownMenu} groups={() => groupsOf(subject)} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
