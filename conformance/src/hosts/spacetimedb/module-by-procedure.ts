/** The app of the suite as a SpacetimeDB module. Whoever has no row among the users is nobody. */
import { fetchSync, noboil } from 'noboil/spacetimedb'
import { tables } from '../../app.ts'
import { upstream } from '../../upstream.ts'

/** What the driver says of a key when the module asks it. */
export type Said =
  | { readonly version: number }
  | { readonly unchanged: true }
  | { readonly nonsense: unknown }

/** The module has nothing in common with the process of the cases: it asks over HTTP, which the driver answers. */
upstream.ask = (key, ctx, row) => {
  const body = JSON.stringify({ key, isKept: ctx.previous !== null })
  const said = fetchSync('https://upstream.test', { method: 'POST', body }).json() as Said
  if ('version' in said) return row(said.version)
  return 'unchanged' in said ? ctx.unchanged : (said.nonsense as never)
}

// oxlint-disable-next-line import/no-default-export -- a module is its default export
export default noboil({ tables, people: 'known' })
