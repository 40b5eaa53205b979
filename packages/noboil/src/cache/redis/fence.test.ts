import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppCache } from '../cache.ts'
import { HandClock, listLogger, rest } from '../cache.fixture.ts'
import { FakeRedis, type Fate } from './fake.fixture.ts'

const maxLagMs = 300
const processes = [0, 1, 2] as const
const keys = ['a', 'a', 'a', 'b'] as const

type Step =
  | {
      readonly does: 'remember'
      readonly process: number
      readonly key: string
      readonly staleMs: number
    }
  | { readonly does: 'write'; readonly process: number; readonly type: 'post' | 'picture' }
  | { readonly does: 'set'; readonly process: number; readonly key: string }
  | { readonly does: 'pass'; readonly ms: number }
  | { readonly does: 'settle' | (typeof troubles)[number] }

const troubles = ['save', 'restart', 'cut', 'evict'] as const
const process = fc.constantFrom(0, 0, 0, 1, 2)
const key = fc.constantFrom(...keys)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      does: fc.constant('remember' as const),
      process,
      key,
      staleMs: fc.constantFrom(0, 0, 500),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('write' as const),
      process,
      type: fc.constantFrom('post' as const, 'picture' as const),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ does: 'settle' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 50, 120, 301, 4_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constantFrom(...troubles) }),
  },
)
const fates = fc.infiniteStream(
  fc.constantFrom<Fate>('arrives', 'arrives', 'arrives', 'lost', 'doubled', 'late'),
)

/** What the app's database holds is a number that every write raises; a value is the number that a load read as it began. */
class World {
  readonly clock = new HandClock()
  readonly redis: FakeRedis
  readonly caches: readonly AppCache[]
  readonly #schedule: fc.Scheduler
  truth = 0
  /** Per process, the newest write whose invalidation it has been told is done. */
  readonly acknowledged = processes.map(() => 0)
  readonly #everywhere: { readonly truth: number; readonly at: number }[] = []

  constructor(schedule: fc.Scheduler, fate: () => Fate) {
    this.#schedule = schedule
    const turn = (what: string): Promise<unknown> => schedule.schedule(Promise.resolve(), what)
    this.redis = new FakeRedis(() => this.clock.now() + 1_000_000, turn, fate)
    let tokens = 0
    this.caches = processes.map(
      () =>
        new AppCache(
          { dependencies: { posts: ['pictures'] }, freeze: true },
          {
            clock: this.clock,
            random: { unit: () => ++tokens / 1e6, token: () => `t${++tokens}` },
            log: listLogger([]),
          },
          {
            driver: this.redis.driver,
            settings: { maxLagMs, commandTimeoutMs: 150, leaseMs: 600 },
          },
        ),
    )
  }

  async remember(at: number, key: string, staleMs: number): Promise<void> {
    const floor = this.#floor(at)
    const options = { type: 'posts', ttlMs: 20_000, staleMs, timeoutMs: 60_000 }
    const load = async (): Promise<number> => {
      const read = this.truth
      for (let turn = 0; turn < 4; turn++) {
        await this.#schedule.schedule(Promise.resolve(), 'load')
      }
      return read
    }
    const answer = await (this.caches[at] as AppCache).rememberWithStatus(key, options, load)
    if (answer.value < floor) {
      throw new Error(
        `process ${at} was answered ${answer.value}, written before ${floor} (${answer.status}, ${answer.tier})`,
      )
    }
  }

  async write(at: number, type: 'post' | 'picture'): Promise<void> {
    const truth = ++this.truth
    const cache = this.caches[at] as AppCache
    await cache.invalidate(type)
    this.acknowledged[at] = Math.max(this.acknowledged[at] ?? 0, truth)
    // While Redis is away others cannot be told; they are once it is back.
    if (cache.stats().pendingInvalidations === 0) {
      this.#everywhere.push({ truth, at: this.clock.now() })
    }
  }

  /** Lets every process meet Redis. */
  async begin(): Promise<void> {
    while (this.caches.some((cache) => cache.stats().redis === 'away')) await this.turn(50)
  }

  /** Lets up to `count` things happen that wait for their turn. */
  async turn(count: number): Promise<void> {
    for (let at = 0; at < count && this.#schedule.count() > 0; at++) {
      await this.#schedule.waitNext(1)
    }
    await rest()
  }

  /** Lets everything come to its end, however much time that takes. */
  async finish(calls: readonly Promise<void>[]): Promise<void> {
    let open = true
    const all = Promise.all(calls).finally(() => (open = false))
    for (let round = 0; open && round < 500; round++) {
      await this.turn(100)
      if (open) await this.clock.pass(20)
    }
    expect(open).toBe(false)
    await all
    for (const cache of this.caches) await cache.close()
  }

  #floor(at: number): number {
    const now = this.clock.now()
    const known = this.#everywhere.filter((write) => write.at + maxLagMs <= now)
    return Math.max(this.acknowledged[at] ?? 0, ...known.map(({ truth }) => truth))
  }
}

test('after an acknowledged invalidation nothing loaded before it is served as fresh, on three processes, whatever is lost', async () => {
  const plan = fc.array(fc.tuple(step, fc.integer({ min: 0, max: 8 })), {
    minLength: 20,
    maxLength: 60,
    size: 'max',
  })
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), plan, fates, async (schedule, steps, fate) => {
      const world = new World(schedule, () => fate.next().value)
      await world.begin()
      const calls: Promise<void>[] = []
      for (const [step, turns] of steps) {
        if (step.does === 'remember')
          calls.push(kept(world.remember(step.process, step.key, step.staleMs)))
        else if (step.does === 'write') calls.push(kept(world.write(step.process, step.type)))
        else if (step.does === 'pass') await world.clock.pass(step.ms)
        else if (step.does === 'settle') await world.turn(100)
        else if (step.does === 'save') world.redis.save()
        else if (step.does === 'restart') world.redis.restart()
        else if (step.does === 'evict') world.redis.evictTags()
        else world.redis.cut()
        await world.turn(turns)
      }
      await world.finish(calls)
    }),
    { numRuns: 60 },
  )
}, 60_000)

/** A promise whose failure is looked at later. */
function kept<result>(promise: Promise<result>): Promise<result> {
  promise.catch(() => {})
  return promise
}
