/** First words other than names of the topology. */
export const EXPECT_HEADS = [
  "ok",
  "fail",
  "rejected",
  "errno",
  "error",
  "users",
  "id",
  "count",
  "calls",
  "events",
  "result",
] as const;
