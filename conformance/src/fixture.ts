/**
 * What cases start from: a poll with rows under it, made through the operations themselves.
 */
import { expect } from 'vitest'
import { type AnyRow, type Name, refusalOf, type Who, type World } from './world.ts'

/** Stands for an id in what a case expects: ids are opaque, and hosts make their own. */
export const anId: string = expect.any(String) as string

interface PollOptions {
  readonly isPublic?: boolean
  readonly members?: readonly Name[]
  readonly [field: string]: unknown
}

/** A poll of `who`; private and without members unless it says otherwise. */
export async function poll(
  world: World,
  options: PollOptions = {},
  who: Who = 'ann',
): Promise<string> {
  const { members = [], ...payload } = options
  const memberIds = members.map((name) => world.ids[name])
  const row = await world.call(
    'poll.create',
    { payload: { title: 'Tea?', ...payload, memberIds } },
    who,
  )
  return row._id
}

/** A poll that ann owns and bob may read. */
export const shared = (world: World, options: PollOptions = {}): Promise<string> =>
  poll(world, { members: ['bob'], ...options })

export async function memo(world: World, payload: object = {}, who: Who = 'ann'): Promise<AnyRow> {
  return await world.call('memo.create', { payload: { text: 'Buy tea', ...payload } }, who)
}

/** Appends to a log and answers the row as the server itself reads it. */
export async function append(
  world: World,
  log: string,
  parent: string,
  payload: object,
  who: Who = 'ann',
): Promise<AnyRow> {
  const { seq } = await world.call<{ seq: number }>(`${log}.append`, { parent, payload }, who)
  return await rowAt(world, log, parent, seq)
}

export async function rowAt(
  world: World,
  log: string,
  parent: string,
  seq: number,
): Promise<AnyRow> {
  const rows = await tail(world, log, parent, 'system', seq - 1)
  const row = rows.find((each) => each['seq'] === seq)
  if (row === undefined) throw new Error(`${log} has no live row ${seq}`)
  return row
}

export const vote = (
  world: World,
  parent: string,
  who: Who = 'bob',
  optionIdx = 0,
): Promise<AnyRow> => append(world, 'vote', parent, { optionIdx }, who)

/** Votes of one caller for these options, one after another. */
export async function votes(
  world: World,
  parent: string,
  options: readonly number[],
  who: Who = 'bob',
): Promise<AnyRow[]> {
  const rows: AnyRow[] = []
  for (const option of options) rows.push(await vote(world, parent, who, option))
  return rows
}

/** The live rows of a log after `seq`. */
export const tail = (
  world: World,
  log: string,
  parent: string,
  who: Who = 'system',
  seq = 0,
): Promise<AnyRow[]> => world.call<AnyRow[]>(`${log}.listAfter`, { parent, seq }, who)

/** The numbers of the live rows of a log. */
export const seqs = async (world: World, log: string, parent: string): Promise<unknown[]> =>
  (await tail(world, log, parent)).map((row) => row['seq'])

export const comment = (
  world: World,
  parent: string,
  who: Who = 'bob',
  text = 'Nice',
): Promise<AnyRow> => world.call('comment.create', { parent, payload: { text } }, who)

export const task = (
  world: World,
  parent: string,
  label: string,
  more: object = {},
): Promise<AnyRow> => world.call('task.create', { parent, payload: { label, ...more } }, 'ann')

/** What an after-hook left behind under its name, or null when it did not run (or was undone). */
export async function trace(world: World, key: string): Promise<string | null> {
  const row = await world.call<AnyRow | null>('trace.get', { key }, 'nobody')
  return row === null ? null : (row['what'] as string)
}

/** The first `n` whole numbers from 1. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, at) => at + 1)

/** How often `attempt` succeeds before it is refused with `code`. */
export async function timesUntil(code: string, attempt: () => Promise<unknown>): Promise<number> {
  for (let times = 0; times < 1_000; times++) {
    try {
      await attempt()
    } catch (error) {
      expect(refusalOf(error).code).toBe(code)
      return times
    }
  }
  throw new Error(`never refused with ${code}`)
}
