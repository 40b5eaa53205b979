/**
 * The authorisation matrix as cases: one per operation and visibility, all callers in it.
 */
import { expect } from 'vitest'
import { isNothing, operations, type Prepare } from '../operations.ts'
import type { Case } from '../cases/case.ts'
import { refusalOf, type Who, type World } from '../world.ts'
import { callers, rules } from './policy.ts'

export const matrixCases: readonly Case[] = rules.map(({ path, isPublic, outcomes }) => ({
  on: path,
  kind: 'forbidden',
  rule: `${isPublic ? 'under a public parent' : 'does'} what the policy says for every caller`,
  run: async (world) => {
    const prepare = operations.get(path) as Prepare
    const found: string[] = []
    for (const who of callers) {
      const args = await prepare(world, { isPublic })
      found.push(await outcome(world, path, args, who))
      await start(world)
    }
    expect(Object.fromEntries(callers.map((who, at) => [who, found[at]]))).toEqual(
      Object.fromEntries(callers.map((who, at) => [who, outcomes[at]])),
    )
  },
}))

async function outcome(world: World, path: string, args: object, who: Who): Promise<string> {
  try {
    return isNothing(await world.call(path, args, who)) ? '-' : 'ok'
  } catch (error) {
    return refusalOf(error).code
  }
}

/** Leaves rate limits and earlier rows behind: what one caller sees must not be another's subject. */
async function start(world: World): Promise<void> {
  await world.advance(120_000)
  for (const table of ['poll', 'memo', 'page', 'notice'] as const) {
    const { page } = await world.call<{ page: { _id: string }[] }>(
      `${table}.list`,
      { paginationOpts: { numItems: 1_000, cursor: null } },
      'system',
    )
    const ids = page.map(({ _id }) => _id)
    if (ids.length > 0) await world.call(`${table}.rmBulk`, { ids }, 'system')
  }
}
