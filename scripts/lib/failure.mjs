/** An error whose message is written for the person at the terminal: printed without a stack. */
export class Failure extends Error {
  expected = true;
}
