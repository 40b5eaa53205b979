/** One process of the app: a cache that does what the test says. */
import { createAppCache } from 'noboil/cache'

/** What the test asks of a process. */
export type Order =
  | { readonly does: 'remember'; readonly key: string; readonly callers: number }
  | { readonly does: 'get'; readonly key: string }
  | { readonly does: 'invalidate' }

/** What a process tells the test: the answer to an order, or what its cache has logged. */
export type News =
  | { readonly order: number; readonly values: readonly unknown[] }
  | { readonly order: number; readonly failed: string }
  | { readonly event: string }

const [redis = '', upstream = '', leaseMs = ''] = process.argv.slice(2)
const say = (news: News): void => void process.send?.(news)
const tell = (_fields: object, event: string): void => say({ event })

const cache = createAppCache({
  dependencies: { posts: ['pictures'] },
  redis: { url: redis, leaseMs: Number(leaseMs) },
  log: { debug() {}, info: tell, warn: tell, error: tell },
})

const options = { type: 'post', ttlMs: 3_600_000, timeoutMs: 60_000 } as const

async function load(): Promise<unknown> {
  const response = await fetch(upstream, { headers: { 'x-pid': String(process.pid) } })
  return response.json()
}

async function obey(order: Order): Promise<readonly unknown[]> {
  if (order.does === 'get') return [await cache.get(order.key)]
  if (order.does === 'invalidate') return [await cache.invalidate('picture')]
  const calls = Array.from({ length: order.callers }, () =>
    cache.remember(order.key, options, load),
  )
  return [...new Set(await Promise.all(calls))]
}

process.on('message', ([order, what]: [number, Order]) => {
  obey(what).then(
    (values) => say({ order, values }),
    (error: unknown) => say({ order, failed: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
