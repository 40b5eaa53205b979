/** A table of tasks, for tests of the owned factory. */
import { array, boolean, enum as choice, number, object, string } from 'zod/v4'
import { makeOwned } from '../../schema/define.ts'
import { zid } from '../../schema/fields.ts'
import { type Caller, first, Rig } from '../testing.fixture.ts'
import { buildOwned } from './build.ts'

const { task } = makeOwned({
  task: object({
    title: string(),
    slug: string().optional(),
    status: choice(['open', 'done']).default('open'),
    due: number().optional(),
    shared: boolean().default(false),
    memberIds: array(zid('users')).default([]),
  }),
})

export const rig = (options: object = {}, limits: object = {}): Rig =>
  new Rig((settings, users) => [buildOwned(task, options, settings, users)], limits)

export interface Made {
  readonly _id: string
  readonly updatedAt: number
}

export const make = (caller: Caller, title: string, more: object = {}): Promise<Made> =>
  caller<Made>('task.create', { payload: { title, ...more } })

export const titles = async (
  caller: Caller,
  path: string,
  args: object = first(100),
): Promise<string[]> =>
  (await caller<{ page: { title: string }[] }>(path, args)).page.map((row) => row.title)

export const found = async (caller: Caller, path: string, query: string): Promise<string[]> =>
  (await caller<{ title: string }[]>(path, { query })).map((row) => row.title)
