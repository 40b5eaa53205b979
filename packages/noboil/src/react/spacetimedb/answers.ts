/**
 * The answers of calls. A reducer returns nothing; its answer is a row of one's own view `my_results` under the text that the call was
 * given, and stays there for a minute: also for a call whose connection ended before it heard of it.
 */
import type { Clock } from '../../client/ports.ts'
import { NoboilError } from '../../errors/error.ts'
import { errorData } from '../../errors/match.ts'
import type { Watch } from './watch.ts'

/** As long as answers are kept. */
const patienceMs = 60_000

/** How long a call whose connection has ended waits for the next one. */
const lostMs = 15_000

export class Answers {
  readonly #results: Watch
  readonly #clock: Clock

  constructor(results: Watch, clock: Clock) {
    this.#results = results
    this.#clock = clock
  }

  /** The answer to a request, now or when it comes. Fails with what the operation refused, or `TIMEOUT`. */
  of(request: string): Promise<unknown> {
    return this.#until(
      () => this.#find(request),
      patienceMs,
      new NoboilError('TIMEOUT', 'There was no answer within a minute.'),
    )
  }

  /**
   * The answer to a request whose connection has ended: the next one knows it, if the call arrived. Fails with `UNAVAILABLE` for one
   * that did not.
   */
  afterLoss(request: string): Promise<unknown> {
    const lost = new NoboilError('UNAVAILABLE', 'The connection was lost. Try again in a moment.')
    const find = (): Found | undefined => {
      if (!this.#results.isCurrent) return undefined
      const found = this.#find(request)
      if (found === undefined) throw lost
      return found
    }
    return this.#until(find, lostMs, lost)
  }

  #find(request: string): Found | undefined {
    this.#results.flush()
    const row = this.#results.get().rows?.find((each) => each['request'] === request)
    if (row === undefined) return undefined
    const value = JSON.parse(row['value'] as string) as unknown
    const failed = errorData(failureIn(value))
    if (failed === undefined) return { value }
    throw new NoboilError(failed.code as 'CONFLICT', failed.message, failed.data as never)
  }

  #until(find: () => Found | undefined, ms: number, late: NoboilError): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const stopTimer = this.#clock.after(ms, () => end(() => reject(late)))
    const stopListening = this.#results.listen(() => look())
    const end = (tell: () => void): void => {
      stopTimer()
      stopListening()
      tell()
    }
    const look = (): void => {
      try {
        const found = find()
        if (found !== undefined) end(() => resolve(found.value))
      } catch (error) {
        end(() => reject(error))
      }
    }
    look()
    return promise
  }
}

interface Found {
  readonly value: unknown
}

/** What an action failed with. A row may have a field of that name, beside others. */
function failureIn(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || Object.keys(answer).length > 1)
    return undefined
  return (answer as { readonly failed?: unknown }).failed
}
