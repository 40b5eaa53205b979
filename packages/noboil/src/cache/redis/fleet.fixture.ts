/** Three processes on one Redis, on a clock and a network that a test holds in its hands. */
import { AppCache } from '../cache.ts'
import { HandClock, listLogger, rest } from '../cache.fixture.ts'
import { FakeRedis, type Fate } from './fake.fixture.ts'

export const post = { type: 'post', ttlMs: 60_000, jitter: 0, timeoutMs: 30_000 } as const
export const settings = { maxLagMs: 1_000, leaseMs: 3_000, commandTimeoutMs: 500 } as const

let open: readonly AppCache[] = []

/** For `afterEach`. */
export async function closeFleet(): Promise<void> {
  await Promise.all(open.map((cache) => cache.close()))
  open = []
}

export interface Fleet {
  readonly clock: HandClock
  readonly redis: FakeRedis
  readonly caches: readonly [AppCache, AppCache, AppCache]
  readonly network: Network
}

export interface Network {
  /** What becomes of each message of the bus. */
  fate: Fate
  /** Nothing that is asked of Redis is answered. */
  hangs: boolean
  /** Called whenever something arrives anywhere: `→ GET` at Redis, `← GET` its reply. */
  onTurn: (what: string) => void
}

/** All of them connected. */
export async function startFleet(): Promise<Fleet> {
  const clock = new HandClock()
  const network: Network = { fate: 'arrives', hangs: false, onTurn() {} }
  const redis = new FakeRedis(
    () => clock.now() + 1_000_000,
    async (what) => {
      if (network.hangs) await new Promise(() => {})
      network.onTurn(what)
    },
    () => network.fate,
  )
  let tokens = 0
  const start = (): AppCache =>
    new AppCache(
      { dependencies: { posts: ['pictures'], feed: ['posts'] }, limits: { maxEntries: 100 } },
      {
        clock,
        random: { unit: () => ++tokens / 1e6, token: () => `t${++tokens}` },
        log: listLogger([]),
      },
      { driver: redis.driver, settings },
    )
  const caches = [start(), start(), start()] as const
  open = [...caches]
  await rest()
  if (caches.some((cache) => cache.stats().redis !== 'connected')) throw new Error('not connected')
  return { clock, redis, caches, network }
}

/** A load that is not to be needed. */
export const held = (): Promise<never> => Promise.reject(new Error('was loaded again'))
