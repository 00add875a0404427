// A form that an answer must have, token by token. Every engine holds to it or refuses it; none drops it.

/** Text of which the middle is JSON: `begin`, a value that fits `schema`, `end`. */
export interface TaggedValue {
  readonly begin: string;
  /** JSON text of a JSON Schema. */
  readonly schema: string;
  readonly end: string;
}

export type ConstraintForm =
  /** `schema` is the JSON text of a JSON Schema; `{"type":"object"}` asks for any object. */
  | { readonly kind: 'json_schema'; readonly schema: string }
  /** The whole answer matches. */
  | { readonly kind: 'regex'; readonly pattern: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'lark'; readonly grammar: string }
  | { readonly kind: 'gbnf'; readonly grammar: string }
  /** One of `tags`, or several with `separator` between them: calls of tools. */
  | {
      readonly kind: 'tagged';
      readonly tags: readonly TaggedValue[];
      readonly separator: string;
      readonly many: boolean;
      /** The answer is free until this text appears, which begins every tag; null: the answer begins with a tag. */
      readonly trigger: string | null;
    };

/** With the names by which its sender knows it, for a refusal. */
export interface AskedConstraint extends Constraint {
  /** The field of the request that asks for it. */
  readonly param: string;
  /** Of tags: the field of each one's schema. */
  readonly tagParams?: readonly string[] | undefined;
}

export interface Constraint {
  readonly form: ConstraintForm;
  /** The form begins behind this text, such as the end of a model's thinking; null: at once. */
  readonly after: string | null;
}
