import { parseArgs } from "node:util";
import { Failure } from "./failure.mjs";

/** Node's own argument parser, with its complaints as plain sentences. */
export function readOptions(args, options, { allowPositionals = false } = {}) {
  try {
    return parseArgs({ args, options, allowPositionals });
  } catch (error) {
    throw new Failure(error.message);
  }
}

export function readPort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new Failure(`"${text}" is not a port number.`);
  return port;
}
