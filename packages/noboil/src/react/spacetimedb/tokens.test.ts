import { afterEach, expect, it, vi } from 'vitest'
import { browserTokens } from './tokens.ts'

afterEach(() => vi.unstubAllGlobals())

const open = () => browserTokens('http://stand-in', 'test')

it('where a browser keeps nothing for a page, a token is kept as long as the page is open', () => {
  const blocked = { configurable: true, get: () => fail('SecurityError') }
  const before = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')
  Object.defineProperty(globalThis, 'localStorage', blocked)
  try {
    const tokens = open()
    tokens.set('mine')
    expect(tokens.get()).toBe('mine')
    tokens.set(undefined)
    expect(tokens.get()).toBeUndefined()
  } finally {
    Reflect.deleteProperty(globalThis, 'localStorage')
    if (before !== undefined) Object.defineProperty(globalThis, 'localStorage', before)
  }
})

it('where there is no room, the token of before is not taken for the new one', () => {
  const kept = new Map<string, string>()
  let isFull = false
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) =>
      isFull ? fail('QuotaExceededError') : kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  })
  const tokens = open()
  tokens.set('of before')
  isFull = true
  tokens.set('mine')
  expect(tokens.get()).toBe('mine')
})

function fail(name: string): never {
  throw new DOMException('The storage is not there.', name)
}
