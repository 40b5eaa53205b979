/**
 * Malformed calls of every operation, generated: whatever is wrong with the arguments is said before anything else is asked,
 * and nothing is written.
 */
import { expect } from 'vitest'
import { operations } from '../operations.ts'
import type { Who, World } from '../world.ts'
import type { Case } from './case.ts'

/** Values that are none of the type of `sample`. */
function wrong(sample: unknown): readonly unknown[] {
  if (typeof sample === 'string') return [7, true, {}, [], null]
  if (typeof sample === 'number') return ['1', {}, [], null, Number.NaN, Number.POSITIVE_INFINITY]
  if (Array.isArray(sample)) return ['x', 7, {}, null]
  return ['x', 7, []]
}

/** Arguments that may be left out. */
const optional: Readonly<Record<string, readonly string[]>> = {
  'profile.get': ['userId'],
  'profile.upsert': ['userId'],
  'draft.get': ['userId'],
  'draft.upsert': ['userId'],
}
const isOptional = (path: string, name: string): boolean =>
  (name === 'keys' && path.endsWith('.purge')) ||
  (name === 'owner' && /\.(check|record|consume)$/.test(path)) ||
  optional[path]?.includes(name) === true

/** What is checked together with the stored row, and so only for those who may change it. */
const dependsOnRow = (path: string, name: string): boolean =>
  name === 'patch' || (name === 'payload' && path.endsWith('.upsert'))

/** Where half a surrogate pair, or U+0000, must be refused. */
const texts = ['parent', 'id', 'key', 'field', 'indexBy', 'owner', 'userId']

async function expectRefused(
  world: World,
  path: string,
  args: unknown,
  callers: readonly Who[] = ['nobody', 'ann', 'system'],
): Promise<void> {
  for (const who of callers) {
    const code = await world.code(path, args, who)
    expect([code, path, args, who]).toEqual([
      expect.stringMatching(/^(VALIDATION_FAILED|INVALID_KEY|LIMIT_EXCEEDED)$/),
      path,
      args,
      who,
    ])
  }
}

export const malformedCases: readonly Case[] = [...operations].map(([path, prepare]) => ({
  on: path,
  kind: 'malformed',
  rule: 'refuses arguments that are missing, unknown or of the wrong type, whoever calls',
  run: async (world) => {
    const args = (await prepare(world, { isPublic: false })) as Record<string, unknown>
    for (const nonsense of ['x', 7, true, [args]]) await expectRefused(world, path, nonsense)
    await expectRefused(world, path, { ...args, nope: 1 })
    await expectRefused(world, path, JSON.parse('{"__proto__":1}'))
    for (const [name, sample] of Object.entries(args)) {
      const callers = dependsOnRow(path, name) ? (['ann', 'system'] as const) : undefined
      const values = isOptional(path, name) ? wrong(sample) : [undefined, ...wrong(sample)]
      for (const value of values) {
        await expectRefused(world, path, { ...args, [name]: value }, callers)
      }
      if (!texts.includes(name)) continue
      for (const value of ['a\0b', '\ud800'])
        await expectRefused(world, path, { ...args, [name]: value })
    }
  },
}))
