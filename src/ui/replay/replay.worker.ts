/** Reads and compares logs beside the page, so that neither stops the other. One worker for each log. */
import { expose } from "comlink";
import { ReplayJob } from "../../replay/job.ts";

expose(new ReplayJob(() => performance.now()));
