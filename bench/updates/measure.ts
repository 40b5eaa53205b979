/**
 * One turn: this process changes things and holds the browsers' ends, so that one clock sees both; a second one holds the streams; a
 * Redis lies between. Sends the ms from each change to the last browser, as median and as 99th percentile.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { createAppCache } from 'noboil/cache'
import { createClient } from 'redis'
import { startRedisServer } from '../../scripts/redis-server.ts'
import { openBrowsers } from './browsers.ts'
import { BROWSERS, CHANGES, dependencies, ENTITIES, entityOf } from './workload.ts'

const [contestant = '', folder = ''] = process.argv.slice(2)

interface Changer {
  change(at: number): Promise<unknown>
  close(): Promise<unknown>
}

const textOf = (at: number): string => `"id":"change-${at}"`

async function byNoboil(url: string): Promise<Changer> {
  const cache = createAppCache({ dependencies, redis: url, log: { level: 'silent' } })
  await cache.ready()
  return {
    async change(at) {
      await cache.invalidate(entityOf(at))
      await cache.notify(entityOf(at), `change-${at}`, 'update')
    },
    close: () => cache.close(),
  }
}

/** Two commands, as an invalidation and a notification are. */
async function byHand(url: string): Promise<Changer> {
  const redis = await createClient({ url }).connect()
  return {
    async change(at) {
      await redis.incr(`version:${entityOf(at)}`)
      await redis.publish('updates', JSON.stringify({ entity: entityOf(at), id: `change-${at}` }))
    },
    close: () => redis.close(),
  }
}

const redis = await startRedisServer()
const url = `redis://127.0.0.1:${redis.port}`
const server = fork(new URL('server.ts', import.meta.url), [contestant, String(redis.port), folder])
const [port] = (await once(server, 'message')) as [number]
const changer = await (contestant === 'noboil' ? byNoboil(url) : byHand(url))
const query = Array.from({ length: ENTITIES }, (_, at) => `entity=${entityOf(at)}`).join('&')
const browsers = await openBrowsers(port, `/api/live?${query}`, BROWSERS)

const timesMs: number[] = []
for (let at = 0; at < CHANGES; at++) {
  const heard = browsers.heard(textOf(at))
  const from = performance.now()
  await changer.change(at)
  await heard
  timesMs.push(performance.now() - from)
  await wait(5)
}
browsers.close()
await changer.close()
server.kill('SIGTERM')
await redis.close()
// The first hundred compile.
const sorted = timesMs.slice(ENTITIES).toSorted((a, b) => a - b)
process.send?.({
  p50: sorted[sorted.length >> 1],
  p99: sorted[Math.floor(sorted.length * 0.99)],
})
process.exit(0)
