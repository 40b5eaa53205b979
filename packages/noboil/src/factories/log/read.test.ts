import { describe, expect, it } from 'vitest'
import { type Caller, codeOf, first } from '../testing.fixture.ts'
import { type Shown, append, makePoll, ready, rig, seqs, tail } from './log.fixture.ts'

describe('reads', () => {
  it('list is newest first by pages, listAfter oldest first after a seq', async () => {
    const { ann, parent } = await ready({}, 5)
    const one = await ann<{ page: Shown[]; continueCursor: string }>('vote.list', {
      parent,
      ...first(2),
    })
    expect(one.page.map((row) => row.seq)).toEqual([5, 4])
    await append(ann, parent)
    const two = await ann<{ page: Shown[]; isDone: boolean }>('vote.list', {
      parent,
      ...first(9, one.continueCursor),
    })
    expect([two.page.map((row) => row.seq), two.isDone]).toEqual([[3, 2, 1], true])
    expect(
      (await ann<Shown[]>('vote.listAfter', { parent, seq: 2, limit: 2 })).map((row) => row.seq),
    ).toEqual([3, 4])
    for (const limit of [0, -1, 1.5]) {
      expect(await codeOf(ann('vote.listAfter', { parent, seq: 0, limit }))).toBe(
        'VALIDATION_FAILED',
      )
    }
    expect(await codeOf(ann('vote.listAfter', { parent, seq: 0, limit: 1_001 }))).toBe(
      'LIMIT_EXCEEDED',
    )
  })

  it('are for the parent’s readers flat, its owner by auth, everybody by pub', async () => {
    const app = rig({ pub: 'isOpen', search: 'why', counts: ['option'] })
    const ann = app.as('ann')
    const [hidden, open] = [
      await makePoll(ann, { memberIds: ['bob'] }),
      await makePoll(ann, { isOpen: true }),
    ]
    for (const parent of [hidden, open]) await append(ann, parent, { option: 1, why: 'because' })
    const sees = async (caller: Caller, group: string) => {
      const seen: boolean[] = []
      for (const parent of [hidden, open]) {
        const answers = [
          await seqs(caller, parent, `vote.${group}listAfter`),
          (await caller<{ page: [] }>(`vote.${group}list`, { parent, ...first(9) })).page,
          await caller<[]>(`vote.${group}search`, { parent, query: 'bec' }),
          Object.keys(await caller(`vote.${group}counts`, { parent, field: 'option' })),
          (await caller(`vote.${group}read`, { id: `vote.1.${parent}` })) === null ? [] : [1],
        ].map((answer) => answer.length === 1)
        expect(new Set(answers).size).toBe(1)
        seen.push(answers[0] as boolean)
      }
      return seen
    }
    const all = async (caller: Caller) => [
      await sees(caller, ''),
      await sees(caller, 'auth.'),
      await sees(caller, 'pub.'),
    ]
    const [both, onlyOpen, none] = [
      [true, true],
      [false, true],
      [false, false],
    ]
    expect(await all(ann)).toEqual([both, both, onlyOpen])
    expect(await all(app.as('bob'))).toEqual([both, none, onlyOpen])
    for (const caller of [app.as('cat'), app.nobody, app.as('root', 'admin')]) {
      expect(await all(caller)).toEqual([onlyOpen, none, onlyOpen])
    }
    expect(await ann('vote.authIndexed', { parent: hidden, indexBy: 'option' })).toMatchObject({
      1: [{ seq: 1 }],
    })
    expect(await app.nobody('vote.pubIndexed', { parent: hidden, indexBy: 'option' })).toEqual({})
    expect(await app.nobody('vote.pubIndexed', { parent: open, indexBy: 'option' })).toMatchObject({
      1: [{ seq: 1 }],
    })
  })

  it('a log without pub has no pub', () => {
    expect(rig().tables[1]?.operations).not.toHaveProperty('pub')
  })

  it('search finds the beginnings of every word, newest first', async () => {
    const { ann, parent } = await ready({ search: 'why' })
    for (const why of ['Red apples', 'green APPLES', 'red pears'])
      await append(ann, parent, { option: 1, why })
    const find = async (query: string) =>
      (await ann<Shown[]>('vote.search', { parent, query })).map((row) => row.seq)
    expect([await find('app'), await find('re app'), await find('  '), await find('pple')]).toEqual(
      [[2, 1], [1], [], []],
    )
    expect(await codeOf(find('x'.repeat(1_001)))).toBe('LIMIT_EXCEEDED')
  })

  it('authIndexed groups up to its limit', async () => {
    const { ann, parent } = await ready({}, 4, { maxIndexedRows: 4 })
    const groups = await ann<Record<string, Shown[]>>('vote.authIndexed', {
      parent,
      indexBy: 'option',
    })
    expect(Object.entries(groups).map(([value, rows]) => [value, rows.length])).toEqual([
      ['0', 2],
      ['1', 1],
      ['2', 1],
    ])
    await append(ann, parent)
    expect(await codeOf(ann('vote.authIndexed', { parent, indexBy: 'option' }))).toBe(
      'LIMIT_EXCEEDED',
    )
    expect(await codeOf(ann('vote.authIndexed', { parent, indexBy: 'seq' }))).toBe(
      'VALIDATION_FAILED',
    )
  })

  it('join the author, who is called "deleted" when gone', async () => {
    const { app, ann, bob, parent } = await ready({ withAuthor: true })
    await app.addUser('ann', 'Ann')
    await append(ann, parent)
    await append(bob, parent)
    expect(
      (await tail(ann, parent)).map(
        (row) => (row as never as { author: { name: string } }).author.name,
      ),
    ).toEqual(['Ann', 'deleted'])
  })

  it('an append does not disturb what a read looked at besides its rows', async () => {
    const { app, ann, parent } = await ready({}, 1)
    await tail(ann, parent)
    const looked = app.reads.map(({ request }) => [
      request.table.name,
      'fields' in request ? request.fields : undefined,
    ])
    expect(looked).toEqual([
      ['poll', expect.arrayContaining(['userId', 'deletedAt', 'isPublic', 'memberIds'])],
      ['_logCounters', ['purgedThrough', 'epoch', 'restoredAt']],
      ['vote', undefined],
    ])
  })
})

describe('definitions that cannot be', () => {
  it('are refused with a sentence', () => {
    expect(() => rig({ pub: 'question' })).toThrow(
      `pub names 'question', which is not a boolean field of 'poll'`,
    )
    expect(() => rig({ search: 'option' })).toThrow('not a text field')
    expect(() => rig({ counts: ['nope'] })).toThrow('not a field')
  })
})
