import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FakeRedis } from '../../src/cache/redis/fake.fixture.ts'
import type { RedisSession } from '../../src/cache/redis/driver.ts'
import { type ScriptName, scripts } from '../../src/cache/redis/scripts.ts'
import { redisDriver } from '../../src/server/cache-redis.ts'
import { startRedis, type TestRedis } from './server.ts'

type Call = readonly [script: ScriptName, keys: readonly string[], args: readonly string[]]

let redis: TestRedis
let session: RedisSession
const heard: string[] = []

beforeAll(async () => {
  redis = await startRedis()
  const message = (text: string): void => void heard.push(text)
  session = await redisDriver(redis.url).open('bus', { message, lost() {} })
})

afterAll(async () => {
  session.close()
  await redis.close()
})

const [tags, sets, run] = ['tags', 'sets', 'run']
const epoch = '281474976710700'
const longMs = '3600000'
const key = fc.constantFrom('a', 'b')
const token = fc.constantFrom('t1', 't2', 't3')
const names = fc.constantFrom('posts*', 'posts,posts#1', 'posts,posts#2')
const asOf = fc.integer({ min: 0, max: 8 }).map(String)
const freshMs = fc.constantFrom('0', longMs)
const places = (key: string): string[] => [tags, `e:${key}`, `l:${key}`]

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.constant<Call>(['open', [tags, sets, run], [epoch]]),
  fc.tuple(asOf).map(([since]): Call => ['sync', [tags, sets], [since, '4']]),
  fc
    .constantFrom(['posts*', 'posts'], ['posts*', 'posts#1'], ['pages*'])
    .map((changed): Call => ['change', [tags], [epoch, 'bus', '[]', ...changed]]),
  fc
    .tuple(key, token, names)
    .map(([key, token, names]): Call => ['take', places(key), [token, longMs, names, epoch]]),
  fc
    .tuple(key, token, asOf, freshMs, names)
    .map(([key, token, asOf, freshMs, names]): Call => [
      'store',
      [...places(key), sets],
      [token, epoch, asOf, freshMs, longMs, names, 'bus', key, '{"n":1}'],
    ]),
  fc
    .tuple(key, asOf, names, fc.constantFrom('0', longMs))
    .map(([key, asOf, names, keepMs]): Call => [
      'set',
      [...places(key), sets],
      [epoch, asOf, longMs, keepMs, names, 'bus', key, '1000', '{"n":2}'],
    ]),
  fc.tuple(key, token).map(([key, token]): Call => ['release', [`l:${key}`], [token, 'bus', key]]),
  fc.tuple(key, token).map(([key, token]): Call => ['renew', [`l:${key}`], [token, longMs]]),
)

test('the Redis that other tests stand on answers, and tells, as a real one does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 25, size: 'max' }), async (calls) => {
      await session.send(['FLUSHALL'])
      heard.length = 0
      const told: string[] = []
      const fake = new FakeRedis(Date.now)
      const message = (text: string): void => void told.push(text)
      const imitation = await fake.driver.open('bus', { message, lost() {} })
      for (const [script, keys, args] of calls) {
        const rest = [String(keys.length), ...keys, ...args]
        const real = await session.send(['EVAL', scripts[script], ...rest])
        const faked = await imitation.send(['EVALSHA', script, ...rest])
        expect([script, timeless(faked)]).toEqual([script, timeless(real)])
      }
      expect(told).toEqual(heard)
    }),
    { numRuns: 200 },
  )
}, 60_000)

/** A reply without what depends on when it was asked for. Names with versions come in any order. */
function timeless(reply: unknown): unknown {
  if (typeof reply === 'string') return reply.replaceAll(/\b1[6-9]\d{11}\b/g, 'now')
  if (typeof reply === 'number') return reply > 3_000_000 ? 'long' : reply
  if (!Array.isArray(reply)) return reply
  return reply.map((part: unknown) =>
    Array.isArray(part)
      ? Object.fromEntries(part.flatMap((name, at) => (at % 2 === 0 ? [[name, part[at + 1]]] : [])))
      : timeless(part),
  )
}
