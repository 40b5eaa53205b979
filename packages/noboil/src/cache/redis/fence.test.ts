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
      /** How long the load takes. */
      readonly load: { readonly turns: number; readonly ms: number }
    }
  | { readonly does: 'write'; readonly process: number; readonly type: 'post' | 'picture' }
  | { readonly does: 'set'; readonly process: number; readonly key: string }
  /** `freeze`: time passes and nothing else happens; `idle`: what waits for its turn has it. */
  | { readonly does: 'freeze' | 'idle'; readonly ms: number }
  | { readonly does: 'settle' | Trouble }

const troubles = ['save', 'restart', 'cut', 'evict', 'refuse', 'obey'] as const
type Trouble = (typeof troubles)[number]

type Remember = Extract<Step, { readonly does: 'remember' }>

const process = fc.constantFrom(0, 0, 0, 1, 2)
const key = fc.constantFrom(...keys)
const does = <name extends string>(name: name): fc.Arbitrary<name> => fc.constant(name)
const calm: fc.WeightedArbitrary<Step>[] = [
  {
    weight: 10,
    arbitrary: fc.record({
      does: does('remember'),
      process,
      key,
      staleMs: fc.constantFrom(0, 0, 500),
      load: fc.record({
        turns: fc.constantFrom(1, 4, 4, 60),
        ms: fc.constantFrom(0, 0, 0, 250, 700),
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: does('write'),
      process,
      type: fc.constantFrom('post' as const, 'picture' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: does('set'), process, key }) },
  { weight: 4, arbitrary: fc.record({ does: does('settle') }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: does('idle'), ms: fc.constantFrom(50, 120, 301, 700) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: does('freeze'), ms: fc.constantFrom(1, 50, 120, 301, 4_000) }),
  },
]
/** Each history has troubles of its own kinds, and many of some: all of them at once hide each other. */
const plan = fc.subarray([...troubles]).chain((kinds) => {
  const troubled = kinds.map((does) => ({ weight: 1, arbitrary: fc.constant({ does }) }))
  const step: fc.Arbitrary<Step> = fc.oneof(...calm, ...troubled)
  return fc.array(fc.tuple(step, fc.integer({ min: 0, max: 8 })), {
    minLength: 20,
    maxLength: 60,
    size: 'max',
  })
})
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
          { dependencies: { posts: ['pictures'] }, freeze: true, limits: { maxEntries: 10 } },
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

  async remember({ process: at, key, staleMs, load: takes }: Remember): Promise<void> {
    const floor = this.#floor(at)
    const options = { type: 'posts', ttlMs: 20_000, staleMs, timeoutMs: 60_000 }
    const load = async (): Promise<number> => {
      const read = this.truth
      for (let turn = 0; turn < takes.turns; turn++) {
        await this.#schedule.schedule(Promise.resolve(), 'load')
      }
      if (takes.ms > 0) {
        await new Promise<void>((resolve) => this.clock.setTimer(takes.ms, resolve))
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

  /** Keeps what the database holds now. */
  async set(at: number, key: string): Promise<void> {
    await (this.caches[at] as AppCache).set(key, this.truth, { type: 'posts', ttlMs: 20_000 })
  }

  /** Time goes by, and everything that is set in motion comes to its end. */
  async idle(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 25) {
      await this.turn(200)
      await this.clock.pass(Math.min(25, left))
    }
  }

  trouble(kind: Trouble): void {
    if (kind === 'save') this.redis.save()
    else if (kind === 'restart') this.redis.restart()
    else if (kind === 'evict') this.redis.evictTags()
    else if (kind === 'cut') this.redis.cut()
    else if (kind === 'obey') this.redis.refuses.clear()
    else
      for (const name of ['change', 'store', 'take', 'set'] as const) this.redis.refuses.add(name)
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
    const all = kept(Promise.all(calls).finally(() => (open = false)))
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
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), plan, fates, async (schedule, steps, fate) => {
      const world = new World(schedule, () => fate.next().value)
      await world.begin()
      const calls: Promise<void>[] = []
      for (const [step, turns] of steps) {
        if (step.does === 'remember') calls.push(kept(world.remember(step)))
        else if (step.does === 'write') calls.push(kept(world.write(step.process, step.type)))
        else if (step.does === 'set') calls.push(kept(world.set(step.process, step.key)))
        else if (step.does === 'freeze') await world.clock.pass(step.ms)
        else if (step.does === 'idle') await world.idle(step.ms)
        else if (step.does === 'settle') await world.turn(100)
        else world.trouble(step.does)
        await world.turn(turns)
      }
      await world.finish(calls)
    }),
    { numRuns: 100 },
  )
}, 120_000)

/** A promise whose failure is looked at later. */
function kept<result>(promise: Promise<result>): Promise<result> {
  promise.catch(() => {})
  return promise
}
