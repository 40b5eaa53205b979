/**
 * Random histories: a step is a few small numbers, which mean something in the state that it meets. So any list of steps is a
 * history, any part of one as well, and a failure shrinks to the steps that matter and replays from a file.
 */
import * as fc from 'fast-check'
import { names } from '../world.ts'
import type { Model } from '../model/model.ts'

/** What to do, who does it, and three numbers to choose with. */
export type Step = readonly [what: number, who: number, a: number, b: number, c: number]

/** A call, its ids and times taken from the model; or a move of the clock. */
export type Planned =
  | { readonly path: string; readonly args: Record<string, unknown>; readonly who: string }
  | { readonly advance: number }

/** What calls of a history are given; each operation takes its own and knows what they are. */
export type Args = Readonly<Record<ArgName, never>>
type ArgName =
  | 'id'
  | 'ids'
  | 'parent'
  | 'key'
  | 'payload'
  | 'items'
  | 'patch'
  | 'unset'
  | 'hard'
  | 'seq'
  | 'field'
  | 'cost'
  | 'idempotencyKey'
  | 'expectedSeq'
  | 'expectedUpdatedAt'

type Plan = (model: Model, a: number, b: number, c: number) => [path: string, args: object] | number

export const history: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(fc.nat(999), fc.nat(19), fc.nat(19), fc.nat(19), fc.nat(19)),
  { minLength: 1, maxLength: 150, size: 'max' },
)

const people = [...names.slice(0, 4), 'system', 'nobody']
/** Whoever can do most is asked most. */
const actors = [...people, 'ann', 'ann', 'ann', 'bob', 'bob', 'bob', 'eve', 'eve', 'admin']

export function plan(model: Model, [what, who, a, b, c]: Step): Planned {
  const isReady = of(model, 'poll').filter(isLive).length > 1
  const all = isReady ? weighted : [weighted[0] as Plan]
  const planned = (all[what % all.length] as Plan)(model, a, b, c)
  if (typeof planned === 'number') return { advance: planned }
  const [path, args] = planned
  // Few histories would get anywhere if nobody had the right to.
  const isAnns = path === 'poll.create' || 'idempotencyKey' in args
  const entitled = path.startsWith('banner.') ? 'admin' : isAnns ? 'ann' : undefined
  const asked = who < 14 && entitled ? entitled : actors[who % actors.length]
  return { path, args: args as Record<string, unknown>, who: asked as string }
}

const of = (model: Model, table: string): Model['rows'] =>
  model.rows.filter((row) => row['table'] === table)
const isLive = (row: Model['rows'][number]): boolean => row['gone'] !== true
/** Mostly a recent row that is there, and now and then one that is gone. */
const pick = (model: Model, table: string, a: number): Model['rows'][number] | undefined => {
  const rows = of(model, table).filter((row) => a > 14 || isLive(row))
  return rows[Math.max(0, rows.length - 1 - (a % 3))]
}
const idIn = (model: Model, table: string, a: number): string =>
  pick(model, table, a)?._id ?? 'poll.none'
const goneIn = (model: Model, table: string, a: number): string => {
  const rows = of(model, table).filter((row) => a > 14 || !isLive(row))
  return rows[a % Math.max(1, rows.length)]?._id ?? 'poll.none'
}
const parent = (model: Model, a: number): string => idIn(model, 'poll', a)

/** No expectation, the right one, or a wrong one. */
const expected = (row: { updatedAt: number } | undefined, c: number): object => {
  if (c < 10) return {}
  if (c === 10) return { expectedUpdatedAt: 1 }
  return row === undefined ? {} : { expectedUpdatedAt: row.updatedAt }
}
const keyed = (c: number): object => (c < 8 ? { idempotencyKey: `k${c % 4}` } : {})
const isPublic = (b: number): object => (b % 3 === 0 ? { isPublic: true } : {})
const slug = (c: number): object => (c < 4 ? { slug: `s${c}` } : {})
const memberIds = (b: number): object => (b % 2 ? { memberIds: ['bob'] } : {})

const plans: readonly (readonly [weight: number, plan: Plan])[] = [
  [
    1,
    (_m, a, b, c) => [
      'poll.create',
      { payload: { title: `t${a}`, ...isPublic(b), ...memberIds(b), ...slug(c) } },
    ],
  ],
  [
    3,
    (m, a, b, c) => {
      const row = pick(m, 'poll', a)
      const unset = c === 5 ? { unset: ['slug'] } : {}
      return [
        'poll.update',
        {
          id: idIn(m, 'poll', a),
          patch: { rank: b, isPublic: b % 3 === 0, ...slug(c) },
          ...unset,
          ...expected(row, c),
        },
      ]
    },
  ],
  [1, (m, a, _b, c) => ['poll.rm', { id: idIn(m, 'poll', a), ...(c === 0 ? { hard: true } : {}) }]],
  [2, (m, a) => ['poll.restore', { id: goneIn(m, 'poll', a) }]],
  [1, (m, a) => ['poll.read', { id: idIn(m, 'poll', a) }]],
  [1, () => ['poll.list', {}]],
  [3, (m, a, b) => ['comment.create', { parent: parent(m, a), payload: { text: `c${b}` } }]],
  [
    2,
    (m, a, b, c) => [
      'comment.update',
      {
        id: idIn(m, 'comment', a),
        patch: { text: `d${b}` },
        ...expected(pick(m, 'comment', a), c),
      },
    ],
  ],
  [2, (m, a) => ['comment.rm', { id: idIn(m, 'comment', a) }]],
  [2, (m, a) => ['comment.restore', { id: goneIn(m, 'comment', a) }]],
  [1, (m, a) => ['comment.list', { parent: parent(m, a) }]],
  ...(['vote', 'event'] as const).flatMap(logPlans),
  ...(['banner', 'flag'] as const).flatMap(kvPlans),
  [
    3,
    (m, a, b, c) => {
      const row = m.at(`profile/${['ann', 'bob'][a % 2]}`)
      return [
        'profile.upsert',
        { payload: { name: `n${b}`, ...(c % 2 ? { bio: `b${c}` } : {}) }, ...expected(row, c) },
      ]
    },
  ],
  [1, () => ['profile.get', {}]],
  [4, (_m, a) => ['ballots.consume', a % 3 ? {} : { cost: (a % 4) + 1 }]],
  [1, (_m, a) => ['ballots.record', { cost: (a % 4) + 1 }]],
  [1, (_m, a) => ['ballots.check', { cost: (a % 4) + 1 }]],
  [
    8,
    (_m, a, b) =>
      (a < 10 ? [0, 1, 2, 7, 100][b % 5] : [500, 1_000, 9_999, 10_000, 20_000][b % 5]) as number,
  ],
  [2, (_m, a) => -[1, 50, 3_000, 15_000][a % 4]!],
]

function logPlans(log: 'vote' | 'event'): (readonly [number, Plan])[] {
  const payload = (b: number): object =>
    log === 'vote' ? { optionIdx: b % 4 } : { kind: ['start', 'stop', 'tick'][b % 3] }
  const last = (m: Model, a: number): number =>
    of(m, log)
      .filter((row) => row['parent'] === parent(m, a))
      .at(-1)?.['seq'] as number
  return [
    [
      8,
      (m, a, b, c) => {
        const end = c > 16 ? { expectedSeq: c === 17 ? 0 : (last(m, a) ?? 0) } : {}
        return [
          `${log}.append`,
          { parent: parent(m, a), payload: payload(c < 6 ? c % 4 : b), ...keyed(c), ...end },
        ]
      },
    ],
    [
      2,
      (m, a, b) => [
        `${log}.appendBulk`,
        { parent: parent(m, a), items: [payload(b), payload(b + 1)].slice(b % 2) },
      ],
    ],
    [
      3,
      (m, a, b, c) => [
        `${log}.update`,
        { id: idIn(m, log, a), patch: payload(b), ...expected(pick(m, log, a), c) },
      ],
    ],
    [3, (m, a, _b, c) => [`${log}.rm`, { id: idIn(m, log, a), ...(c < 5 ? { hard: true } : {}) }]],
    [1, (m, a, b) => [`${log}.rmBulk`, { ids: [idIn(m, log, a), idIn(m, log, b), 'vote.1.none'] }]],
    [2, (m, a) => [`${log}.purgeByParent`, { parent: parent(m, a) }]],
    [2, (m, a) => [`${log}.restoreByParent`, { parent: parent(m, a) }]],
    [1, (m, a) => [`${log}.list`, { parent: parent(m, a) }]],
    [1, (m, a, b) => [`${log}.listAfter`, { parent: parent(m, a), seq: b % 4 }]],
    [
      1,
      (m, a) => [
        `${log}.counts`,
        { parent: parent(m, a), field: log === 'vote' ? 'optionIdx' : 'kind' },
      ],
    ],
  ]
}

function kvPlans(kv: 'banner' | 'flag'): (readonly [number, Plan])[] {
  const key = (a: number): string => (kv === 'banner' ? 'banner' : `f${a % 3}`)
  return [
    [
      3,
      (m, a, b, c) => {
        const payload = kv === 'banner' ? { active: true, message: `m${b}` } : { on: b % 2 === 0 }
        const absent = c === 9 ? { expectedUpdatedAt: null } : expected(m.at(`${kv}/${key(a)}`), c)
        return [`${kv}.set`, { key: key(a), payload, ...absent }]
      },
    ],
    [2, (_m, a) => [`${kv}.rm`, { key: key(a) }]],
    [2, (_m, a) => [`${kv}.restore`, { key: key(a) }]],
    [1, (_m, a) => [`${kv}.get`, { key: key(a) }]],
  ]
}

const weighted: readonly Plan[] = plans.flatMap(([weight, each]) =>
  Array.from({ length: weight }, () => each),
)

/** What both must agree on when a history has ended: everything that can be read. */
export function everything(
  model: Model,
): { path: string; args: Record<string, unknown>; who: string }[] {
  const calls: [string, object][] = [
    ['poll.list', {}],
    ['banner.get', { key: 'banner' }],
  ]
  for (const key of ['f0', 'f1', 'f2']) calls.push(['flag.get', { key }])
  const asked = calls.map(([path, args]) => ({ path, args, who: 'system' }))
  for (const { _id } of of(model, 'poll')) {
    for (const who of ['system', 'ann', 'bob', 'eve', 'nobody']) {
      asked.push({ path: 'poll.read', args: { id: _id }, who })
      asked.push({ path: 'vote.listAfter', args: { parent: _id, seq: 0 }, who })
    }
    asked.push({ path: 'vote.counts', args: { parent: _id, field: 'optionIdx' }, who: 'system' })
    asked.push({ path: 'event.listAfter', args: { parent: _id, seq: 0 }, who: 'system' })
    asked.push({ path: 'event.counts', args: { parent: _id, field: 'kind' }, who: 'system' })
    asked.push({ path: 'comment.list', args: { parent: _id }, who: 'system' })
  }
  for (const who of ['ann', 'bob', 'eve', 'admin']) {
    asked.push({ path: 'profile.get', args: {}, who })
    asked.push({ path: 'ballots.check', args: {}, who })
  }
  return asked as never
}
