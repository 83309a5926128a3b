/** The scripts that come with the lab. Their texts are fetched when somebody asks; only the first visit's is at hand. */
import first from "../../../content/scenarios/thread/05-second-device.lab?raw";

export const FIRST_SCENARIO = first;
