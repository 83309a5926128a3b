/**
 * A rule is one decision of the model that a reader would ask about: which check, which errno, why.
 * Its id has one home (the rules.ts of its area) and stands in the code that applies it, in the title of the
 * test that proves it, and in every explanation the lab shows.
 */
export interface Rule {
  /** One sentence, without the id. */
  readonly text: string;
  /** Where it comes from: `file.c:function`, a specification section, or a measured observation (X1…X15). */
  readonly source: string;
}

export type RuleTable<Id extends string> = Readonly<Record<Id, Rule>>;

/** Gives a table its literal id type, so that a misspelt id does not compile. */
export function defineRules<Id extends string>(table: Record<Id, Rule>): RuleTable<Id> {
  return Object.freeze(table);
}
