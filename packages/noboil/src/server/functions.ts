/**
 * A tree of functions that grows as it is walked: `tree.vote.append(args)` calls by the path `vote.append`.
 */

/** What promises and JSON ask every object for: never a function of an app. */
export const foreign: ReadonlySet<string> = new Set(['then', 'toJSON'])

/** Calls one function. */
export type Invoke = (path: string, args: unknown) => Promise<unknown>

export function functionsAt(path: string, invoke: Invoke): object {
  const known = new Map<string, object>()
  return new Proxy((args: unknown) => invoke(path, args), {
    get(_target, name) {
      if (typeof name !== 'string' || foreign.has(name)) return undefined
      if (name === 'path' && path !== '') return path
      const found = known.get(name) ?? functionsAt(path === '' ? name : `${path}.${name}`, invoke)
      known.set(name, found)
      return found
    },
  })
}
