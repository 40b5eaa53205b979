import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { keepDerived } from '../../hosts/shared/derived.ts'
import { insert } from '../../program/program.ts'
import type { Rig } from '../testing.fixture.ts'
import { append, makePoll, ready, rig } from './log.fixture.ts'
import { countsLayout, type CountsRow } from './rows.ts'

/** What is counted, without what counts nothing. */
async function counted(app: Rig): Promise<object> {
  const rows = (await app.stored('_logCounts')) as unknown as readonly CountsRow[]
  const some = rows.flatMap(({ parent, live, total }) =>
    Object.values(total).some((values) => Object.keys(values).length > 0)
      ? [[parent, { live: filled(live), total: filled(total) }]]
      : [],
  )
  return Object.fromEntries(some) as object
}

const filled = (totals: CountsRow['live']): object =>
  Object.fromEntries(Object.entries(totals).filter(([, values]) => Object.keys(values).length > 0))

/** Makes all derived rows from nothing, as a host does that knows of none. */
async function rebuild(app: Rig, chunkRows: number): Promise<void> {
  const derived = app.tables.flatMap((table) => table.derived ?? [])
  await keepDerived(app.host, [], { log: () => {} })
  await keepDerived(app.host, derived, { log: () => {}, chunkRows })
}

type Step = readonly [what: number, who: number, poll: number, value: number]

async function take(app: Rig, polls: string[], [what, who, poll, value]: Step): Promise<void> {
  const caller = app.as(['ann', 'bob'][who % 2] as string)
  const parent = polls[poll % polls.length] as string
  const rows = (await app.stored('vote')).filter((row) => row['parent'] === parent)
  const id = rows[value % Math.max(1, rows.length)]?.['_id'] ?? 'vote.1.none'
  const kinds: (() => Promise<unknown>)[] = [
    () => append(caller, parent, { option: value % 3, voter: `v${value % 2}` }),
    () => append(caller, parent, { option: value % 2 }),
    () => caller('vote.update', { id, patch: { option: value % 4 } }),
    () => caller('vote.rm', { id, hard: value % 3 === 0 }),
    () => app.as('ann')('vote.purgeByParent', { parent }),
    () => app.as('ann')('vote.restoreByParent', { parent }),
    () => app.as('ann')('poll.rm', { id: parent, hard: value % 2 === 0 }),
    () => app.settle(),
    async () => polls.push(await makePoll(app.as('ann'), { isPublic: true })),
  ]
  await kinds[what % kinds.length]?.().catch(() => {})
}

const steps = fc.array(fc.tuple(fc.nat(11), fc.nat(3), fc.nat(3), fc.nat(11)), {
  maxLength: 40,
  size: 'max',
})

for (const softDelete of [true, false]) {
  it(`counts made from the rows are those that were kept with them, ${softDelete ? 'with' : 'without'} soft delete`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 9 }), async (history, chunkRows) => {
        const app = rig({ counts: ['option', 'voter'], softDelete }, { softDelete: true })
        const polls = [await makePoll(app.as('ann'), { isPublic: true })]
        for (const step of history) await take(app, polls, step)
        const kept = await counted(app)
        await rebuild(app, chunkRows)
        expect(await counted(app)).toEqual(kept)
      }),
      { numRuns: 150 },
    )
  })
}

it('counts of another log are left alone', async () => {
  const { app, ann, parent } = await ready({ counts: ['option'] }, 3)
  const other = { table: 'other', parent, live: { option: { 1: 7 } }, total: { option: { 1: 7 } } }
  await app.write(function* () {
    yield* insert(countsLayout, other)
  })
  await rebuild(app, 2)
  expect(await app.stored('_logCounts')).toContainEqual(other)
  expect(await ann('vote.counts', { parent, field: 'option' })).toEqual({ 0: 1, 1: 1, 2: 1 })
})

it('counts that rows do not allow are refused in a sentence', async () => {
  const { app } = await ready({ counts: ['voter'] }, 3, { maxCountedValues: 3 })
  const strict = rig({ counts: ['voter'] }, {}, { maxCountedValues: 2 })
  const derived = strict.tables.flatMap((table) => table.derived ?? [])
  await keepDerived(app.host, [], { log: () => {} })
  await expect(keepDerived(app.host, derived, { log: () => {} })).rejects.toThrow(
    `Table 'vote': counts cannot be built over the rows that are there: 'voter' is counted, and would have more than 2 different values here.`,
  )
})

it('a value is counted whatever it is called', async () => {
  const app = rig({ counts: ['voter'] }, {})
  const parent = await makePoll(app.as('ann'), { isPublic: true })
  const names = ['__proto__', 'constructor', '', '\u2603']
  for (const voter of [...names, ...names])
    await append(app.as('ann'), parent, { option: 0, voter })
  const counts = await app.as('ann')('vote.counts', { parent, field: 'voter' })
  expect(Object.entries(counts as object)).toEqual(names.map((name) => [name, 2]))
})
