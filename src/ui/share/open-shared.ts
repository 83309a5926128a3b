/** Opens what came in a link, a file or a picture: checked first, asked about when heavy, and never at the cost of what was there. */
import { readLabFile } from "../../review/share/lab-file.ts";
import { readLink } from "../../review/share/link.ts";
import { linkInPng, linkInSvg } from "../../review/share/picture.ts";
import { openShare, type Share, weigh } from "../../review/share/share.ts";
import { parseReview } from "../../review/walk/review.ts";
import { keepPrevious, previousSession, readyToSave } from "../state/boot.ts";
import { useNotices } from "../state/notices-store.ts";
import { useReview } from "../state/review-store.ts";
import { useSession } from "../state/session-store.ts";
import { applyParts } from "./view-parts.ts";

const refuse = (what: string, problems: readonly string[]): void =>
  useNotices.getState().tell({
    id: "opened",
    tone: "warning",
    text: `${what} was not opened. ${problems[0] ?? ""}`,
    ...(problems.length > 1 ? { details: problems } : {}),
  });

/** Puts the session back that was on the table before something was opened. */
export async function bringBack(): Promise<void> {
  const before = await previousSession();
  if (before !== null) useSession.getState().replace(before);
}

async function play(share: Share, what: string, remark: string | null): Promise<void> {
  const opened = openShare(share);
  if (!opened.ok) {
    refuse(what, opened.problems);
    return;
  }
  await readyToSave();
  keepPrevious(useSession.getState().session);
  useReview.getState().open(null);
  useSession.getState().replace(opened.value);
  applyParts(opened.value.setup, share.view);
  const said = [remark, share.note === "" ? null : `Note: ${share.note}`].filter((one) => one !== null);
  useNotices.getState().tell({
    id: "opened",
    tone: "info",
    text: [`${what} is open; your own session is kept.`, ...said].join(" "),
    action: { label: "Back to mine", run: () => void bringBack() },
  });
}

/** Plays it at once, or asks first. */
export function openOrAsk(share: Share, what: string, remark: string | null = null): void {
  const { question, refused } = weigh(share);
  if (refused !== null) refuse(what, [refused]);
  else if (question === null) void play(share, what, remark);
  else
    useNotices.getState().tell({
      id: "opened",
      tone: "info",
      text: `${what}: ${question}`,
      action: { label: "Play it", run: () => void play(share, what, remark) },
    });
}

export function openLink(link: string, what = "The link"): void {
  const read = readLink(link);
  if (read.ok) openOrAsk(read.value, what);
  else refuse(what, read.problems);
}

const MOST_FILE_BYTES = 64 << 20;

/** A file that was dropped or chosen. False: no kind that is opened here. */
export async function openFile(file: File): Promise<boolean> {
  const kind = /\.(lab|svg|png|md|json)$/i.exec(file.name)?.[1]?.toLowerCase();
  if (kind === undefined) return false;
  const what = `“${file.name}”`;
  if (file.size > MOST_FILE_BYTES) {
    refuse(what, [`It has ${Math.round(file.size / (1 << 20))} MB; nothing the lab saves is that large.`]);
    return true;
  }
  if (kind === "png") {
    const link = linkInPng(new Uint8Array(await file.arrayBuffer()));
    if (link.ok) openLink(link.value, what);
    else refuse(what, link.problems);
    return true;
  }
  const text = await file.text();
  if (kind === "md" || kind === "json") {
    const { takeDropped } = await import("../learn/take-file.ts");
    if (takeDropped(text, file.name)) return true;
    if (kind === "json") return false;
  }
  if (kind === "svg") {
    const link = linkInSvg(text);
    if (link.ok) openLink(link.value, what);
    else refuse(what, link.problems);
  } else if (kind === "md") {
    const review = parseReview(text);
    if (!review.ok) refuse(what, review.problems);
    else {
      const { keepReview } = await import("../present/library.ts");
      keepReview(review.value);
      useReview.getState().open("reviews");
    }
  } else {
    const read = readLabFile(text);
    if (read.ok) openOrAsk(read.value.share, what, read.value.remark);
    else refuse(what, read.problems);
  }
  return true;
}
