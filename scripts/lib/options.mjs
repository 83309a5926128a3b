import { parseArgs } from "node:util";
import { Failure } from "./failure.mjs";

/**
 * Node's own argument parser, with its complaints as plain sentences.
 * @template {import("node:util").ParseArgsConfig["options"]} T
 * @param {string[]} args
 * @param {T} options
 */
export function readOptions(args, options) {
  try {
    return parseArgs({ args, options: /** @type {NonNullable<T>} */ (options) });
  } catch (error) {
    throw new Failure(/** @type {Error} */ (error).message);
  }
}

/** @param {string} text */
export function readPort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new Failure(`"${text}" is not a port number.`);
  return port;
}
