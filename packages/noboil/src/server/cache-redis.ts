/** Redis by way of the `redis` package, which an app that uses it installs: one connection for commands and messages. */
import { createRequire } from 'node:module'
import type { RedisDriver, RedisEvents, RedisSession } from '../cache/redis/driver.ts'
import { DefinitionError } from '../errors/assert.ts'

const protocols: readonly string[] = ['redis:', 'rediss:']

/**
 * A driver for an address such as `redis://user:password@host:6379/0`, or `rediss:` for TLS. Throws {@link DefinitionError} for
 * one that is none, without repeating it: it may carry a password.
 */
export function redisDriver(url: string): RedisDriver {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !protocols.includes(parsed.protocol) || parsed.hostname === '') {
    throw new DefinitionError(
      'The address of Redis is not one: it is written redis://user:password@host:6379/0, or rediss:// for TLS.',
    )
  }
  if (!/^\/?(\d{1,4})?$/.test(parsed.pathname)) {
    throw new DefinitionError(
      "The path of Redis' address is the number of a database, such as /0, or nothing.",
    )
  }
  try {
    createRequire(import.meta.url).resolve('redis')
  } catch (error) {
    throw new DefinitionError(
      "The cache is to use Redis, and the package 'redis' is not installed: npm install redis",
      { cause: error },
    )
  }
  return { open: (channel, events) => open(url, channel, events) }
}

async function open(url: string, channel: string, events: RedisEvents): Promise<RedisSession> {
  const { createClient } = await import('redis')
  // No reconnecting and no queue: whoever uses the connection has to learn that it is another one.
  const client = createClient({
    url,
    RESP: 3,
    disableOfflineQueue: true,
    // The cache watches the connection itself, with one timer instead of one per command.
    commandOptions: { timeout: 0 },
    socket: { reconnectStrategy: false },
  })
  let isOpen = true
  const lost = (reason: unknown): void => {
    if (isOpen) events.lost(reason)
    isOpen = false
  }
  client.on('error', lost)
  client.on('end', () => lost(new Error('The connection ended.')))
  try {
    await client.connect()
    await client.subscribe(channel, events.message)
  } catch (error) {
    isOpen = false
    if (client.isOpen) client.destroy()
    throw error
  }
  return {
    send: (command) => client.sendCommand(command),
    close() {
      isOpen = false
      if (client.isOpen) client.destroy()
    },
  }
}
