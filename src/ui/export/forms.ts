/** Everything a session can be taken away as, made when it is asked for. */
import { MAP_FROM } from "../../draw/layout-map.ts";
import { DARK, LIGHT } from "../../draw/palettes.ts";
import { sceneOf } from "../../draw/scene.ts";
import { drawSvg } from "../../draw/svg.ts";
import { drawSvgCalls } from "../../draw/svg-calls.ts";
import { drawSvgMap } from "../../draw/svg-map.ts";
import { mailText, stepDiffText } from "../../review/mail/mail.ts";
import { markdownText } from "../../review/mail/markdown.ts";
import { writeLabFile } from "../../review/share/lab-file.ts";
import { writeLink } from "../../review/share/link.ts";
import { type Share, shareOf } from "../../review/share/share.ts";
import type { Session } from "../../script/session.ts";
import { currentParts } from "../share/view-parts.ts";

export type TextForm = "mail" | "markdown" | "diff" | "file";
export type PictureForm = "graph" | "calls";

export function shareNow(session: Session, note: string, lineOnly: boolean): Share {
  const view = currentParts(session.setup);
  if (!lineOnly) return shareOf(session, view, note);
  const text = session.script();
  return { ...shareOf(session, view, note), content: { kind: "script", text, at: null } };
}

/** The page's own address with the share behind it. */
export const addressOf = (share: Share): string => `${location.href.replace(/#.*$/, "")}#${writeLink(share)}`;

export function textOf(form: TextForm, session: Session, share: Share): string {
  const options = { link: addressOf(share), note: share.note };
  switch (form) {
    case "mail":
      return mailText(session, options);
    case "markdown":
      return markdownText(session, options);
    case "diff":
      return stepDiffText(session, session.current.id);
    case "file":
      return writeLabFile(session, share);
  }
}

export function pictureOf(
  form: PictureForm,
  session: Session,
  share: Share,
  theme: "light" | "dark",
): string {
  const options = {
    colours: theme === "dark" ? DARK : LIGHT,
    title: session.setup.title,
    embed: writeLink(share),
  };
  if (form === "graph") {
    const scene = sceneOf(session.world());
    return session.setup.devices.length >= MAP_FROM ? drawSvgMap(scene, options) : drawSvg(scene, options);
  }
  const command = session.path().findLast((node) => node.kind === "command");
  const outcome = command === undefined ? null : session.outcome(command.id);
  const trace =
    outcome === null
      ? []
      : outcome.parts.length > 0
        ? outcome.parts.flatMap((part) => part.outcome.trace)
        : outcome.trace;
  return drawSvgCalls(session.setup, command?.text ?? "No step yet", trace, options);
}
