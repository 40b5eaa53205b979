/** The app's processes, as the test sees them. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { News, Order } from './child.ts'

export interface AppProcess {
  readonly pid: number
  /** Answers the different values that its callers were given. */
  remember(key: string, callers?: number): Promise<readonly unknown[]>
  /** null when there is no fresh value: what goes between processes is JSON. */
  get(key: string): Promise<unknown>
  invalidate(): Promise<void>
  /** The next time its cache logs this event, from now on. */
  heard(event: string): Promise<void>
  signal(signal: NodeJS.Signals): void
  end(): Promise<void>
}

export async function startProcess(
  redisUrl: string,
  upstreamUrl: string,
  leaseMs: number,
): Promise<AppProcess> {
  const child = fork(
    join(import.meta.dirname, 'child.ts'),
    [redisUrl, upstreamUrl, String(leaseMs)],
    {
      execArgv: ['--conditions=noboil-source'],
    },
  )
  const answers = new Map<number, PromiseWithResolvers<readonly unknown[]>>()
  const listeners = new Set<(event: string) => void>()
  child.on('message', (news: News) => {
    if ('event' in news) for (const listener of listeners) listener(news.event)
    else if ('failed' in news) answers.get(news.order)?.reject(new Error(news.failed))
    else answers.get(news.order)?.resolve(news.values)
  })
  let orders = 0
  const ask = (order: Order): Promise<readonly unknown[]> => {
    const answer = Promise.withResolvers<readonly unknown[]>()
    answers.set(++orders, answer)
    child.send([orders, order])
    return answer.promise
  }
  const heard = (event: string): Promise<void> =>
    new Promise((resolve) => {
      const listener = (heard: string): void => {
        if (heard !== event) return
        listeners.delete(listener)
        resolve()
      }
      listeners.add(listener)
    })
  await heard('redis connected')
  return {
    pid: child.pid ?? 0,
    remember: (key, callers = 1) => ask({ does: 'remember', key, callers }),
    get: async (key) => (await ask({ does: 'get', key }))[0],
    invalidate: async () => void (await ask({ does: 'invalidate' })),
    heard,
    signal: (signal) => child.kill(signal),
    end: () => end(child),
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
