/** From a session's step to what is drawn of it: the scene, and a DMA's way through it. */
import { useLayoutEffect, useMemo, useRef } from "react";
import { type SceneOptions, sceneOf } from "../../draw/scene.ts";
import type { Scene } from "../../draw/scene-types.ts";
import { ANSWER_WORDS } from "../../draw/views.ts";
import { type Ways, waysOf } from "../../draw/ways.ts";
import type { HardwareAnswer, LegalAnswer } from "../../engine/facts.ts";
import type { Outcome } from "../../engine/outcome.ts";
import type { World } from "../../engine/world.ts";
import type { Session, TimelineNode } from "../../script/session.ts";

interface Last {
  readonly world: World;
  readonly scene: Scene;
}

/**
 * The scene of the world, taking over from the last one what is equal. Ghosts only for a single step forward: after
 * a jump what is gone would say nothing. Another setup is another picture.
 */
export function useScene(world: World, before: World | null): Scene {
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

/** The ways of the DMA that `command` is; null for any other command. */
export function useWays(scene: Scene, session: Session, command: TimelineNode | null): Ways | null {
  return useMemo(() => {
    const item = command?.item ?? null;
    if (command === null || item === null || item.kind !== "command" || item.action.kind !== "dma")
      return null;
    const answers = dmaAnswers(session.outcome(command.id));
    return answers === null ? null : waysOf(scene, item.action.dev, answers.must, answers.is, !answers.ok);
  }, [command, session, scene]);
}
