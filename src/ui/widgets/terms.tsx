/** A label of the page; its term leads to the glossary once that is there. */
import { useTerms } from "../state/terms-store.ts";

export function Terms({ text }: { readonly text: string }) {
  const link = useTerms((terms) => terms.link);
  return link === null ? text : link(text);
}
