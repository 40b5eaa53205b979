/** What the comments of the guides are turned into. */
import { errorCode } from 'noboil/errors'
import { expect } from 'vitest'

/** Objects may have more fields than the guide shows; lists may not be longer. */
export function answers(actual: unknown, expected: unknown): void {
  if (typeof expected === 'object' && expected !== null) expect(actual).toMatchObject(expected)
  else expect(actual).toBe(expected)
}

/** `expected`: an error code, or the beginning of the message of a definition error. */
export async function fails(work: () => Promise<unknown>, expected: string): Promise<void> {
  const error: unknown = await work().then(
    () => 'nothing failed',
    (thrown: unknown) => thrown,
  )
  expect(errorCode(error) ?? (error instanceof Error ? error.message : error)).toBe(expected)
}
