/** What the types of a module say of its functions and tables, read off `typeof import('./module.ts')`. */
import type { Infer } from 'spacetimedb'

/** Where the types of the module are not given (`unknown`), every name goes, and rows have columns of unknown types. */
export type ReducerName<module> = unknown extends module
  ? string
  : NamesOf<module, { readonly senderAuth: unknown }>

export type ProcedureName<module> = unknown extends module
  ? string
  : NamesOf<module, { readonly withTx: unknown; readonly sender: unknown }>

/** What a call takes behind the name; nothing is needed where every parameter may be missing. */
export type ArgumentsOf<module, name> = name extends keyof module
  ? module[name] extends (ctx: never, payload: infer payload) => unknown
    ? object extends payload
      ? [args?: payload]
      : [args: payload]
    : [args?: object]
  : [args?: object]

export type ResultOf<module, name> = name extends keyof module
  ? module[name] extends (...args: never[]) => infer result
    ? result
    : unknown
  : unknown

export type TableName<module> = keyof TablesOf<module> & string

export type RowOf<module, name> = name extends keyof TablesOf<module>
  ? TablesOf<module>[name] extends { readonly columns: infer columns }
    ? Infer<columns>
    : UntypedRow
  : UntypedRow

export type UntypedRow = Readonly<Record<string, unknown>>

type TablesOf<module> = module extends {
  readonly default: { readonly schemaType: { readonly tables: infer tables } }
}
  ? tables
  : Readonly<Record<string, unknown>>

type NamesOf<module, context> = {
  [name in keyof module]: module[name] extends (ctx: infer ctx, ...args: never[]) => unknown
    ? ctx extends context
      ? name
      : never
    : never
}[keyof module] &
  string
