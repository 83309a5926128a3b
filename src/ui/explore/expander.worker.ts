/** One of the threads that go on from a search's states. The first message brings the port to the searching worker. */
import { expanderService, type ToExpander } from "../../explore/expander.ts";

addEventListener("message", ({ data: port }: MessageEvent<MessagePort>) => {
  const serve = expanderService((message) => port.postMessage(message));
  port.onmessage = (event: MessageEvent<ToExpander>) => serve(event.data);
});
