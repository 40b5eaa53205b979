/** The client that bentocache uses, by hand: GET and JSON.parse. */
import type { CacheContestant, CacheRun } from '../contestants.ts'
import { load } from './load.ts'

interface Ioredis {
  readonly Redis: new (options: object) => {
    get(key: string): Promise<string | null>
    set(key: string, text: string, unit: 'PX', ms: number): Promise<unknown>
    quit(): Promise<unknown>
  }
}

export const ioredisFloor: CacheContestant = {
  name: 'GET with ioredis',
  note: 'by hand on ioredis 5.11.1: GET, JSON.parse',
  open: ({ port }) => open(port),
}

async function open(port: number): Promise<CacheRun> {
  const { Redis } = await load<Ioredis>('ioredis')
  const client = new Redis({ host: '127.0.0.1', port })
  return {
    async ask(key, load) {
      const text = await client.get(key)
      if (text !== null) return JSON.parse(text)
      const value = await load()
      await client.set(key, JSON.stringify(value), 'PX', 3_600_000)
      return value
    },
    cold: () => open(port),
    close: () => client.quit(),
  }
}
