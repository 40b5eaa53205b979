import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { keepDerived } from '../../hosts/shared/derived.ts'
import type { Rig } from '../testing.fixture.ts'
import { make, rig } from './owned.fixture.ts'

async function rebuild(app: Rig, chunkRows: number): Promise<void> {
  const derived = app.tables.flatMap((table) => table.derived ?? [])
  await keepDerived(app.host, [], { log: () => {} })
  await keepDerived(app.host, derived, { log: () => {}, chunkRows })
}

const people = ['ann', 'bob', 'eve'] as const
const options = { members: 'memberIds', index: ['due'], search: 'title', softDelete: true }

const step = fc.tuple(
  fc.constantFrom('create', 'create', 'update', 'rm', 'erase', 'restore'),
  fc.nat(20),
  fc.subarray([...people, 'dan', 'joe']),
  fc.option(fc.nat(5), { nil: undefined }),
)

it('pointers made from the rows are those that were kept with them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30, size: 'max' }),
      fc.integer({ min: 1, max: 9 }),
      async (history, chunkRows) => {
        const app = rig(options)
        const ids: string[] = []
        for (const [what, at, memberIds, due] of history) {
          const ann = app.as('ann')
          const id = ids[at % Math.max(1, ids.length)] ?? 'task.none'
          if (what === 'create') ids.push((await make(ann, `t${at}`, { memberIds, due }))._id)
          else if (what === 'update') {
            await ann('task.update', { id, patch: { memberIds, due } }).catch(() => {})
          } else if (what === 'restore') await ann('task.restore', { id }).catch(() => {})
          else await ann('task.rm', { id, hard: what === 'erase' })
        }
        const kept = await app.stored('_members_task')
        await rebuild(app, chunkRows)
        expect(await app.stored('_members_task')).toEqual(kept)
      },
    ),
    { numRuns: 150 },
  )
})

it('one transaction of a rebuild writes about as many pointers as it may read rows', async () => {
  const app = rig(options)
  for (let at = 0; at < 20; at++) {
    await make(app.as('ann'), 'x', { memberIds: ['bob', 'eve', 'dan', 'joe'] })
  }
  const sizes: number[] = []
  await keepDerived(app.host, [], { log: () => {} })
  app.host.onCommit(({ changes }) => sizes.push(changes.length))
  await rebuild(app, 10)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(10 + 5 + 1)
  expect(await app.stored('_members_task')).toHaveLength(100)
})

it('rows that name too many people are refused in a sentence', async () => {
  const app = rig(options)
  await make(app.as('ann'), 'x', { memberIds: people })
  const strict = rig(options, { maxMembers: 2 }).tables.flatMap((table) => table.derived ?? [])
  await keepDerived(app.host, [], { log: () => {} })
  await expect(keepDerived(app.host, strict, { log: () => {} })).rejects.toThrow(
    `Table 'task': members cannot be built over the rows that are there: 'memberIds' may name at most 2 people.`,
  )
})
