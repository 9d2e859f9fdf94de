export const OPERATORS = ['=', '!=', '<', '<=', '>', '>=', ':'] as const;
export type Operator = (typeof OPERATORS)[number];

/** What a field is compared with: what it means is up to the field's type, except that quoted text is never a number or a flag. */
export interface Literal {
  readonly text: string;
  readonly quoted: boolean;
}

/** One comparison, such as `tags.stage = "trial"`. */
export interface Comparison {
  readonly kind: 'comparison';
  readonly field: string;
  readonly operator: Operator;
  readonly value: Literal;
  /** Where the field and the value begin in the text, counted from 1, for messages. */
  readonly fieldAt: number;
  readonly valueAt: number;
}

/** What a list shows: a tree of comparisons. `and` and `or` have two operands or more. */
export type Filter =
  | Comparison
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Filter[] }
  | { readonly kind: 'not'; readonly operand: Filter };
