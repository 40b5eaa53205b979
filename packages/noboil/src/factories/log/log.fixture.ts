/** Votes under polls, for tests of the log factory. */
import { array, boolean, number, object, string } from 'zod/v4'
import { makeLog, makeOwned } from '../../schema/define.ts'
import { zid } from '../../schema/fields.ts'
import { buildOwned } from '../owned/build.ts'
import { type Caller, Rig } from '../testing.fixture.ts'
import { buildLog } from './build.ts'
import type { Appended } from './types.ts'

const { poll } = makeOwned({
  poll: object({
    question: string(),
    isPublic: boolean().default(false),
    isOpen: boolean().default(false),
    memberIds: array(zid('users')).default([]),
  }),
})
const { vote } = makeLog({
  vote: {
    parent: 'poll',
    schema: object({ option: number(), voter: string().default('me'), why: string().optional() }),
  },
})

export const rig = (options: object = {}, parentOptions: object = {}, limits: object = {}): Rig =>
  new Rig((settings, users) => {
    const owned = buildOwned(
      poll,
      { pub: 'isPublic', members: 'memberIds', ...parentOptions } as object,
      settings,
      users,
      ['sweep:vote'],
    )
    return [owned, buildLog(vote, options, settings, owned.policy, users)]
  }, limits)

export const makePoll = async (caller: Caller, payload: object = {}): Promise<string> =>
  (await caller<{ _id: string }>('poll.create', { payload: { question: 'q', ...payload } }))._id

export const append = (
  caller: Caller,
  parent: string,
  payload: object = { option: 1 },
  more: object = {},
): Promise<Appended> => caller<Appended>('vote.append', { parent, payload, ...more })

export interface Shown {
  readonly _id: string
  readonly seq: number
  readonly updatedAt: number
  readonly voter: string
}

export const tail = (caller: Caller, parent: string, path = 'vote.listAfter'): Promise<Shown[]> =>
  caller<Shown[]>(path, { parent, seq: 0 })

export const seqs = async (
  caller: Caller,
  parent: string,
  path = 'vote.listAfter',
): Promise<number[]> => (await tail(caller, parent, path)).map((row) => row.seq)

export interface Ready {
  readonly app: Rig
  /** The parent's owner. */
  readonly ann: Caller
  readonly bob: Caller
  readonly admin: Caller
  readonly parent: string
}

/** A public poll of Ann's with some votes. */
export async function ready(options: object = {}, rows = 0, limits: object = {}): Promise<Ready> {
  const app = rig(options, {}, limits)
  const ann = app.as('ann')
  const parent = await makePoll(ann, { isPublic: true })
  for (let at = 0; at < rows; at++)
    await append(ann, parent, { option: at % 3, voter: `v${at + 1}` })
  return { app, ann, bob: app.as('bob'), admin: app.as('root', 'admin'), parent }
}
