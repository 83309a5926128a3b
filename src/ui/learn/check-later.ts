/** A lesson or challenge checked as the build checks it, in the same words; par is proved a piece at a time. */
import { type ContentFile, deadLinks, readContent } from "../../learn/catalog.ts";
import { checkChallenge } from "../../learn/check.ts";
import { type CheckedFile, checkFile } from "../../learn/check-file.ts";
import { makeReady } from "../../learn/start.ts";
import { catalog } from "./library.ts";
import { proveInSlices } from "./use-proof.ts";

/** Calls `onEnd` once; the returned function makes it never do so. */
export function checkLater(
  file: ContentFile,
  onStates: (states: number) => void,
  onEnd: (checked: CheckedFile) => void,
): () => void {
  const read = readContent(file);
  const challenge = read.ok && read.value.kind === "challenge" ? read.value.value : null;
  const ready = challenge === null ? null : makeReady(challenge);
  if (challenge === null || ready?.ok !== true) {
    // Nothing long can come of it: there is nothing to prove.
    const timer = setTimeout(() => onEnd(checkFile(file, catalog())), 0);
    return () => clearTimeout(timer);
  }
  return proveInSlices(ready.value, onStates, (end) => {
    const checked = end.ok
      ? checkChallenge(challenge, end.value)
      : { problems: end.problems, remarks: [], proof: null };
    const problems = [...checked.problems, ...deadLinks(challenge.links, catalog())];
    onEnd({
      path: file.path,
      content: { kind: "challenge", value: challenge },
      problems: problems.sort((a, b) => a.line - b.line),
      remarks: checked.remarks,
      proof: checked.proof,
    });
  });
}
