/** The graph's place on the page: the session's world as a picture, selection and commands wired to the stores. */
import { useLayoutEffect, useMemo, useRef } from "react";
import { type SceneOptions, sceneOf } from "../../draw/scene.ts";
import type { Scene, Subject } from "../../draw/scene-types.ts";
import { ANSWER_WORDS } from "../../draw/views.ts";
import { waysOf } from "../../draw/ways.ts";
import type { HardwareAnswer, LegalAnswer } from "../../engine/facts.ts";
import type { Outcome } from "../../engine/outcome.ts";
import type { World } from "../../engine/world.ts";
import { useSelection } from "../state/selection-store.ts";
import { useSession } from "../state/session-store.ts";
import { GraphView } from "./graph-view.tsx";

interface Props {
  /** Enter on an item. */
  readonly onInspect?: (subject: Subject) => void;
  /** `d` on a device; without it the graph plays `dma NAME` itself. */
  readonly onDma?: (dev: number) => void;
  /** Right click, or the menu key, on an item. */
  readonly onMenu?: (subject: Subject, at: { readonly x: number; readonly y: number }) => void;
}

interface Last {
  readonly world: World;
  readonly scene: Scene;
}

/**
 * The scene of the world, taking over from the last one what is equal. Ghosts only for a single step forward: after
 * a jump what is gone would say nothing. Another setup is another picture.
 */
function useScene(world: World, before: World | null): Scene {
  const last = useRef<Last | null>(null);
  const scene = useMemo(() => {
    const was = last.current;
    const options: SceneOptions =
      was === null || was.world.setup !== world.setup
        ? {}
        : { before: was.scene, ghosts: was.world === before };
    return sceneOf(world, options);
  }, [world, before]);
  useLayoutEffect(() => {
    last.current = { world, scene };
  }, [world, scene]);
  return scene;
}

/** First legal answer and hardware's answer of a DMA step, from its result. */
function dmaAnswers(outcome: Outcome | null): { must: LegalAnswer; is: HardwareAnswer; ok: boolean } | null {
  const result = outcome?.result;
  if (result === null || typeof result !== "object" || Array.isArray(result)) return null;
  const { legal, hardware } = result as { legal?: unknown; hardware?: unknown };
  if (!Array.isArray(legal) || typeof hardware !== "string") return null;
  const must: unknown = legal[0] ?? "abort";
  // ATS requests are answered in words of their own: they have no way through the floors.
  if (typeof must !== "string" || !(must in ANSWER_WORDS) || !(hardware in ANSWER_WORDS)) return null;
  const same = legal.includes(hardware) || (hardware === "pass-s2" && legal.includes("pass-bypass"));
  return { must: must as LegalAnswer, is: hardware as HardwareAnswer, ok: legal.length === 0 || same };
}

export function GraphPane({ onInspect, onDma, onMenu }: Props) {
  const world = useSession((s) => s.world);
  const before = useSession((s) => s.before);
  const command = useSession((s) => s.command);
  const session = useSession((s) => s.session);
  const selected = useSelection((s) => s.selected);
  const hovered = useSelection((s) => s.hovered);
  const scene = useScene(world, before);
  const ways = useMemo(() => {
    const item = command?.item ?? null;
    if (command === null || item === null || item.kind !== "command" || item.action.kind !== "dma")
      return null;
    const answers = dmaAnswers(session.outcome(command.id));
    return answers === null ? null : waysOf(scene, item.action.dev, answers.must, answers.is, !answers.ok);
  }, [command, session, scene]);
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
