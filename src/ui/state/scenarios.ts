/** The first visit's situation: the second device that escapes GBPA.ABORT, as the mail thread has it. */
import text from "../../../content/scenarios/claim-7-second-device.lab?raw";

export const FIRST_SCENARIO = text;
