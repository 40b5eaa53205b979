import { expect, test } from 'vitest'
import type { Query } from '../schema/reference.ts'
import { createApi, pathOf } from './api.ts'

interface Server {
  readonly vote: { readonly auth: { readonly list: Query<{ parent: string }, string[]> } }
  readonly geo: { readonly path: Query<void, string> }
}

test('a reference is its path, however deep', () => {
  const api = createApi<Server>()
  expect(pathOf(api.vote.auth.list)).toBe('vote.auth.list')
  expect(api.vote.auth.list.path).toBe('vote.auth.list')
  expect(String(api.vote.auth.list)).toBe('vote.auth.list')
  expect(JSON.stringify({ at: api.vote.auth })).toBe('{"at":"vote.auth"}')
})

test('the same path is the same object, so that it can be a dependency', () => {
  const api = createApi<Server>()
  expect(api.vote.auth).toBe(api.vote.auth)
})

test('a function may be called path', () => {
  const api = createApi<Server>()
  expect(pathOf(api.geo.path)).toBe('geo.path')
})

test('a reference is no promise and no element, whoever asks', async () => {
  const api = createApi<Server>()
  expect(await api.vote).toBe(api.vote)
  expect((api.vote as unknown as Record<string, unknown>)['$$typeof']).toBeUndefined()
  expect((api.vote as unknown as Record<symbol, unknown>)[Symbol.iterator]).toBeUndefined()
})

test("the server's own functions have paths too", () => {
  expect(pathOf(Object.assign(() => {}, { path: 'vote.list' }))).toBe('vote.list')
})
