/** The two film modules, running, with a client each and a source that can be told what to answer. */
import { NoboilError } from '../../errors/error.ts'
import { bindingsOf } from '../../wire/spacetimedb.ts'
import {
  createModuleHost,
  type InProcessSocket,
  type ModuleHost,
  type WebSocketFactory,
} from '../../exports/spacetimedb-testing.ts'
import { SpacetimeClient } from '../../react/spacetimedb/client.ts'
import { bundleModule, type ModuleBundle } from '../../standins/spacetimedb/bundle.ts'
import { filmSchema, filmTables } from './films.fixture.ts'
import { type SpacetimeWorker, startWorker, type WorkerOptions } from './worker/worker.ts'

export const bindings = bindingsOf(filmSchema)

export type Way = 'procedure' | 'worker'

/** What the source says of a key; null: it has nothing there. Throws when it cannot be asked. */
export interface Source {
  readonly asked: string[]
  answer: (key: string) => unknown
}

export interface Films {
  readonly host: ModuleHost
  readonly source: Source
  client(name: string): SpacetimeClient
  /** Moves time until the call is over; at most by an hour. */
  settled<result>(calling: Promise<result>): Promise<result>
  /** Moves time, and lets what that brings about happen. */
  pass(ms: number): Promise<void>
  worker(options?: Partial<WorkerOptions>): SpacetimeWorker
  /** A connection that a test can cut. */
  wire(): Wire
  close(): Promise<void>
}

export interface Wire {
  /** For `webSocket` of a worker. */
  readonly webSocket: WebSocketFactory
  /** Ends the connections there are. `forever`: there will be no other. */
  cut(forever?: 'forever'): void
}

const bundles = new Map<Way, Promise<ModuleBundle>>()

export async function openFilms(way: Way): Promise<Films> {
  if (!bundles.has(way)) {
    bundles.set(way, bundleModule(new URL(`by-${way}.module.fixture.ts`, import.meta.url)))
  }
  const host: ModuleHost = await createModuleHost({
    module: (await bundles.get(way)) as ModuleBundle,
  })
  const source: Source = {
    asked: [],
    answer: (key) => ({ tmdbId: Number(key), title: `film ${key}, ask ${source.asked.length}` }),
  }
  const ask = (key: string): unknown => {
    source.asked.push(key)
    return source.answer(key)
  }
  host.stubHttp(({ url }) => {
    const found = ask(url.split('/').at(-1) as string)
    return found === null ? { status: 404 } : { status: 200, body: JSON.stringify(found) }
  })
  const closing: (() => unknown)[] = []
  const films: Films = {
    host,
    source,
    client(name) {
      let token: string | undefined = host.token(name)
      const client = new SpacetimeClient({
        uri: 'http://stand-in',
        database: 'films',
        bindings,
        webSocket: host.webSocket(),
        tokens: { get: () => token, set: (given) => void (token = given) },
      })
      closing.push(() => client.close())
      return client
    },
    async settled(calling) {
      let isOver = false
      const over = (): void => void (isOver = true)
      calling.then(over, over)
      for (let turns = 0; !isOver; turns++) {
        if (turns > 5_000) throw new Error('It is never over.')
        await films.pass(turns < 200 ? 0 : 250)
      }
      return calling
    },
    async pass(ms) {
      for (let left = ms; ; left -= 1_000) {
        host.advance(Math.max(0, Math.min(left, 1_000)))
        for (let turn = 0; turn < 4; turn++) await new Promise((done) => setImmediate(done))
        if (left <= 1_000) return
      }
    },
    worker(options = {}) {
      const fetcher = async (_ctx: unknown, key: string) => (await ask(key)) as never
      const worker = startWorker({
        uri: 'http://stand-in',
        database: 'films',
        token: host.token('worker'),
        webSocket: host.webSocket(),
        tables: filmTables(fetcher),
        clock: host.clock(),
        ...(options as object),
      })
      closing.push(() => worker.close())
      return worker
    },
    wire: () => wireOf(host.webSocket()),
    async close() {
      for (const close of closing) await close()
      await host.close()
    },
  }
  if (way === 'worker')
    host.call('allow_worker', { identity: host.as('worker').identity.toHexString() })
  return films
}

function wireOf(open: WebSocketFactory): Wire {
  const sockets: InProcessSocket[] = []
  let isOver = false
  return {
    async webSocket(args) {
      if (isOver) throw new Error('The wire is cut.')
      const socket = await open(args)
      sockets.push(socket)
      return socket
    },
    cut(forever) {
      isOver = forever !== undefined
      for (const socket of sockets) socket.close()
    },
  }
}

/** What a source that cannot be reached throws. */
export const down = (): never => {
  throw new NoboilError('INTERNAL', 'no route to the source')
}
