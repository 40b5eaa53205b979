/**
 * Rules that hold for every input, tried with many: exact windows, lists that nothing widens, ids that tell nothing.
 */
import * as fc from 'fast-check'
import { errorData } from 'noboil/errors'
import { expect } from 'vitest'
import { s } from '../app.ts'
import { comment, memo, poll, shared } from '../fixture.ts'
import { operations, type Prepare } from '../operations.ts'
import { type AnyRow, firstPage, type Page, type Who, type World } from '../world.ts'
import { type Case, cases } from './case.ts'

const { limit, durationMs } = s.ballots

interface State {
  readonly allowed: boolean
  readonly remaining: number
  readonly retryAfter?: number
}

type Use = readonly [afterMs: number, how: 'consume' | 'check', cost: number]

const use: fc.Arbitrary<Use> = fc.tuple(
  fc.oneof(
    { weight: 4, arbitrary: fc.nat(3_000) },
    { weight: 2, arbitrary: fc.constantFrom(0, 1, durationMs - 1, durationMs, durationMs + 1) },
    { weight: 1, arbitrary: fc.integer({ min: -20_000, max: -1 }) },
  ),
  fc.constantFrom('consume', 'consume', 'check'),
  fc.integer({ min: 1, max: limit }),
)

/** Whoever is let in is written down; the windows are then counted by hand. */
async function expectExact(w: World, owner: string, uses: readonly Use[]): Promise<void> {
  const admitted: { at: number; cost: number }[] = []
  const ask = (how: string, cost: number): Promise<State> =>
    w.call<State>(`ballots.${how}`, { owner, cost }, 'system')
  for (const [afterMs, how, cost] of uses) {
    await w.advance(afterMs)
    const state = await ask(how, cost)
    // A clock that went back frees nothing: a use counts from the latest time that there was.
    const at = Math.max(w.now, admitted.at(-1)?.at ?? 0)
    if (state.allowed && how === 'consume') admitted.push({ at, cost })
    if (state.allowed) continue
    const { retryAfter } = state as { retryAfter: number }
    await w.advance(retryAfter - 1)
    expect(await ask('check', cost)).toMatchObject({ allowed: false, retryAfter: 1 })
    await w.advance(1)
    expect(await ask('check', cost)).toMatchObject({ allowed: true })
  }
  for (const { at: from } of admitted) {
    const inside = admitted.filter(({ at }) => at >= from && at < from + durationMs)
    expect(inside.reduce((sum, { cost }) => sum + cost, 0)).toBeLessThanOrEqual(limit)
  }
}

const windows: readonly Case[] = cases({
  'ballots.consume': {
    limited: {
      'admits no more than the limit in any window, and retryAfter is exact, for random times and costs':
        async (w) => {
          let run = 0
          await fc.assert(
            fc.asyncProperty(fc.array(use, { minLength: 1, maxLength: 25 }), (uses) =>
              expectExact(w, `owner ${run++}`, uses),
            ),
            { numRuns: 40 },
          )
        },
    },
  },
})

const hostile = fc.constantFrom<unknown>(
  0,
  1,
  -1,
  1e308,
  '',
  'x',
  true,
  false,
  null,
  [],
  {},
  ['x'],
  '%',
  "' OR 1=1 --",
  '*',
  '"',
  '\uffff',
)

/** Filters as a client may send them: mostly nonsense, some of it served by an index. */
const filter = (ids: readonly string[]): fc.Arbitrary<object> => {
  const names = fc.constantFrom(
    'userId',
    '_id',
    'memberIds',
    'isPublic',
    'rank',
    'status',
    'low',
    'due',
    'done',
    'deletedAt',
    'parent',
    'title',
    'state',
    'area',
    'user',
    'row',
    '$or',
    'or',
    'own',
    '__proto__',
    'constructor',
    '1=1; --',
    '"',
  )
  const value = fc.oneof(hostile, fc.constantFrom(...ids), fc.integer({ min: -3, max: 3 }))
  const comparison = fc.dictionary(
    fc.constantFrom('$gt', '$gte', '$lt', '$lte', '$between', '$ne', '$in', '$or', '$not'),
    fc.oneof(value, fc.tuple(value, value)),
    { maxKeys: 2 },
  )
  const served = fc.oneof(
    fc.record({
      rank: fc.oneof(
        fc.integer({ min: -2, max: 4 }),
        fc.record({ $gte: fc.integer({ min: -3, max: 3 }) }),
      ),
    }),
    fc.record({ low: fc.integer({ min: -2, max: 4 }) }),
    fc.record({ area: fc.constantFrom('home', 'x') }),
    fc.record({ due: fc.record({ $lt: fc.integer() }) }),
  )
  return fc.oneof(served, fc.dictionary(names, fc.oneof(value, comparison), { maxKeys: 3 }))
}

const lists = [
  'poll.list',
  'poll.auth.list',
  'poll.pub.list',
  'memo.list',
  'memo.auth.list',
  'page.list',
  'page.pub.list',
  'task.list',
  'task.auth.list',
  'comment.list',
  'comment.auth.list',
  'comment.pub.list',
  'poll.search',
  'poll.auth.search',
  'poll.pub.search',
  'comment.search',
  'comment.pub.search',
  'event.search',
] as const

/** What eve may see: ids of rows that are hers, shared with her, or public. */
interface Estate {
  readonly visible: ReadonlySet<string>
  readonly ids: readonly string[]
  readonly parents: readonly string[]
  readonly cursors: readonly string[]
}

async function settleEstate(w: World): Promise<Estate> {
  const hers = await poll(w, { title: 'x', rank: 1 }, 'eve')
  const toHer = await poll(w, { title: 'x', rank: 2, members: ['eve'] })
  const open = await poll(w, { title: 'x', rank: 3, isPublic: true })
  const closed = [
    await shared(w, { title: 'x', rank: 1 }),
    await poll(w, { title: 'x', rank: 2 }, 'bob'),
  ]
  const removed = await poll(w, { title: 'x', rank: 2, isPublic: true })
  const visible = [hers, toHer, open]
  const hidden: string[] = [...closed, removed]
  for (const parent of [...visible, ...hidden]) {
    const rows = [await comment(w, parent, 'system', 'x')]
    rows.push(await w.call('task.create', { parent, payload: { label: 'x', due: 1 } }, 'system'))
    await w.call('event.append', { parent, payload: { kind: 'tick', body: 'x' } }, 'system')
    const [event] = await w.call<AnyRow[]>('event.listAfter', { parent, seq: 0 }, 'system')
    rows.push(event as AnyRow)
    const shelf = visible.includes(parent) ? visible : hidden
    shelf.push(...rows.map((row) => row._id))
  }
  await w.call('poll.rm', { id: removed }, 'ann')
  visible.push((await memo(w, { low: 1 }, 'eve'))._id)
  hidden.push((await memo(w, { low: 1 }))._id)
  for (const state of ['draft', 'published']) {
    const { _id } = await w.call('page.create', { payload: { title: state, state } }, 'ann')
    ;(state === 'published' ? visible : hidden).push(_id)
  }
  const cursors: string[] = []
  for (const path of ['poll.list', 'poll.auth.list', 'memo.list', 'page.list', 'poll.pub.list']) {
    for (const who of ['ann', 'bob', 'system'] as const) {
      cursors.push((await w.call<Page>(path, { paginationOpts: firstPage(1) }, who)).continueCursor)
    }
  }
  const ids = [...Object.values(w.ids), ...hidden]
  return {
    visible: new Set(visible),
    ids,
    parents: [hers, toHer, open, ...closed, removed],
    cursors,
  }
}

const query = ({ ids, parents, cursors }: Estate): fc.Arbitrary<object> =>
  fc.record(
    {
      parent: fc.oneof(fc.constantFrom(...parents), hostile),
      query: fc.constantFrom('x', '', 'x*', '"x"', 'x OR y', 'userId:x', '*'),
      where: filter(ids),
      orderBy: fc.constantFrom('rank', 'low', 'due', 'area', 'userId', '_id', 'title', '1; --'),
      order: fc.constantFrom('asc', 'desc', 'up'),
      paginationOpts: fc.record({
        numItems: fc.constantFrom(1, 50, 1_000, -1, 1e9),
        cursor: fc.oneof(
          { weight: 3, arbitrary: fc.constant(null) },
          fc.constantFrom(...cursors),
          hostile,
        ),
      }),
      own: fc.boolean(),
      or: fc.array(filter(ids), { maxLength: 2 }),
      userId: fc.constantFrom(...ids),
    },
    { requiredKeys: [] },
  )

/** Leaves out what a list does not take, mostly, so that most queries are more than malformed. */
function fit(path: string, given: Record<string, unknown>, isStrict: boolean): object {
  if (!isStrict) return given
  const isChild = /^(task|comment|event)\./.test(path)
  const takes = path.endsWith('search')
    ? ['query']
    : ['where', 'orderBy', 'order', 'paginationOpts']
  const fitting = Object.entries(given).filter(([name]) =>
    (isChild ? [...takes, 'parent'] : takes).includes(name),
  )
  const defaults = path.endsWith('search') ? { query: 'x' } : { paginationOpts: firstPage() }
  return { ...defaults, ...Object.fromEntries(fitting) }
}

const widening: readonly Case[] = cases({
  'poll.list': {
    invisible: {
      'shows eve nothing that she may not see, whatever she sends to any list or search': async (
        w,
      ) => {
        const estate = await settleEstate(w)
        let shown = 0
        const property = fc.asyncProperty(
          fc.constantFrom(...lists),
          query(estate),
          fc.constantFrom<Who>('eve', 'eve', 'nobody'),
          fc.nat(9),
          async (path, given, who, strictness) => {
            const args = fit(path, given as Record<string, unknown>, strictness > 0)
            const rows = await rowsOf(w, path, args, who)
            shown += rows.length
            for (const row of rows)
              expect([estate.visible.has(row._id), path, row]).toEqual([true, path, row])
          },
        )
        await fc.assert(property, { numRuns: 1_500 })
        expect(shown).toBeGreaterThan(100)
      },
    },
  },
})

/** What was shown; a refusal shows nothing, but must be one that clients are promised. */
async function rowsOf(w: World, path: string, args: object, who: Who): Promise<readonly AnyRow[]> {
  try {
    const answer = await w.call<Page | AnyRow[]>(path, args, who)
    return 'page' in answer ? answer.page : answer
  } catch (error) {
    expect(['VALIDATION_FAILED', 'INVALID_CURSOR', 'LIMIT_EXCEEDED', 'UNSUPPORTED']).toContain(
      errorData(error)?.code ?? error,
    )
    return []
  }
}

/** Removes what arguments name, for good. */
async function erase(w: World, path: string, args: Record<string, unknown>): Promise<void> {
  const table = path.split('.')[0] as keyof typeof s
  const named = s[table]
  const { parent, id, ids, items } = args as {
    parent?: string
    id?: string
    ids?: string[]
    items?: { id?: string }[]
  }
  if (parent !== undefined && 'parent' in named) {
    await w.call(`${named.parent}.rm`, { id: parent, hard: true }, 'system')
  }
  for (const each of [id, ...(ids ?? []), ...(items ?? []).map((item) => item.id)]) {
    if (each !== undefined) await w.call(`${table}.rm`, { id: each, hard: true }, 'system')
  }
  await w.host.idle()
}

/** The whole of an answer, or of a refusal with its sentence. */
async function told(w: World, path: string, args: object, who: Who): Promise<unknown> {
  try {
    return { answer: await w.call(path, args, who) }
  } catch (error) {
    return { refusal: errorData(error) ?? error }
  }
}

const naming = [...operations].filter(
  ([path]) =>
    /^(poll|vote|comment|task|event|memo|entry)\./.test(path) &&
    !/^(poll|memo)\.(create|createBulk|(auth\.|pub\.)?(list|search))$/.test(path),
)

const secrecy: readonly Case[] = naming.map(([path, prepare]: [string, Prepare]) => ({
  on: path,
  kind: 'invisible',
  rule: 'tells of what one may not see exactly what it tells of what is not there',
  run: async (world) => {
    const hidden = (await prepare(world, { isPublic: false })) as Record<string, unknown>
    await world.advance(120_000)
    const missing = (await prepare(world, { isPublic: false })) as Record<string, unknown>
    await erase(world, path, missing)
    for (const who of ['eve', 'nobody'] as const) {
      expect(await told(world, path, hidden, who)).toEqual(await told(world, path, missing, who))
    }
  },
}))

export const randomCases: readonly Case[] = [...windows, ...widening, ...secrecy]
