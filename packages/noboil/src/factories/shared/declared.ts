/**
 * Types of arguments that name what a table's options have declared. Where the options are not known, everything may be named; where
 * nothing has been declared, the type is the sentence that says so.
 */
import type { Where } from './filter.ts'

/** The names in an option: one, a list, or lists within the list. */
type NamedIn<options, option extends string> = options extends {
  readonly [name in option]: infer given
}
  ? given extends readonly (infer entry)[]
    ? entry extends readonly (infer name)[]
      ? name & string
      : entry & string
    : given & string
  : never

type Otherwise<names, sentence> = [names] extends [never] ? sentence : names

/** The fields that `counts` takes. */
export type CountedField<name extends string, payload, options> = unknown extends options
  ? keyof payload & string
  : Otherwise<
      NamedIn<options, 'counts'>,
      `'${name}' counts no field; name it in its option 'counts'.`
    >

type IndexedField<payload, options> = unknown extends options
  ? keyof payload & string
  : NamedIn<options, 'index'> & keyof payload

type Unindexed<name extends string> =
  `'${name}' indexes no field; name those to filter and order by in its option 'index'.`

/** What `where` takes. */
export type IndexedWhere<name extends string, payload, options> = [
  IndexedField<payload, options>,
] extends [never]
  ? Unindexed<name>
  : Where<Pick<payload, IndexedField<payload, options>>>

/** The fields that `orderBy` takes. */
export type OrderField<name extends string, payload, options> = Otherwise<
  IndexedField<payload, options>,
  Unindexed<name>
>

/** What `search` takes. */
export type SearchText<name extends string, options> = unknown extends options
  ? string
  : [NamedIn<options, 'search'>] extends [never]
    ? `'${name}' has no search; name a field in its option 'search'.`
    : string

/** The fields that `pub` takes. */
export type BooleanField<payload> = Otherwise<
  BooleanIn<payload>,
  'pub names a boolean field, and this table has none; write pub: true to show every row.'
>

type BooleanIn<payload> = {
  [field in keyof payload & string]-?: payload[field] extends boolean | null | undefined
    ? field
    : never
}[keyof payload & string]
