/** What tests of a module host say when they call one. */
import { ModuleCallError } from './errors.ts'

/** What a call failed with. */
export function failure(call: () => unknown): ModuleCallError {
  try {
    call()
  } catch (error) {
    if (error instanceof ModuleCallError) return error
    throw error
  }
  throw new Error('It did not fail.')
}

/** A time so many milliseconds from now, as a schedule takes it. */
export const timeAfter = (host: { now(): number }, ms: number): { tag: 'Time'; value: never } =>
  ({
    tag: 'Time',
    value: { __timestamp_micros_since_unix_epoch__: BigInt(host.now() + ms) * 1000n },
  }) as never
