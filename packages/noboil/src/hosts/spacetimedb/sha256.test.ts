import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hmacSha256, sha256 } from './sha256.ts'

it('a hash is the one that Node makes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const expected = [...createHash('sha256').update(bytes).digest()]
      expect(sha256([...bytes])).toEqual(expected)
    }),
  )
})

it('a MAC is the one that Node makes, whatever the text and however long the secret', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 120 }),
      fc.string({ unit: 'grapheme' }),
      (secret, text) => {
        const expected = createHmac('sha256', secret).update(text).digest('hex')
        expect(hmacSha256(secret, text)).toBe(expected)
      },
    ),
  )
})
