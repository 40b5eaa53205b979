/**
 * Random histories: what a base table answers and keeps, against a model without leases, generations or transactions; and
 * random interleavings, against what holds whatever overlaps.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import { type FilmRow, movies, type Movies, Source } from './base.fixture.ts'

const ttlMs = 10_000
const negativeMs = 5_000

interface Options {
  readonly staleWhileRevalidate: boolean
  readonly staleIfError: boolean
  readonly remembersNothing: boolean
}

type SourceState = 'up' | 'down' | 'empty' | 'unchanged'

type Step =
  | { readonly do: 'load' | 'refresh' | 'invalidate' | 'purgeOne'; readonly key: string }
  | { readonly do: 'purgeAll' | 'bump' }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'source'; readonly state: SourceState }

interface Kept {
  version: number
  fetchedAt: number
  expiresAt: number
  createdAt: number
}

/** What a table over this source means. */
class Model {
  now = 0
  version = 1
  state: SourceState = 'up'
  asked = 0
  readonly kept: Map<string, Kept> = new Map()
  readonly #failed: Map<string, { times: number; until: number }> = new Map()
  readonly #empty: Map<string, number> = new Map()
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  load(key: string): Kept | string {
    const row = this.kept.get(key)
    if (row && row.expiresAt > this.now) return { ...row }
    if ((this.#empty.get(key) ?? 0) > this.now) return 'NOT_FOUND'
    const { staleWhileRevalidate, staleIfError } = this.#options
    const isQuiet = (this.#failed.get(key)?.until ?? 0) > this.now
    if (row && isQuiet && (staleWhileRevalidate || staleIfError)) return { ...row }
    if (!row || !staleWhileRevalidate) return this.refresh(key)
    const early = { ...row }
    this.refresh(key)
    return early
  }

  refresh(key: string): Kept | string {
    this.asked++
    const row = this.kept.get(key)
    if (this.state === 'down') {
      const times = (this.#failed.get(key)?.times ?? 0) + 1
      this.#empty.delete(key)
      this.#failed.set(key, { times, until: this.now + Math.min(60_000, 1_000 * 2 ** (times - 1)) })
      return row && this.#options.staleIfError ? { ...row } : 'FETCH_FAILED'
    }
    this.#failed.delete(key)
    this.#empty.delete(key)
    if (this.state === 'empty') {
      this.kept.delete(key)
      if (this.#options.remembersNothing) this.#empty.set(key, this.now + negativeMs)
      return 'NOT_FOUND'
    }
    const made = {
      version: this.state === 'unchanged' && row ? row.version : this.version,
      fetchedAt: this.now,
      expiresAt: this.now + ttlMs,
      createdAt: row?.createdAt ?? this.now,
    }
    this.kept.set(key, made)
    return { ...made }
  }

  invalidate(key: string): boolean {
    const row = this.kept.get(key)
    const forgot = this.#forget(key)
    if (row) row.expiresAt = 0
    return row !== undefined || forgot
  }

  purge(keys: readonly string[]): number {
    for (const key of keys) this.#forget(key)
    return keys.filter((key) => this.kept.delete(key)).length
  }

  #forget(key: string): boolean {
    const until = Math.max(this.#failed.get(key)?.until ?? 0, this.#empty.get(key) ?? 0)
    this.#failed.delete(key)
    this.#empty.delete(key)
    return until > this.now
  }
}

const keys = ['1', '2', '3']
const key = fc.constantFrom(...keys)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('load' as const), key }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('refresh' as const, 'invalidate' as const, 'purgeOne' as const),
      key,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('bump' as const, 'purgeAll' as const) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 500, 999, 1_000, 4_999, 5_000, 9_999, 10_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('source' as const),
      state: fc.constantFrom('up', 'down', 'empty', 'unchanged') as fc.Arbitrary<SourceState>,
    }),
  },
)
const options: fc.Arbitrary<Options> = fc.record({
  staleWhileRevalidate: fc.boolean(),
  staleIfError: fc.boolean(),
  remembersNothing: fc.boolean(),
})

it('answers and keeps what the model says, whatever happens in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(options, fc.array(step, { maxLength: 40 }), async (given, steps) => {
      const on = await open(given)
      const model = new Model(given)
      model.now = on.now
      try {
        for (const each of steps) await compare(on, model, each)
      } finally {
        await on.app.close()
      }
    }),
    { numRuns: 150 },
  )
})

function open({ remembersNothing, ...options }: Options): Promise<Movies> {
  const negative = remembersNothing ? { negativeTtlMs: negativeMs } : {}
  return movies({ ttl: ttlMs, ...options, ...negative }, { limits: { maxSweepRows: 1 } })
}

/** Takes a step on both, and compares everything that can be seen. */
async function compare(on: Movies, model: Model, each: Step): Promise<void> {
  switch (each.do) {
    case 'load':
    case 'refresh':
      expect(await answer(on[each.do](each.key))).toEqual(model[each.do](each.key))
      break
    case 'invalidate':
      expect(await on.invalidate(each.key)).toBe(model.invalidate(each.key))
      break
    case 'purgeOne':
      expect(await on.purge([each.key])).toBe(model.purge([each.key]))
      break
    case 'purgeAll':
      expect(await on.purge()).toBe(model.purge(keys))
      break
    case 'bump':
      model.version = ++on.source.version
      break
    case 'pass':
      await on.pass(each.ms)
      model.now = on.now
      break
    case 'source':
      model.state = each.state
      tell(on.source, each.state)
  }
  await on.app.idle()
  for (const key of keys) {
    expect(seen(await on.get(key))).toEqual(model.kept.get(key) ?? null)
  }
  expect(on.source.asked).toHaveLength(model.asked)
}

function tell(source: Source, state: SourceState): void {
  source.recover()
  if (state === 'down') source.fail()
  if (state === 'empty') source.answer = () => null
  if (state === 'unchanged') {
    source.answer = (key, { previous, unchanged }) =>
      previous === null ? source.film(key) : unchanged
  }
}

const answer = (call: Promise<FilmRow>): Promise<unknown> => call.then(seen, errorCode)

const seen = (row: FilmRow | null): Kept | null =>
  row && {
    version: Number(row.title.split(' ').at(-1)),
    fetchedAt: row.fetchedAt,
    expiresAt: row.expiresAt as number,
    createdAt: row['_creationTime'] as number,
  }

/** What a source that was asked says when its turn comes. */
interface Pending {
  readonly answer: () => void
  readonly fail: () => void
}

type Turn =
  | { readonly do: 'load' | 'refresh' | 'invalidate' | 'purgeOne' | 'purgeAll' | 'background' }
  | { readonly do: 'answer'; readonly fails: boolean }

it('never shows as fresh, after an invalidation or a purge, what was fetched before, and never fetches twice at once', async () => {
  const turn: fc.Arbitrary<Turn> = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom(
          'load' as const,
          'refresh' as const,
          'invalidate' as const,
          'purgeOne' as const,
          'purgeAll' as const,
          'background' as const,
        ),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('answer' as const), fails: fc.boolean() }),
    },
  )
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(turn, { maxLength: 20 }), async (early, turns) => {
      const source = new Source()
      const pending: Pending[] = []
      let atOnce = 0
      let most = 0
      source.answer = async (key) => {
        const film = source.film(key)
        most = Math.max(most, ++atOnce)
        const fails = await new Promise<boolean>((resolve) => {
          pending.push({ answer: () => resolve(false), fail: () => resolve(true) })
        })
        atOnce--
        if (fails) throw new Error('down')
        return film
      }
      const on = await movies({ ttl: ttlMs, staleWhileRevalidate: early }, {}, source)
      const doubted = { version: 0 }
      const background = {}
      const calls: Promise<unknown>[] = []
      for (const each of turns) {
        calls.push(...(await take(on, each, pending, doubted, background)))
        await on.settle()
        await expectNothingDoubted(on, doubted.version)
      }
      // Whatever is under way comes to an end: what is left to the background too, since callers may wait for it.
      let hasEnded = false
      const end = Promise.all(calls).then(() => (hasEnded = true))
      while (!hasEnded) {
        void runBackground(on, background)
        for (const each of pending.splice(0)) each.answer()
        await on.settle()
      }
      await end
      await expectNothingDoubted(on, doubted.version)
      expect(most).toBeLessThanOrEqual(1)
      await on.app.close()
    }),
    { numRuns: 100 },
  )
})

async function take(
  on: Movies,
  turn: Turn,
  pending: Pending[],
  doubted: { version: number },
  background: Background,
): Promise<Promise<unknown>[]> {
  switch (turn.do) {
    case 'load':
    case 'refresh': {
      const since = doubted.version
      const call = answer(on[turn.do]()).then((found) => {
        // A call may answer what was true as it began, never what was doubted before it began.
        if (typeof found === 'object') assertFresh(found as Kept, since, on.now)
      })
      return [call]
    }
    case 'background':
      return [runBackground(on, background)]
    case 'answer': {
      const [first] = pending.splice(0, 1)
      if (turn.fails) first?.fail()
      else first?.answer()
      return []
    }
    default:
      if (turn.do === 'invalidate') await on.invalidate()
      else await on.purge(turn.do === 'purgeOne' ? ['1'] : undefined)
      // What the source says from now on is new.
      doubted.version = on.source.version++
      return []
  }
}

interface Background {
  running?: Promise<void> | undefined
}

function runBackground(on: Movies, background: Background): Promise<void> {
  return (background.running ??= on.app.idle().finally(() => (background.running = undefined)))
}

async function expectNothingDoubted(on: Movies, version: number): Promise<void> {
  const row = seen(await on.get())
  if (row !== null) assertFresh(row, version, on.now)
}

/** Nothing up to this version may be shown as fresh. */
function assertFresh(row: Kept, doubted: number, now: number): void {
  if (row.expiresAt > now) expect(row.version).toBeGreaterThan(doubted)
}
