/** The process that holds the streams: noboil's, or by hand the least that could be called one. Arguments: contestant, Redis port, folder. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createAppCache } from 'noboil/cache'
import { noboil } from 'noboil/node'
import { createClient } from 'redis'
import { dependencies } from './workload.ts'

const [contestant, redisPort, folder = '.'] = process.argv.slice(2)
const url = `redis://127.0.0.1:${redisPort}`

async function serveNoboil(): Promise<number> {
  const cache = createAppCache({ dependencies, redis: url, log: { level: 'silent' } })
  await cache.ready()
  const app = noboil({
    database: join(folder, 'app.db'),
    cache,
    mirrors: false,
    tables: () => ({}),
    limits: { maxConnectionsPerCaller: 20_000 },
    log: { level: 'silent' },
  })
  return (await app.listen({ port: 0 })).port
}

/** Subscribes to a channel, and writes what comes to every response. */
async function serveByHand(): Promise<number> {
  const streams = new Set<ServerResponse>()
  const redis = await createClient({ url }).connect()
  await redis.subscribe('updates', (text) => {
    const event = Buffer.from(`event: app-update\ndata: ${text}\n\n`)
    for (const stream of streams) stream.write(event)
  })
  const server = createServer((_request, response) => {
    response.useChunkedEncodingByDefault = false
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: hello\n\n')
    streams.add(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const port = await (contestant === 'noboil' ? serveNoboil() : serveByHand())
process.send?.(port)
