/** Prose of lessons, challenges and definitions: its links lead to terms, rules, challenges and lessons. */
import type { ReactNode } from "react";
import { Prose } from "../widgets/prose.tsx";
import { RuleLink } from "../widgets/rule-link.tsx";
import { term } from "./glossary-data.ts";
import { challenges, lessons } from "./library.ts";
import { goToChallenge, goToLesson } from "./route.ts";
import { TermLink } from "./term.tsx";

function link(address: string, words: ReactNode): ReactNode | null {
  const colon = address.indexOf(":");
  const target = address.slice(colon + 1);
  switch (address.slice(0, colon)) {
    case "glossary": {
      const entry = term(target);
      // A term that the glossary does not have stays a word.
      return entry === null ? <span>{words}</span> : <TermLink entry={entry}>{words}</TermLink>;
    }
    case "rule":
      return (
        <>
          {words === target ? null : <>{words} </>}
          <RuleLink id={target} />
        </>
      );
    case "challenge":
      return challenges().some(({ id }) => id === target) ? (
        <button type="button" className="link" onClick={() => goToChallenge(target)}>
          {words}
        </button>
      ) : (
        <span>{words}</span>
      );
    case "lesson":
      return lessons().some(({ id }) => id === target) ? (
        <button type="button" className="link" onClick={() => goToLesson(target)}>
          {words}
        </button>
      ) : (
        <span>{words}</span>
      );
    default:
      return null;
  }
}

export const LearnProse = ({ text }: { readonly text: string }) => <Prose text={text} link={link} />;
