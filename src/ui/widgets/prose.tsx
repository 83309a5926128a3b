/** Markdown that somebody wrote: no HTML of its own, no picture, and nothing that leads out of the page. */
import type { ReactNode } from "react";
import Markdown from "react-markdown";

interface ProseProps {
  readonly text: string;
  /** What a link becomes; without it, and where it gives null, the address stands behind the words as text to copy. */
  readonly link?: (address: string, words: ReactNode) => ReactNode | null;
}

/** Nothing here becomes an address that a browser would follow, so that addresses can be taken as they are. */
const asWritten = (address: string): string => address;

export function Prose({ text, link }: ProseProps) {
  return (
    <Markdown
      skipHtml
      urlTransform={asWritten}
      components={{
        a: ({ children, href }) =>
          (href === undefined ? null : link?.(href, children)) ?? (
            <span>
              {children}
              {href === undefined ? "" : ` (${href})`}
            </span>
          ),
        img: ({ alt }) => <span>{alt}</span>,
        h1: "h3",
        h2: "h3",
      }}
    >
      {text}
    </Markdown>
  );
}
