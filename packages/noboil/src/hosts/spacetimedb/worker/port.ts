/** What the flows of a worker stand on: transactions over its link, fetches and waits in its own process. */
import { NoboilError } from '../../../errors/error.ts'
import type { FlowPort, Report } from '../../../program/flow.ts'
import type { Clock } from '../../host.ts'

export interface PortParts {
  /** Runs a transaction of the module by its name. */
  readonly run: (program: string, args: unknown) => Promise<unknown>
  readonly clock: Clock
  readonly report: (said: Report) => void
  /** Ends what the worker no longer holds. Its reason is what waits and fetches fail with. */
  readonly signal: AbortSignal
}

/** A timer holds no more: a longer wait ends after 24 days. */
const maxTimerMs = 0x7fffffff

export const workerPort = ({ run, clock, report, signal }: PortParts): FlowPort => ({
  run: (program, args) => run(program.name, args),
  async wait(ms, wake) {
    const over = Promise.withResolvers<void>()
    // A worker is not told of every commit: it looks again from time to time.
    const stop = clock.setTimer(Math.min(ms, wake?.pollMs ?? ms, maxTimerMs), over.resolve)
    await unless(signal, over.promise).finally(stop)
  },
  fetch: (work, timeoutMs) => fetchWithin(clock, signal, work, timeoutMs),
  report,
})

/** Runs code of the app that asks the world outside; it fails with `TIMEOUT` when that takes too long. */
export async function fetchWithin(
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => unknown,
  timeoutMs: number = maxTimerMs,
): Promise<unknown> {
  const timeout = new AbortController()
  const stop = clock.setTimer(timeoutMs, () =>
    timeout.abort(new NoboilError('TIMEOUT', `There was no answer in ${timeoutMs} ms.`)),
  )
  const over = AbortSignal.any([signal, timeout.signal])
  // A fetcher that throws at once fails like one that rejects.
  const running = (async () => work(over))()
  return unless(over, running).finally(stop)
}

/** What the work comes to, unless the signal ends it: then it fails with the signal's reason. */
async function unless<result>(signal: AbortSignal, work: Promise<result>): Promise<result> {
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    work.catch(() => {})
    signal.removeEventListener('abort', abort)
  }
}
