/**
 * The functions of a server as a client sees them: names that carry types. A client imports the server's api as a type alone,
 * so a reference is nothing but its path; which kind it is, only the types know.
 */
import type { FunctionKind, FunctionReference, References } from '../schema/reference.ts'

/** The server's api as a client holds it. */
export type ClientApi<api> = References<api>

/** Any function of kind `kind`: what a parameter takes that only needs the path. */
export type AnyReference<kind extends FunctionKind = FunctionKind> = FunctionReference<
  kind,
  never,
  unknown
>

/**
 * A tree of references for a server's api, made of its type:
 *
 * ```ts
 * import type { api as server } from '../backend/lazy.ts'
 * const api = createApi<typeof server>()
 * ```
 *
 * Any path exists at run time; the types say which the server answers. The same path is the same object every time.
 */
export function createApi<api extends object>(): ClientApi<api> {
  return branch([]) as ClientApi<api>
}

/** The path of a reference, whether a client made it or it is the server's own function. */
export function pathOf(reference: { readonly path: string }): string {
  return (reference as { readonly [pathName]?: string })[pathName] ?? reference.path
}

const pathName: unique symbol = Symbol('noboil.path')

/** Names that others ask every object for: promises, React, JSON, coercion. They are never functions of an app. */
const foreign: ReadonlySet<string> = new Set([
  '$$typeof',
  'asymmetricMatch',
  'constructor',
  'nodeType',
  'prototype',
  'then',
  'valueOf',
  '__proto__',
])

function branch(names: readonly string[]): object {
  const path = names.join('.')
  const children = new Map<string, object>()
  return new Proxy(Object.create(null) as object, {
    get(_target, name) {
      if (name === pathName) return path
      if (typeof name === 'symbol' || foreign.has(name)) return undefined
      if (name === 'toString' || name === 'toJSON') return () => path
      // A function may be called `path` where only groups stand, so the property means the text from the second name on.
      if (name === 'path' && names.length > 1) return path
      if (name === 'kind' && names.length > 1) return undefined
      let child = children.get(name)
      if (child === undefined) children.set(name, (child = branch([...names, name])))
      return child
    },
  })
}
