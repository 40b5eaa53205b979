/** One run of the app's function, bounded in time. */
import { NoboilError } from '../errors/error.ts'
import type { CacheClock } from './ports.ts'

export interface LoadContext<value> {
  readonly key: string
  /** Aborts when the load has taken too long: pass it to `fetch`. */
  readonly signal: AbortSignal
  /** The value that is being replaced, where there is one: for conditional requests, answer it again when it still holds. */
  readonly previous: { readonly value: value; readonly ageMs: number } | undefined
}

export type Load<value> = (context: LoadContext<value>) => value | Promise<value>

/**
 * Answers what `load` answers, or fails as it fails; fails with `TIMEOUT` after `timeoutMs`. What comes later than that is dropped.
 */
export function runLoad<value>(
  load: Load<value>,
  context: Omit<LoadContext<value>, 'signal'>,
  timeoutMs: number,
  clock: CacheClock,
): Promise<value> {
  const controller = new AbortController()
  return new Promise((resolve, reject) => {
    const stop = clock.setTimer(timeoutMs, () => {
      const error = new NoboilError('TIMEOUT', `Loading took longer than ${timeoutMs} ms.`)
      reject(error)
      controller.abort(error)
    })
    const settle = <result>(done: (result: result) => void) => {
      return (result: result): void => {
        stop()
        done(result)
      }
    }
    const run = async (): Promise<value> => load({ ...context, signal: controller.signal })
    run().then(settle(resolve), settle(reject))
  })
}
