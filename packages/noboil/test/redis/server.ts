/** A Redis of the test's own, with commands of the test's own. */
import { createClient } from 'redis'
import { type RedisServer, startRedisServer } from '../../../../scripts/redis-server.ts'

export interface TestRedis extends RedisServer {
  /** One command, by a client of its own. */
  command(...words: readonly string[]): Promise<unknown>
}

export async function startRedis(): Promise<TestRedis> {
  const server = await startRedisServer()
  return { ...server, command: (...words) => command(server.url, words) }
}

async function command(url: string, words: readonly string[]): Promise<unknown> {
  const client = createClient({ url, socket: { reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  try {
    return await client.sendCommand(words)
  } finally {
    client.destroy()
  }
}
