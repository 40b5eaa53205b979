/**
 * A function of the app, as seen from anywhere: a name that carries its types. Clients hold references; the server's own
 * functions are references that can also be called.
 */
export type FunctionKind = 'query' | 'mutation' | 'action'

declare const types: unique symbol

export interface FunctionReference<kind extends FunctionKind, args, result> {
  /** `table.operation`, or `table.group.operation`. */
  readonly path: string
  readonly kind: kind
  readonly [types]?: (args: args) => result
}

/** A function on the server: called bare, it runs as the server itself. */
export interface ServerFunction<kind extends FunctionKind, args, result> extends FunctionReference<
  kind,
  args,
  result
> {
  (args: args): Promise<result>
}

export type Query<args, result> = ServerFunction<'query', args, result>
export type Mutation<args, result> = ServerFunction<'mutation', args, result>
export type Action<args, result> = ServerFunction<'action', args, result>

/** An api as references: every callable function turned into one, groups stay groups. */
export type References<api> = {
  readonly [name in keyof api]: [api[name]] extends [never]
    ? never
    : api[name] extends FunctionReference<infer kind, infer args, infer result>
      ? FunctionReference<kind, args, result>
      : api[name] extends object
        ? References<api[name]>
        : undefined
}

export type ArgsOf<reference> =
  reference extends FunctionReference<FunctionKind, infer args, unknown> ? args : never
export type ResultOf<reference> =
  reference extends FunctionReference<FunctionKind, never, infer result> ? result : never
