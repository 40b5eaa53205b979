/**
 * The film catalogue as a process: by hand, or started by the demo server, which it tells its address and with which it ends.
 *
 *     UPSTREAM_PORT       default 3100; 0 takes any free one
 *     UPSTREAM_DELAY_MS   how long every answer takes, default 900
 */
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { makeCatalogue, readFilms } from './catalogue.ts'
import { createCatalogueServer } from './server.ts'

const port = numberOf('UPSTREAM_PORT', 3_100, 65_535)
const delayMs = numberOf('UPSTREAM_DELAY_MS', 900, 60_000)

const server = createCatalogueServer({
  catalogue: makeCatalogue(readFilms()),
  delayMs,
  ports: {
    now: () => Date.now(),
    delay: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
  },
})

server.once('error', (error) => {
  console.error(`The film catalogue cannot be opened: ${error.message}`)
  process.exit(1)
})
server.listen(port, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  if (process.send === undefined) console.log(`The film catalogue is open at ${url}`)
  else process.send({ url })
})

for (const end of ['SIGINT', 'SIGTERM', 'disconnect'] as const) {
  process.once(end, () => {
    server.close()
    server.closeAllConnections()
  })
}

function numberOf(name: string, byDefault: number, max: number): number {
  const value = Number(process.env[name] ?? byDefault)
  if (Number.isInteger(value) && value >= 0 && value <= max) return value
  console.error(`${name} is '${process.env[name]}'; it must be a whole number from 0 to ${max}.`)
  process.exit(1)
}
