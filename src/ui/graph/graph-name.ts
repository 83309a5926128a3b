/** Where several graphs stand on one page, each has a name, and its items' DOM ids begin with it. */
import { createContext, useContext } from "react";
import { domId } from "./dom-id.ts";

export const GraphName = createContext("");

/** DOM id of an item in the graph it is drawn in. */
export function useDomId(key: string): string {
  return useContext(GraphName) + domId(key);
}
