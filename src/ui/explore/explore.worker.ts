/** Searches beside the page. One worker for each search; ending it ends the search. */
import { expose } from "comlink";
import { Explorer } from "./explorer.ts";

expose(new Explorer());
