/** The slow service behind the cache: real HTTP, and the test decides when each request is answered, and with what. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'

export interface Request {
  /** The process that asked. */
  readonly pid: number
  answer(value: unknown): void
}

export interface Upstream {
  readonly url: string
  /** How many requests there have been. */
  readonly count: number
  /** The next request that nobody has taken yet. */
  next(): Promise<Request>
  close(): Promise<void>
}

export async function startUpstream(): Promise<Upstream> {
  const arrived: Request[] = []
  const waiting: ((request: Request) => void)[] = []
  const open = new Set<ServerResponse>()
  let count = 0
  const server = createServer((incoming, response) => {
    count++
    open.add(response)
    const request: Request = {
      pid: Number(incoming.headers['x-pid']),
      answer(value) {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(value))
      },
    }
    const taker = waiting.shift()
    if (taker === undefined) arrived.push(request)
    else taker(request)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    get count() {
      return count
    },
    next() {
      const request = arrived.shift()
      if (request !== undefined) return Promise.resolve(request)
      return new Promise((resolve) => waiting.push(resolve))
    },
    async close() {
      for (const response of open) response.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
