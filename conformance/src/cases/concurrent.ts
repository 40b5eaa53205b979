/**
 * Many callers at once, on a clock that stands still: every write of a round shares its millisecond.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'vitest'
import { append, memo, poll, seqs, shared, tail, task, upTo, vote } from '../fixture.ts'
import { type AnyRow, refusalOf, type Refusal, type Who, type World } from '../world.ts'
import { type Case, cases } from './case.ts'

/** One row that many write to: who compares and sets it, and how it goes and comes back. */
interface Cell {
  read(): Promise<AnyRow | null>
  write(value: number, expectedUpdatedAt: number): Promise<AnyRow>
  valueOf(row: AnyRow): number
  remove?(): Promise<unknown>
  restore?(): Promise<unknown>
}

async function settle<result>(
  calls: readonly Promise<result>[],
): Promise<{ done: result[]; refused: Refusal[] }> {
  const settled = await Promise.allSettled(calls)
  return {
    done: settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
    refused: settled.flatMap((each) =>
      each.status === 'rejected' ? [refusalOf(each.reason)] : [],
    ),
  }
}

const writers = upTo(8)

/** Of eight writers that saw the same row one wins, the others learn what is there now; nothing that was written is lost. */
async function expectLinear(cell: Cell): Promise<void> {
  for (const round of upTo(4)) {
    const seen = (await cell.read()) as AnyRow
    const { done, refused } = await settle(
      writers.map((writer) => cell.write(10 * round + writer, seen.updatedAt)),
    )
    expect(done).toHaveLength(1)
    const winner = done[0] as AnyRow
    expect(refused).toEqual(
      writers.slice(1).map(() => ({ code: 'CONFLICT', data: { updatedAt: winner.updatedAt } })),
    )
    expect(winner.updatedAt).toBeGreaterThan(seen.updatedAt)
    expect(await cell.read()).toMatchObject({ updatedAt: winner.updatedAt })
    if (cell.remove === undefined) continue
    await cell.remove()
    await cell.restore?.()
    const stale = await settle([cell.write(0, winner.updatedAt)])
    expect(stale.refused.map(({ code }) => code)).toEqual(['CONFLICT'])
  }
  const start = await reset(cell)
  await Promise.all(writers.map((writer) => countUp(cell, writer % 3)))
  const total = writers.reduce((sum, writer) => sum + (writer % 3), 0)
  expect(cell.valueOf((await cell.read()) as AnyRow) - start).toBe(total)
}

async function reset(cell: Cell): Promise<number> {
  const row = (await cell.read()) as AnyRow
  return cell.valueOf(await cell.write(0, row.updatedAt))
}

/** Adds one, `times` times, the way a careful client does: again after every conflict. */
async function countUp(cell: Cell, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const row = (await cell.read()) as AnyRow
    const { refused } = await settle([cell.write(cell.valueOf(row) + 1, row.updatedAt)])
    if (refused.length === 0) done++
    else expect(refused[0]?.code).toBe('CONFLICT')
  }
}

const read = (w: World, path: string, args: object, who: Who): Promise<AnyRow | null> =>
  w.call<AnyRow | null>(path, args, who)

const races: readonly Case[] = cases({
  'flag.set': {
    conflicting: {
      'lets one of eight writers win that saw the same row, also after it was removed': async (
        w,
      ) => {
        const set = (value: number, more: object = {}): Promise<AnyRow> =>
          w.call('flag.set', { key: 'k', payload: { on: true, why: `${value}` }, ...more }, 'eve')
        await set(0)
        await expectLinear({
          read: () => read(w, 'flag.get', { key: 'k' }, 'eve'),
          write: (value, expectedUpdatedAt) => set(value, { expectedUpdatedAt }),
          valueOf: (row) => Number(row['why']),
          remove: () => w.call('flag.rm', { key: 'k' }, 'eve'),
          restore: () => set(0),
        })
      },
      'lets one of eight writers win that saw nothing there': async (w) => {
        const args = { key: 'new', payload: { on: true }, expectedUpdatedAt: null }
        const { done, refused } = await settle(writers.map(() => w.call('flag.set', args, 'eve')))
        expect(done).toHaveLength(1)
        expect(refused.map(({ code }) => code)).toEqual(writers.slice(1).map(() => 'CONFLICT'))
      },
    },
  },
  'poll.update': {
    conflicting: {
      'lets one of eight writers win that saw the same row, also after it was removed and restored':
        async (w) => {
          const id = await poll(w)
          await expectLinear({
            read: () => read(w, 'poll.read', { id }, 'ann'),
            write: (rank, expectedUpdatedAt) =>
              w.call('poll.update', { id, patch: { rank }, expectedUpdatedAt }, 'ann'),
            valueOf: (row) => row['rank'] as number,
            remove: () => w.call('poll.rm', { id }, 'ann'),
            restore: () => w.call('poll.restore', { id }, 'ann'),
          })
        },
    },
  },
  'task.update': {
    conflicting: {
      'lets one of eight writers win that saw the same row': async (w) => {
        const { _id: id } = await task(w, await poll(w), 'a', { due: 0 })
        await expectLinear({
          read: () => read(w, 'task.read', { id }, 'ann'),
          write: (due, expectedUpdatedAt) =>
            w.call('task.update', { id, patch: { due }, expectedUpdatedAt }, 'ann'),
          valueOf: (row) => row['due'] as number,
        })
      },
    },
  },
  'vote.update': {
    conflicting: {
      'lets one of eight writers win that saw the same row, also after a purge and a restore':
        async (w) => {
          const parent = await shared(w)
          const { _id: id } = await vote(w, parent)
          await expectLinear({
            read: () => read(w, 'vote.read', { id }, 'bob'),
            write: (optionIdx, expectedUpdatedAt) =>
              w.call('vote.update', { id, patch: { optionIdx }, expectedUpdatedAt }, 'bob'),
            valueOf: (row) => row['optionIdx'] as number,
            remove: () => w.call('vote.purgeByParent', { parent }, 'ann'),
            restore: () => w.call('vote.restoreByParent', { parent }, 'ann'),
          })
        },
    },
  },
  'draft.upsert': {
    conflicting: {
      'lets one of eight writers win that saw the same row': async (w) => {
        await w.call('draft.upsert', { payload: { text: '0' } }, 'ann')
        await expectLinear({
          read: () => read(w, 'draft.get', {}, 'ann'),
          write: (value, expectedUpdatedAt) =>
            w.call('draft.upsert', { payload: { text: `${value}` }, expectedUpdatedAt }, 'ann'),
          valueOf: (row) => Number(row['text']),
        })
      },
    },
  },
  'vote.append': {
    conflicting: {
      'with expectedSeq, lets one of eight writers win that saw the same end': async (w) => {
        const parent = await shared(w)
        for (const end of [0, 1, 2]) {
          const args = { parent, payload: { optionIdx: 0 }, expectedSeq: end }
          const { done, refused } = await settle(
            writers.map(() => w.call('vote.append', args, 'bob')),
          )
          expect(done).toEqual([{ seq: end + 1, created: true }])
          expect(refused).toEqual(
            writers.slice(1).map(() => ({ code: 'CONFLICT', data: { seq: end + 1 } })),
          )
        }
      },
    },
  },
  'poll.create': {
    conflicting: {
      'lets one of eight writers have a value that may not repeat': async (w) => {
        const args = { payload: { title: 'x', slug: 'tea' } }
        const { done, refused } = await settle(
          writers.map(() => w.call('poll.create', args, 'ann')),
        )
        expect(done).toHaveLength(1)
        expect(refused.map(({ code }) => code)).toEqual(writers.slice(1).map(() => 'DUPLICATE'))
      },
    },
  },
  'event.append': {
    limited: {
      'lets as many of twenty callers at once through as the limit says': async (w) => {
        const parent = await shared(w)
        const args = { parent, payload: { kind: 'tick' } }
        const { done, refused } = await settle(
          upTo(20).map(() => w.call('event.append', args, 'bob')),
        )
        expect(done).toHaveLength(3)
        expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['RATE_LIMITED']))
        expect(await seqs(w, 'event', parent)).toEqual([1, 2, 3])
      },
    },
  },
  'ballots.consume': {
    limited: {
      'lets as many of twenty callers at once through as the limit says': async (w) => {
        const { done } = await settle(upTo(20).map(() => w.call('ballots.consume', {}, 'ann')))
        expect(done.filter((state) => state['allowed'])).toHaveLength(3)
      },
    },
  },
})

const numbers = (answer: { seq?: number; firstSeq?: number; count?: number }): number[] =>
  answer.seq === undefined
    ? upTo(answer.count as number).map((n) => n - 1 + (answer.firstSeq as number))
    : [answer.seq]

const order: readonly Case[] = cases({
  'entry.append': {
    conflicting: {
      'gives every number once and leaves none out, whatever fails or is removed meanwhile': async (
        w,
      ) => {
        const { _id: parent } = await memo(w)
        const given: number[] = []
        for (const _ of upTo(4)) {
          const last = (await tail(w, 'entry', parent)).at(-1)
          const texts = ['a', 'crash', 'b', 'late crash', 'refuse', 'c', 'extra', 'd']
          const calls = texts.map((text) =>
            w.call<object>('entry.append', { parent, payload: { text } }, 'ann'),
          )
          const items = [{ text: 'e' }, { text: 'f' }]
          calls.push(w.call('entry.appendBulk', { parent, items }, 'ann'))
          calls.push(
            w.call('entry.appendBulk', { parent, items: [...items, { text: 'crash' }] }, 'ann'),
          )
          if (last) calls.push(w.call('entry.rm', { id: last._id }, 'ann'))
          const { done, refused } = await settle(calls)
          expect(refused).toHaveLength(5)
          given.push(...done.filter((answer) => !('deleted' in answer)).flatMap(numbers))
        }
        expect(given.toSorted((a, b) => a - b)).toEqual(upTo(24))
      },
      'never gives a number again when the tail is removed or purged between': async (w) => {
        const { _id: parent } = await memo(w)
        const all: number[] = []
        for (const round of upTo(6)) {
          const row = await append(w, 'entry', parent, { text: 'x' })
          all.push(row['seq'] as number)
          if (round % 2) await w.call('entry.rm', { id: row._id }, 'ann')
          else await w.call('entry.purgeByParent', { parent }, 'ann')
          if (round % 3 === 0) await w.host.idle()
        }
        expect(all).toEqual(upTo(6))
      },
    },
  },
  'vote.listAfter': {
    happy: {
      'shows a reader that follows every row once and in order, while many append': async (w) => {
        const parent = await shared(w)
        const seen: number[] = []
        let isOver = false
        const follow = async (): Promise<void> => {
          for (;;) {
            const last = isOver
            const rows = await tail(w, 'vote', parent, 'bob', seen.at(-1) ?? 0)
            seen.push(...rows.map((row) => row['seq'] as number))
            if (last) return
            await turn()
          }
        }
        const following = follow()
        await Promise.all(
          upTo(60).map(async (n) => {
            await w.call('vote.append', { parent, payload: { optionIdx: n % 5 } }, 'bob')
            if (n % 7 === 0) await w.code('vote.append', { parent, payload: {} }, 'bob')
          }),
        )
        isOver = true
        await following
        expect(seen).toEqual(upTo(60))
      },
    },
  },
})

interface Appended {
  readonly seq: number
  readonly created: boolean
}

const retries: readonly Case[] = cases({
  'vote.append': {
    happy: {
      'appends once for fifty sends of one key at once': async (w) => {
        const parent = await shared(w)
        const other = await shared(w)
        const send = (to: string, optionIdx = 1): Promise<Appended> =>
          w.call<Appended>(
            'vote.append',
            { parent: to, payload: { optionIdx }, idempotencyKey: 'k' },
            'bob',
          )
        const { done, refused } = await settle([
          ...upTo(50).map(() => send(parent)),
          send(parent, 2),
          send(other),
        ])
        expect(refused.map(({ code }) => code)).toEqual(['IDEMPOTENCY_MISMATCH'])
        const here = done.slice(0, 50)
        expect(here.filter(({ created }) => created)).toHaveLength(1)
        expect(new Set(here.map(({ seq }) => seq))).toEqual(new Set([1]))
        expect(done[50]).toEqual({ seq: 1, created: true })
        expect(await seqs(w, 'vote', parent)).toEqual([1])
        expect(await w.call('vote.counts', { parent, field: 'optionIdx' }, 'bob')).toEqual({ 1: 1 })
      },
    },
  },
  'entry.append': {
    happy: {
      'keeps no key of a send that failed': async (w) => {
        const { _id: parent } = await memo(w)
        const send = (text: string): Promise<Appended> =>
          w.call<Appended>(
            'entry.append',
            { parent, payload: { text }, idempotencyKey: 'k' },
            'ann',
          )
        for (const text of ['crash', 'late crash', 'refuse']) {
          expect((await settle([send(text), send(text)])).done).toEqual([])
        }
        expect(await send('ok')).toEqual({ seq: 1, created: true })
        expect(await send('ok')).toEqual({ seq: 1, created: false })
      },
    },
  },
})

export const concurrentCases: readonly Case[] = [...races, ...order, ...retries]
