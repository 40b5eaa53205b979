/** What the suite's upstream says to a module, which has nothing in common with the process of the cases: over HTTP. */
import type { HttpFetch } from 'noboil/spacetimedb/testing'
import { upstream } from '../upstream.ts'
import type { Said } from './spacetimedb-module.ts'

/** A source that a case holds does not answer in time: a procedure waits, and so does the stand-in. */
export const askUpstream: HttpFetch = ({ body }) => {
  const { key, isKept } = JSON.parse(Buffer.from(body).toString()) as {
    readonly key: string
    readonly isKept: boolean
  }
  const unchanged: Said = { unchanged: true }
  const ctx = { previous: isKept ? {} : null, unchanged }
  const said: unknown = upstream.ask(key, ctx as never, (version): Said => ({ version }))
  if (said instanceof Promise) throw new Error('The source does not answer in time.')
  const isPlain =
    typeof said === 'object' && said !== null && ('version' in said || said === unchanged)
  return { body: JSON.stringify(isPlain ? said : { nonsense: said }) }
}
