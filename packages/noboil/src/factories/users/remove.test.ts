import { describe, expect, it } from 'vitest'
import { array, number, object, string } from 'zod/v4'
import { makeChild, makeLog, makeOwned, makeSingleton } from '../../schema/define.ts'
import { buildChild } from '../child/build.ts'
import { buildLog } from '../log/build.ts'
import { buildOwned } from '../owned/build.ts'
import { buildSingleton } from '../singleton/build.ts'
import { codeOf, first, Rig } from '../testing.fixture.ts'

const { poll } = makeOwned({ poll: object({ question: string() }) })
const { comment } = makeChild({ comment: { parent: 'poll', schema: object({ text: string() }) } })
const { profile } = makeSingleton({ profile: object({ name: string() }) })
const { vote, strict } = makeLog({
  vote: {
    parent: 'poll',
    schema: object({
      option: number(),
      voter: string(),
      why: string().optional(),
      tags: array(string()),
      at: object({ place: string(), floor: number() }),
    }),
  },
  strict: { parent: 'poll', schema: object({ text: string().min(1) }) },
})

const full = {
  option: 1,
  voter: 'Bob',
  why: 'because',
  tags: ['x'],
  at: { place: 'home', floor: 2 },
}

async function world() {
  const app = new Rig((settings, users) => {
    const dependants = ['sweep:comment', 'sweep:vote', 'sweep:strict']
    const owned = buildOwned(poll, { softDelete: true, pub: true }, settings, users, dependants)
    return [
      owned,
      buildChild(comment, { create: 'readers' }, settings, owned.policy, users),
      buildLog(
        vote,
        { softDelete: true, withAuthor: true, counts: ['option', 'voter'] as never },
        settings,
        owned.policy,
        users,
      ),
      buildLog(strict, { softDelete: true }, settings, owned.policy, users),
      buildSingleton(profile, {}, settings),
    ]
  })
  for (const [id, name] of [
    ['ann', 'Ann'],
    ['bob', 'Bob'],
  ] as const)
    await app.addUser(id, name)
  const [ann, bob] = [app.as('ann'), app.as('bob')]
  const own = async (caller: typeof ann) =>
    (await caller<{ _id: string }>('poll.create', { payload: { question: 'q' } }))._id
  const [parent, his] = [await own(ann), await own(bob)]
  for (let at = 0; at < 3; at++) await own(bob)
  for (const caller of [ann, bob, bob, bob]) {
    await caller('comment.create', { parent, payload: { text: 'c' } })
    await caller('vote.append', { parent, payload: full })
    await caller('strict.append', { parent, payload: { text: 's' } })
  }
  await bob('vote.append', { parent, payload: full, idempotencyKey: 'k' })
  await ann('vote.append', { parent: his, payload: full })
  await bob('profile.upsert', { payload: { name: 'Bob' } })
  return { app, ann, bob, parent, his }
}

describe('removing a person', () => {
  it('takes what they own, softly where the table does, and keeps their log rows by "deleted"', async () => {
    const { app, ann, parent, his } = await world()
    expect(await app.server('users.remove', { userId: 'bob' })).toEqual({ removed: true })
    await app.settle()
    expect((await app.nobody<{ page: object[] }>('poll.pub.list', first(9))).page).toHaveLength(1)
    expect((await app.stored('poll')).filter((row) => row['deletedAt'] !== undefined)).toHaveLength(
      4,
    )
    expect(await app.stored('comment')).toMatchObject([{ userId: 'ann' }])
    expect(await app.stored('profile')).toEqual([])
    const { page } = await ann<{ page: { author: object }[] }>('vote.list', { parent, ...first(9) })
    expect(page.map((row) => row.author)).toEqual([
      ...Array.from({ length: 4 }, () => ({ _id: 'bob', name: 'deleted', image: null })),
      { _id: 'ann', name: 'Ann', image: null },
    ])
    await app.server('poll.restore', { id: his })
    expect(
      (await ann<{ page: object[] }>('vote.list', { parent: his, ...first(9) })).page,
    ).toHaveLength(1)
    expect(await app.server('users.remove', { userId: 'bob' })).toEqual({ removed: false })
  })

  it('erasing removes for good and clears payloads, but keeps every seq that the schema lets it keep', async () => {
    const { app, ann, bob, parent, his } = await world()
    await app.server('users.remove', { userId: 'bob', erase: true })
    await app.settle()
    expect(await app.stored('poll')).toMatchObject([{ _id: parent }])
    expect((await app.stored('vote')).filter((row) => row['parent'] === his)).toEqual([])
    expect((await app.stored('_logCounters')).filter((row) => row['parent'] === his)).toEqual([])

    const { page } = await ann<{ page: object[] }>('vote.list', { parent, ...first(9) })
    const cleared = { option: 1, voter: '', tags: [], at: { place: '', floor: 2 } }
    expect(page).toMatchObject(
      [5, 4, 3, 2].map((seq) => ({ seq, ...cleared })).concat([{ seq: 1, ...full } as never]),
    )
    for (const row of page.slice(0, 4)) {
      expect(row).not.toHaveProperty('why')
      expect(row).not.toHaveProperty('idempotencyKey')
    }
    expect(await ann('vote.counts', { parent, field: 'option' })).toEqual({ 1: 5 })
    expect(await ann('vote.counts', { parent, field: 'voter' })).toEqual({ '': 4, Bob: 1 })

    expect(await app.stored('strict')).toMatchObject([{ seq: 1, userId: 'ann' }])
    expect(await bob('strict.append', { parent, payload: { text: 'next' } })).toEqual({
      seq: 5,
      created: true,
    })
    expect(await ann('strict.purgeByParent', { parent })).toEqual({ deleted: 2 })
    expect(await ann('strict.restoreByParent', { parent })).toEqual({ restored: 2 })
  })

  it('may be started again at any time', async () => {
    const { app, ann, parent } = await world()
    await app.server('users.remove', { userId: 'bob', erase: true })
    await app.server('users.remove', { userId: 'bob', erase: true })
    await app.settle()
    expect(await ann('vote.counts', { parent, field: 'option' })).toEqual({ 1: 5 })
    expect(await codeOf(app.server('users.remove', {}))).toBe('VALIDATION_FAILED')
  })
})
