/** The graph's place on the page: the session's world as a picture, selection and commands wired to the stores. */
import type { Subject } from "../../draw/scene-types.ts";
import { useSelection } from "../state/selection-store.ts";
import { useSession } from "../state/session-store.ts";
import { GraphView } from "./graph-view.tsx";
import { useScene, useWays } from "./use-scene.ts";

interface Props {
  /** Enter on an item. */
  readonly onInspect?: (subject: Subject) => void;
  /** `d` on a device; without it the graph plays `dma NAME` itself. */
  readonly onDma?: (dev: number) => void;
  /** Right click, or the menu key, on an item. */
  readonly onMenu?: (subject: Subject, at: { readonly x: number; readonly y: number }) => void;
}

export function GraphPane({ onInspect, onDma, onMenu }: Props) {
  const world = useSession((s) => s.world);
  const before = useSession((s) => s.before);
  const command = useSession((s) => s.command);
  const session = useSession((s) => s.session);
  const selected = useSelection((s) => s.selected);
  const hovered = useSelection((s) => s.hovered);
  const scene = useScene(world, before);
  const ways = useWays(scene, session, command);
  const { select, hover } = useSelection.getState();
  const sendDma = (dev: number) => {
    const name = world.setup.devices[dev]?.name;
    if (name !== undefined) useSession.getState().run(`dma ${name}`);
  };
  return (
    <GraphView
      scene={scene}
      selected={selected}
      hovered={hovered}
      onSelect={select}
      onHover={hover}
      onInspect={onInspect}
      onDma={onDma ?? sendDma}
      onMenu={onMenu}
      ways={ways}
    />
  );
}
