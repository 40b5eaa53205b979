import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ClientMessage, decodeClientMessages, encodeClientMessage } from './messages.ts'

const [V3, V2] = ['v3.bsatn.spacetimedb', 'v2.bsatn.spacetimedb'] as const

const requestId = fc.nat(2 ** 32 - 1)
const querySetId = fc.record({ id: requestId })
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const args = fc.uint8Array({ maxLength: 40 })
const flags = fc.nat(255)
const message: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({
    tag: fc.constant('Subscribe' as const),
    value: fc.record({ requestId, querySetId, queryStrings: fc.array(text, { maxLength: 4 }) }),
  }),
  fc.record({
    tag: fc.constant('Unsubscribe' as const),
    value: fc.record({
      requestId,
      querySetId,
      flags: fc.record({ tag: fc.constantFrom('Default' as const, 'SendDroppedRows' as const) }),
    }),
  }),
  fc.record({
    tag: fc.constant('OneOffQuery' as const),
    value: fc.record({ requestId, queryString: text }),
  }),
  fc.record({
    tag: fc.constant('CallReducer' as const),
    value: fc.record({ requestId, flags, reducer: text, args }),
  }),
  fc.record({
    tag: fc.constant('CallProcedure' as const),
    value: fc.record({ requestId, flags, procedure: text, args }),
  }),
)

/** What the decoder makes of bytes: messages, or nothing where it threw an error. */
function decoded(bytes: Uint8Array): ClientMessage[] | undefined {
  try {
    return decodeClientMessages(bytes, V3)
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    return undefined
  }
}

/** Tags without a value are read with one that is empty. */
const plain = (messages: readonly ClientMessage[]): unknown =>
  JSON.parse(
    JSON.stringify(messages, (key, value: unknown) => {
      if (value instanceof Uint8Array) return [...value]
      if (key === 'flags' && typeof value === 'object') return (value as { tag: string }).tag
      return value
    }),
  )

test('every message is read as it was written, alone and with others in one frame', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), (messages) => {
      const frame = Buffer.concat(messages.map(encodeClientMessage))
      expect(plain(decodeClientMessages(Uint8Array.from(frame), V3))).toEqual(plain(messages))
      const [first] = messages
      if (first !== undefined)
        expect(plain(decodeClientMessages(encodeClientMessage(first), V2))).toEqual(plain([first]))
    }),
  )
})

describe('bytes that are no messages', () => {
  test('are refused, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        decoded(bytes)
      }),
      { numRuns: 500 },
    )
  })

  test('are refused where a message ends early', () => {
    fc.assert(
      fc.property(message, fc.double({ min: 0, max: 0.999, noNaN: true }), (one, share) => {
        const bytes = encodeClientMessage(one)
        expect(decoded(bytes.slice(0, Math.floor(bytes.length * share)))).toBeUndefined()
      }),
    )
  })

  test('are refused or read as another message where one byte of a message is another', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.nat(255), (one, at, byte) => {
        const bytes = encodeClientMessage(one)
        bytes[at % bytes.length] = byte
        const messages = decoded(bytes)
        if (messages !== undefined) expect(messages.length).toBeGreaterThan(0)
      }),
      { numRuns: 500 },
    )
  })

  test('make no room for the length that they claim', () => {
    // Subscribe, request 1, query set 1, and then thirty million queries.
    const bytes = new Uint8Array([0, 1, 0, 0, 0, 1, 0, 0, 0, 0x80, 0xc3, 0xc9, 0x01])
    expect(() => decodeClientMessages(bytes, V3)).toThrow('An array ends before its length.')
  })
})
