import { describe, expect, test } from 'vitest'
import { fromErrorData, NoboilError, toErrorData } from './error.ts'
import { errorCode, errorData, matchError } from './match.ts'

const limited = new NoboilError('RATE_LIMITED', 'Too many.', {
  retryAfter: 12,
  max: 3,
  windowMs: 1000,
})

describe('an error', () => {
  test('keeps code, message and payload across the wire', () => {
    const back = fromErrorData(JSON.parse(JSON.stringify(toErrorData(limited))))
    expect(back).toBeInstanceOf(NoboilError)
    expect(back.toJSON()).toEqual(limited.toJSON())
    expect(back.status).toBe(429)
    expect(back.retry).toBe(true)
  })

  test('that is not ours crosses as INTERNAL, without its message', () => {
    const data = toErrorData(new Error('password=hunter2'))
    expect(data.code).toBe('INTERNAL')
    expect(JSON.stringify(data)).not.toContain('hunter2')
  })

  test('from a wire that talks nonsense is INTERNAL', () => {
    for (const nonsense of [
      null,
      7,
      'x',
      {},
      { code: 'NOPE', message: 'x' },
      { code: 'CONFLICT' },
    ]) {
      expect(fromErrorData(nonsense).code).toBe('INTERNAL')
    }
  })
})

describe('the code of an error', () => {
  test.each([
    ['a NoboilError', limited],
    ['ConvexError data', { data: { code: 'RATE_LIMITED', message: 'Too many.' } }],
    ['an HTTP body', { error: { code: 'RATE_LIMITED', message: 'Too many.' } }],
    ['SenderError text', new Error('RATE_LIMITED: Too many.')],
    [
      'the text of an error that a procedure of SpacetimeDB threw',
      'The module instance encountered a fatal error: RATE_LIMITED: Too many.',
    ],
    ['SenderError text with a payload', new Error('RATE_LIMITED: Too many. {"retryAfter":12}')],
    ['bare text', 'RATE_LIMITED'],
  ])('is read from %s', (_name, error) => {
    expect(errorCode(error)).toBe('RATE_LIMITED')
  })

  test('brings the payload along where the carrier has one', () => {
    expect(errorData(new Error('RATE_LIMITED: Too many. {"retryAfter":12}'))).toEqual({
      code: 'RATE_LIMITED',
      message: 'Too many.',
      data: { retryAfter: 12 },
    })
  })

  test('is undefined for errors of others', () => {
    for (const other of [new Error('ECONNRESET'), new Error('HTTP: no'), undefined, 3, {}]) {
      expect(errorCode(other)).toBeUndefined()
    }
  })

  test('chooses the handler, `_` takes the rest, and nothing is swallowed', () => {
    const wait = (error: unknown): number =>
      matchError(error, { RATE_LIMITED: ({ data }) => data?.retryAfter ?? 0, _: () => -1 })
    expect(wait(limited)).toBe(12)
    expect(wait(new Error('x'))).toBe(-1)
    const other = new NoboilError('FORBIDDEN', 'no')
    expect(() => matchError(other, { RATE_LIMITED: () => 1 })).toThrow(other)
  })
})
