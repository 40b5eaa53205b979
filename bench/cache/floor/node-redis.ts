/** The client that noboil uses, by hand: GET and JSON.parse, no freshness, no memory. */
import { createClient } from 'redis'
import type { CacheContestant, CacheRun } from '../contestants.ts'

export const nodeRedisFloor: CacheContestant = {
  name: 'GET with redis',
  note: 'by hand on redis 6.3.1: GET, JSON.parse',
  open: ({ port }) => open(port),
}

async function open(port: number): Promise<CacheRun> {
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  await client.connect()
  return {
    async ask(key, load) {
      const text = await client.get(key)
      if (text !== null) return JSON.parse(text)
      const value = await load()
      await client.set(key, JSON.stringify(value), { PX: 3_600_000 })
      return value
    },
    cold: () => open(port),
    close: () => client.close(),
  }
}
